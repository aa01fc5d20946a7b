"""Sentences about containers and the watching of engines, by reason: English, Chinese. Merged into texts.py."""

from __future__ import annotations

from collections.abc import Mapping

CONTAINER_TEXTS: Mapping[str, tuple[str, str]] = {
    "DIAL_TEMPORARY": (
        "The key of this server exists only while Ansible runs, so its engine can't be watched or asked for logs. "
        "Use ansible_ssh_private_key_file instead of ansible_ssh_private_key.",
        "此服务器的密钥只在 Ansible 运行期间存在，因此无法持续监视其引擎或读取日志。"
        "请用 ansible_ssh_private_key_file 代替 ansible_ssh_private_key。"),
    "DIAL_UNKNOWN": (
        "Ansible did not say how {server} is reached: {problem}",
        "Ansible 未给出连接 {server} 的方式：{problem}"),
    "CONTAINER_NOT_FOUND": (
        "There is no container {container}. `softops ps` shows what there is.",
        "没有容器 {container}。可用 `softops ps` 查看现有容器。"),
    "CONTAINERS_NONE": (
        "There are no containers of {name} there. There are some of: {choices}.",
        "该处没有 {name} 的容器。现有容器的软件：{choices}。"),
    "CONTAINER_GONE": (
        "The container {container} is no longer on {server}. `softops ps` shows what there is.",
        "容器 {container} 已不在 {server} 上。可用 `softops ps` 查看现有容器。"),
    "CONTAINER_NOT_RUNNING": (
        "The container {container} does not run ({state}), so it uses nothing. Start it first.",
        "容器 {container} 未在运行（{state}），没有资源占用数据。请先启动它。"),
    "ENGINE_LATE": (
        "{server} did not answer within {seconds} seconds. Look again, or check it with `softops servers --check`.",
        "{server} 未在 {seconds} 秒内应答。请稍后再试，或用 `softops servers --check` 检查。"),
    "LOGS_MANY": (
        "{limit} logs are followed already. End some of them first.",
        "已有 {limit} 个日志正在跟踪，请先结束其中一些。"),
}
