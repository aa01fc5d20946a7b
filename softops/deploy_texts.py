"""Sentences about what happens to apps on servers. Merged into texts.py."""

from __future__ import annotations

from collections.abc import Mapping

DEPLOY_TEXTS: Mapping[str, tuple[str, str]] = {
    "APP_NOT_ORDERED": (
        "softops wrote nothing to do for this server in {path}. Run the playbook with the --limit that belongs to it.",
        "softops 没有在 {path} 中为此服务器写入任何任务。请使用对应的 --limit 运行 playbook。"),
    "APP_NEEDS_SHELL": (
        "Apps need a way to the server's files, and {server} is known by its docker_host alone. Give it ansible_host "
        "and leave docker_host out.",
        "应用需要访问服务器的文件，而 {server} 只配置了 docker_host。请配置 ansible_host 并去掉 docker_host。"),
    "APP_FILES_FAILED": (
        "The files in {path} could not be written on the server: {words}. Look at its permissions and free space.",
        "无法在服务器上写入 {path} 中的文件：{words}。请检查该处的权限和剩余空间。"),
    "APP_NAME_MISSING": (
        "Say which software: -e softops_name=NAME.", "请指定软件：-e softops_name=NAME。"),
    "APP_NEVER_STARTED": (
        "{software} was never started on this server. Start it first.",
        "{software} 从未在此服务器上启动。请先启动它。"),
    "REQUIRED_FAILED": (
        "Not begun, because {software} failed on this server. Mend that first.",
        "未开始，因为 {software} 在此服务器上失败。请先处理该问题。"),
    "COMPOSE_MISSING": (
        "The server has no Docker Compose ({words}). Put it there with: ansible-playbook playbooks/prepare.yml",
        "服务器上没有 Docker Compose（{words}）。可用以下命令安装：ansible-playbook playbooks/prepare.yml"),
    "COMPOSE_PROCESSOR": (
        "The server's processor is {machine}, and the Docker Compose of this machine is made for {mine}. Install it "
        "from the server's packages, or run the playbook on a {machine} machine with Linux.",
        "服务器的处理器是 {machine}，而本机的 Docker Compose 适用于 {mine}。"
        "请从服务器的软件包安装 Compose，或在 {machine} 的 Linux 机器上运行 playbook。"),
    "COMPOSE_NOT_USED": (
        "Docker Compose was put at {path}, but the server's docker does not use it. Look at its cliPluginsExtraDirs.",
        "Docker Compose 已放到 {path}，但服务器的 docker 没有使用它。请检查其 cliPluginsExtraDirs。"),
    "COMPOSE_FAILED": (
        "Docker Compose refused: {words}. Mend the entry or the server, then retry.",
        "Docker Compose 拒绝执行：{words}。请修正条目或服务器后重试。"),
    "FOREIGN_APP_DIRECTORY": (
        "{path} on the server holds an app that softops did not make, so nothing was touched. Move it away to let "
        "softops run {software} there.",
        "服务器上的 {path} 中有不是由 softops 创建的应用，未做任何更改。请先移走它，再由 softops 运行 {software}。"),
    "FOREIGN_PROJECT": (
        "The container {container} belongs to a Compose project {project} that softops did not make, so nothing was "
        "touched. Rename or remove that project.",
        "容器 {container} 属于不是由 softops 创建的 Compose 项目 {project}，未做任何更改。请重命名或移除该项目。"),
    "VOLUME_TAKEN": (
        "The volume {volume} is on the server already and was not made for {software}. Nothing was changed. Rename or "
        "remove it, or give the volume of the catalog entry another key.",
        "服务器上已有卷 {volume}，但它不是为 {software} 创建的。未作任何更改。"
        "请重命名或删除该卷，或在目录条目中改用其他卷名。"),
    "CONTAINER_NAME_TAKEN": (
        "Another container on the server is called {name}. Rename or remove it, or choose another name in the catalog.",
        "服务器上已有名为 {name} 的其他容器。请重命名或移除它，或在目录中改用其他名称。"),
    "PORT_IN_USE": (
        "Port {port} of the server is in use (container: {owner}). Choose another port or stop what uses it.",
        "服务器端口 {port} 已被占用（容器：{owner}）。请选择其他端口或停止占用者。"),
    "CONTAINER_EXITED": (
        "{service} ended with exit code {exit} instead of staying up. See what it printed last, if anything.",
        "{service} 未能保持运行，退出码 {exit}。请查看其最后的输出（如有）。"),
    "CONTAINER_OOM": (
        "{service} was ended because it ran out of memory (exit code {exit}). Raise its memory limit in the catalog.",
        "{service} 因内存不足被终止（退出码 {exit}）。请在目录中调大其内存限制。"),
    "CONTAINER_RESTARTING": (
        "{service} ends with exit code {exit} and is started again and again. See what it printed last, if anything.",
        "{service} 以退出码 {exit} 反复重启。请查看其最后的输出（如有）。"),
    "CONTAINER_UNHEALTHY": (
        "{service} runs but its health check fails: {words}. See what it printed last, if anything.",
        "{service} 已运行，但健康检查失败：{words}。请查看其最后的输出（如有）。"),
    "CONTAINER_UNHEALTHY_SILENT": (
        "{service} runs but its health check fails and printed nothing. See what {service} printed last, if anything.",
        "{service} 已运行，但健康检查失败且没有任何输出。请查看 {service} 最后的输出（如有）。"),
    "HEALTH_TIMEOUT": (
        "{services} did not become healthy within {seconds} s. Look at the container's log, or raise healthTimeout.",
        "{services} 在 {seconds} 秒内未变为健康。请查看容器日志，或调大 healthTimeout。"),
    "ROLLED_BACK": (
        "It failed ({message}) and was rolled back: {version} serves again.",
        "操作失败（{message}），已回滚：{version} 重新提供服务。"),
    "ROLLBACK_FAILED": (
        "It failed ({message}), and going back to {version} failed, too: {problem}. Look at the server.",
        "操作失败（{message}），回滚到 {version} 也失败：{problem}。请检查服务器。"),
    "START_UNKNOWN": (
        "The server went away while version {version} was started, so what runs there now is not known. {message} "
        "As soon as it is back, `softops serve` brings back what ran before; `softops retry` starts it again.",
        "启动版本 {version} 时服务器失去连接，目前无法得知其上运行的内容。{message} "
        "服务器恢复后，`softops serve` 会恢复之前运行的内容；也可用 `softops retry` 重新启动。"),
    "HAND_CONTAINER": ("container {container}: {status}", "容器 {container}：{status}"),
    "HAND_WRITE": ("writing compose.yml and .env", "正在写入 compose.yml 和 .env"),
    "HAND_UP": ("bringing the containers up", "正在启动容器"),
    "HAND_HEALTH": ("waiting until all containers are well", "正在等待所有容器正常"),
    "HAND_ROLLBACK": ("it failed; going back to what ran before", "操作失败，正在恢复之前的版本"),
    "HAND_STOP": ("stopping the containers", "正在停止容器"),
    "HAND_RESTART": ("restarting the containers", "正在重启容器"),
    "HAND_REMOVE": ("removing the containers", "正在移除容器"),
}
