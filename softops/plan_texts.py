"""Sentences about the desired state: what the inventory says, what a plan does and why. Merged into texts.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

PLAN_TEXTS: Mapping[str, tuple[str, str]] = {
    # What can be wrong with the variables softops_apps*
    "DESIRED_NO_MAPPING": ("{variable} is no mapping of software but: {kind}. Write it like nginx: {version: \"1.27.0\"}, or {} when nothing shall run. Templates are not evaluated here.",
                           "{variable} 不是软件映射，而是：{kind}。请写成 nginx: {version: \"1.27.0\"} 的形式；不运行任何软件时写 {}。此处不会求值模板。"),
    "DESIRED_TOO_MANY": ("{count} software are listed, {limit} is the limit for one server. Spread them over servers.",
                         "列出了 {count} 个软件，单台服务器上限为 {limit}。请分散到多台服务器。"),
    "DESIRED_TWICE": ("{software} is listed here and, differently, in {other}. Keep one of the two.",
                      "{software} 在此处与 {other} 中均有且内容不同，请只保留一处。"),
    "DESIRED_LISTED_TWICE": ("{software} is listed twice. Remove one of them.", "{software} 被重复列出，请删除其中一个。"),
    "DESIRED_NO_NAME": ("Number {number} of the list has no name. Give it `name: nginx`, or write a mapping by name.",
                        "列表第 {number} 项没有名称。请写 `name: nginx`，或改用按名称的映射。"),
    "DESIRED_NAME": ("{name} is no name of a software: small letters, digits, dots, dashes and underscores, at most 63.",
                     "{name} 不是软件名：只能用小写字母、数字、点、短横线和下划线，最多 63 个字符。"),
    "DESIRED_FORM": ("{software} is no mapping but: {kind}. Write {software}: {version: \"...\"}.",
                     "{software} 不是映射，而是：{kind}。请写成 {software}: {version: \"...\"}。"),
    "DESIRED_KEY": ("There is no key {key} here. Did you mean {nearest}?", "此处没有键 {key}。是否想写 {nearest}？"),
    "DESIRED_VAULT": ("{name} is encrypted with Ansible Vault, which softops does not read here. Leave secrets out: softops generates and keeps them.",
                      "{name} 使用了 Ansible Vault 加密，softops 不会读取。请不要在此写机密：softops 会生成并保存它们。"),
    "DESIRED_STATE": ("There is no state {value}. Known: {known}.", "没有状态 {value}。可用：{known}。"),
    "DESIRED_NO_VERSION": ("{software} has no version. Name the exact one, such as version: \"1.27.0\".",
                           "{software} 未指定版本。请写明确切版本，如 version: \"1.27.0\"。"),
    "DESIRED_VERSION_NUMBER": ("The version of {software} is {value} for YAML, which may not be what is written: 1.10 becomes 1.1. Put it in quotes.",
                               "{software} 的版本被 YAML 读作 {value}，可能与所写不同（1.10 会变成 1.1）。请加引号。"),
    "DESIRED_VERSION": ("{value} is no version of {software}. Name the exact one in quotes.", "{value} 不是 {software} 的版本。请用引号写明确切版本。"),
    "DESIRED_PARAMETERS": ("The parameters are no mapping but: {kind}. Write them like {HTTP_PORT: 8080}.",
                           "parameters 不是映射，而是：{kind}。请写成 {HTTP_PORT: 8080} 的形式。"),
    "DESIRED_REPOSITORY": ("{value} is no name of a catalog repository. Name one as text, or leave it out.",
                           "{value} 不是目录仓库名。请写仓库名称，或不写。"),
    "DESIRED_PERMISSIONS": ("{value} is no list of permissions. Write it like [host_network].", "{value} 不是权限列表。请写成 [host_network] 的形式。"),
    "DESIRED_SECRET": ("{name} of {software} is a secret and must not stand in the inventory. Leave it out: it is generated once and kept.",
                       "{software} 的 {name} 是机密参数，不能写在清单中。请删除它：softops 会生成一次并保存。"),
    "DESIRED_SECRET_MISSING": ("{software} needs the secret {name}, which nobody can generate. Start it once with `softops start` on this server and give it; then it is kept.",
                               "{software} 需要机密参数 {name}，且无法自动生成。请先用 `softops start` 在此服务器上启动一次并给出该值，之后会一直保存。"),
    "DESIRED_REQUIRES": ("{software} requires {required}, which is not listed to run on this server. Add it to softops_apps.",
                         "{software} 依赖 {required}，但此服务器的 softops_apps 中没有要运行的 {required}。请添加。"),
    "APPLY_NOTHING": ("Nothing to do: the servers are as the inventory wants them.", "无需操作：服务器已与清单一致。"),
    "APPLY_PROBLEMS": ("Nothing was done: {count} problems in the inventory have to be mended first.",
                       "未执行任何操作：请先解决清单中的 {count} 个问题。"),
    "APPLY_SUCCESS": ("Applied.", "已应用"),
    # Why something has to be done
    "NOT_THERE": ("it is not on the server", "服务器上没有"),
    "NEVER_STARTED": ("it is installed and was never started", "已安装但从未启动"),
    "OTHER_VERSION": ("{actual} is there, {wanted} is wanted", "现为 {actual}，应为 {wanted}"),
    "PARAMETERS_CHANGED": ("other parameters: {names}", "参数不同：{names}"),
    "CATALOG_CHANGED": ("the catalog changed it in commit {commit}", "目录在提交 {commit} 中修改了它"),
    "APP_STOPPED": ("it was stopped", "已被停止"),
    "CONTAINER_MISSING": ("the container of {service} is gone", "{service} 的容器不见了"),
    "CONTAINER_STOPPED": ("the container {container} does not run ({state})", "容器 {container} 未在运行（{state}）"),
    "CONTAINER_OTHER": ("the container {container} is of version {actual}, not {wanted}", "容器 {container} 的版本是 {actual}，不是 {wanted}"),
    "CONTAINER_RUNS": ("the container {container} runs and should not", "容器 {container} 在运行，但不应运行"),
    "WANTED_STOPPED": ("it shall be stopped", "应处于停止状态"),
    "WANTED_ABSENT": ("it shall be absent", "不应存在"),
    "UNWANTED": ("it is no longer listed", "已不在列表中"),
}
