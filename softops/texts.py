"""The sentences people read, by reason, in English and Chinese.

Every reason used anywhere in softops has its sentence here (a test checks it, and that both
languages use the same placeholders). Placeholders are filled by plain substitution of `{name}`:
values are data and are never formatted again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from softops.app_texts import APP_TEXTS
from softops.audit_texts import AUDIT_TEXTS
from softops.auth_texts import AUTH_TEXTS
from softops.catalog_texts import CATALOG_TEXTS
from softops.cli_texts import CLI_TEXTS
from softops.compose_texts import COMPOSE_TEXTS
from softops.container_texts import CONTAINER_TEXTS
from softops.deploy_texts import DEPLOY_TEXTS
from softops.fault_texts import FAULT_TEXTS
from softops.guard_texts import GUARD_TEXTS
from softops.interruption_texts import INTERRUPTION_TEXTS
from softops.plan_texts import PLAN_TEXTS
from softops.secret_texts import SECRET_TEXTS
from softops.server_texts import SERVER_TEXTS
from softops.version_texts import VERSION_TEXTS
from softops.web_texts import WEB_TEXTS
from softops.webhook_texts import WEBHOOK_TEXTS

Lang = Literal["en", "zh"]


class Text(NamedTuple):
    """One sentence in both languages."""

    en: str
    zh: str


TEXTS: Mapping[str, Text] = {
    **{reason: Text(*sentences) for reason, sentences
       in {**APP_TEXTS, **AUDIT_TEXTS, **AUTH_TEXTS, **CATALOG_TEXTS, **CLI_TEXTS, **CONTAINER_TEXTS, **COMPOSE_TEXTS, **DEPLOY_TEXTS, **FAULT_TEXTS, **GUARD_TEXTS,
           **INTERRUPTION_TEXTS, **PLAN_TEXTS,
           **SECRET_TEXTS, **SERVER_TEXTS, **VERSION_TEXTS, **WEB_TEXTS, **WEBHOOK_TEXTS}.items()},
    "INTERNAL": Text("Something went wrong inside softops ({detail}). The log has the details.",
                     "softops 内部出错（{detail}），详情见日志。"),
    "CONFIG_INVALID": Text("{name}={value} can't be used: {problem}. Set it right or leave it out.",
                           "{name}={value} 无效：{problem}。请改正或不设置它。"),
    "VAR_UNUSABLE": Text("The directory {path} can't be used: {problem}. Set SOFTOPS_VAR to one that can be written.",
                         "目录 {path} 不可用：{problem}。请将 SOFTOPS_VAR 设为可写目录。"),
    "INSTALL_SUCCESS": Text("Installed.", "安装成功"),
    "PULL_SUCCESS": Text("Image pulled.", "镜像拉取成功"),
    "OPERATION_SUCCESS": Text("Done.", "操作成功"),
    "CANCELLED": Text("Cancelled.", "已取消"),
    "INTERRUPTED": Text("softops was stopped before this was done. Repeat it with `softops retry`.",
                        "softops 在完成之前被停止。可用 `softops retry` 重试。"),
    "RUN_TIMEOUT": Text("The run took too long or was silent for too long and was ended. Look at the server, "
                        "or raise SOFTOPS_JOB_TIMEOUT or SOFTOPS_IDLE_TIMEOUT.",
                        "运行超时或长时间无输出，已被终止。请检查服务器，或调大 SOFTOPS_JOB_TIMEOUT 或 SOFTOPS_IDLE_TIMEOUT。"),
    "RUN_BROKEN": Text("ansible-playbook ended with {rc} before it had worked on this server: {output}",
                       "ansible-playbook 在处理此服务器之前以 {rc} 结束：{output}"),
    "RUN_DIRECTORY": Text("The directory {path} for this run can't be made: {problem}. Free space there and retry.",
                          "无法为本次运行创建目录 {path}：{problem}。请释放空间后重试。"),
    "NOTHING_DONE": Text("Ansible skipped every task on this server, so nothing was done. Look for conditions and tags "
                         "in the playbook and in the environment of softops (ANSIBLE_RUN_TAGS, ANSIBLE_SKIP_TAGS).",
                         "Ansible 跳过了此服务器上的所有任务，因此什么都没有做。请检查 playbook 中的条件和标签，"
                         "以及 softops 的环境变量（ANSIBLE_RUN_TAGS、ANSIBLE_SKIP_TAGS）。"),
    "SERVER_PASSED_OVER": Text("Ansible did not work on this server. See with `softops servers` whether the inventory "
                               "still has it.",
                               "Ansible 没有处理此服务器。请用 `softops servers` 查看它是否仍在清单中。"),
    "TASK_FAILED": Text("The task '{task}' failed: {message}", "任务“{task}”失败：{message}"),
    "SERVER_UNREACHABLE": Text("The server can't be reached: {message}. Check its address, key and sshd.",
                               "无法连接服务器：{message}。请检查地址、密钥和 sshd。"),
    "SERVERS_EMPTY": Text("No server was chosen. Name at least one.", "未选择服务器，请至少指定一台。"),
    "SERVER_NAME_UNSAFE": Text("The inventory hostname {server} can't be used: Ansible would read it as a pattern. "
                               "Use letters, digits, dots, dashes and underscores.",
                               "清单中的主机名 {server} 不可用：Ansible 会将其当作模式。请只用字母、数字、点、短横线和下划线。"),
    "OPERATION_UNKNOWN": Text("There is no operation {operation}. Known: {known}.", "没有操作 {operation}。可用：{known}。"),
    "SOFTWARE_RETIRED": Text("{software} {version} left the catalog. Choose another version or restore it in git.",
                             "{software} {version} 已从目录中移除。请选择其他版本，或在 git 中恢复它。"),
    "PARAMETER_SECRET": Text("{name} of {software} is a secret. Leave it out of the installation; it is given when the software is started.",
                             "{software} 的 {name} 是机密参数。安装时请不要提供，启动软件时再给出。"),
    "JOB_STILL_RUNNING": Text("Job {job} is not finished. Wait for it or cancel it first.",
                              "任务 {job} 尚未结束，请等待或先取消。"),
    "NOTHING_TO_RETRY": Text("Job {job} succeeded on every server; there is nothing to retry.",
                             "任务 {job} 在所有服务器上均已成功，无需重试。"),
    "SERVER_NOT_ANSWERING": Text("No softops answers at {url}: {problem}. Start it with `softops serve`, or set SOFTOPS_URL right.",
                                 "{url} 处没有 softops 应答：{problem}。请用 `softops serve` 启动，或改正 SOFTOPS_URL。"),
    "SERVER_NOT_SOFTOPS": Text("What answers at {url} is not softops (HTTP {status}). Set SOFTOPS_URL right.",
                               "{url} 处应答的不是 softops（HTTP {status}）。请改正 SOFTOPS_URL。"),
    "SERVER_LOST": Text("The connection to {url} was lost and did not come back. Job {job} may still be running: "
                        "look again with `softops watch {job}`.",
                        "与 {url} 的连接中断且未能恢复。任务 {job} 可能仍在运行，可用 `softops watch {job}` 再次查看。"),
    "SERVER_REFUSED": Text("The server answered: {message}", "服务器答复：{message}"),
    "SERVER_NOT_STARTED": Text("softops could not start in this process: {problem}. `softops doctor` says what is missing.",
                               "无法在本进程中启动 softops：{problem}。可用 `softops doctor` 查看缺少什么。"),
    "PORT_TAKEN": Text("softops can't listen on {host}:{port}: {problem}. Stop what is there, or set SOFTOPS_PORT.",
                       "softops 无法监听 {host}:{port}：{problem}。请停止占用者，或设置 SOFTOPS_PORT。"),
    "PARAM_FORM": Text("{text} is not a parameter. Write --param NAME=VALUE.", "{text} 不是参数。请写成 --param 名称=值。"),
    "SOFTWARE_FORM": Text("{text} names no software. Write NAME or NAME:VERSION.", "{text} 不是软件名。请写成 名称 或 名称:版本。"),
    "ILLEGAL_TRANSITION": Text("{what} can't go from {actual} to {wanted}.", "{what} 不能从 {actual} 变为 {wanted}。"),
    "DATABASE_URL": Text("SOFTOPS_DATABASE={value} can't be used. It must be a URL that begins with one of: {known}; "
                         "SQLite needs a file.",
                         "SOFTOPS_DATABASE={value} 无效。须为以下列之一开头的 URL：{known}；SQLite 必须使用文件。"),
    "DATABASE_FAILED": Text("The database {database} did not do what was asked: {problem}. "
                            "Check that it runs and that SOFTOPS_DATABASE is right.",
                            "数据库 {database} 操作失败：{problem}。请检查它是否运行以及 SOFTOPS_DATABASE 是否正确。"),
    "DATABASE_CONSTRAINT": Text("The database refused the rows because of its rule {constraint}. Repeat the request; "
                                "if that does not help, the log has the details.",
                                "数据库因约束 {constraint} 拒绝写入。请重试；若无效，详情见日志。"),
    "DATABASE_NEWER": Text("The database has schema {database}, this softops knows only up to {code}. "
                           "Start the newer softops, or restore the backup from before the upgrade.",
                           "数据库结构为 {database}，当前 softops 仅支持到 {code}。请启动新版 softops，或恢复升级前的备份。"),
    "DATABASE_MIGRATING": Text("Another process is still changing the database schema. Wait for it and start again.",
                               "另一个进程仍在变更数据库结构，请等待其完成后重新启动。"),
    "SOFTWARE_NOT_FOUND": Text("There is no software with the id {soft}. `softops list` shows all.",
                               "没有 ID 为 {soft} 的软件。可用 `softops list` 查看全部。"),
    "SOFTWARE_NAME_NOT_FOUND": Text("There is no software {name}. There is: {choices}.",
                                    "没有软件 {name}。现有：{choices}。"),
    "SOFTWARE_NOT_IN_REPOSITORY": Text("The repository {repository} has no software {name}. There is: {choices}.",
                                       "仓库 {repository} 中没有软件 {name}。现有：{choices}。"),
    "SOFTWARE_VERSION_NOT_FOUND": Text("{name} has no version {version}. There is: {choices}.",
                                       "{name} 没有版本 {version}。现有：{choices}。"),
    "SOFTWARE_NO_VERSION": Text("No version of {name} can be installed now. In the table: {choices}. "
                                "Name a version, or sync its repository.",
                                "{name} 目前没有可安装的版本。现有：{choices}。请指定版本，或同步其仓库。"),
    "SOFTWARE_AMBIGUOUS": Text("{name} is in several repositories: {choices}. Say which one, or give the software's id.",
                               "{name} 存在于多个仓库：{choices}。请指明仓库，或给出软件 ID。"),
    "REPOSITORY_NOT_FOUND": Text("There is no repository {repository}. There is: {choices}.",
                                 "没有仓库 {repository}。现有：{choices}。"),
    "SERVER_NOT_FOUND": Text("There is no server {server} in the inventory. There is: {choices}.",
                             "清单中没有服务器 {server}。现有：{choices}。"),
    "GROUP_NOT_FOUND": Text("There is no group {group} with servers in the inventory. There is: {choices}.",
                            "清单中没有包含服务器的组 {group}。现有：{choices}。"),
    "SERVERS_MISSING": Text("Say on which servers: --server or --group on the command line, serverId or group in the API. "
                            "There is: {choices}.",
                            "请指定服务器：命令行用 --server 或 --group，API 用 serverId 或 group。可选：{choices}。"),
    "INVENTORY_EMPTY": Text("There is no server in the inventory. Add one to it.", "清单中没有服务器。请先添加服务器。"),
    "SERVER_BUSY": Text("{software} on {server} is already being worked on: job {job}, record {record}. "
                        "Wait for it, or end it with `softops cancel {job}`.",
                        "{server} 上的 {software} 正在操作中：任务 {job}，记录 {record}。"
                        "请等待，或用 `softops cancel {job}` 取消。"),
    "SERVER_BUSY_AGAIN": Text("{software} on {server} was being worked on again and again. Try it once more.",
                              "{server} 上的 {software} 一再被其他任务占用，请重试。"),
    "JOBS_NONE": Text("There are no jobs yet. `softops install` makes one.", "还没有任务。可用 `softops install` 创建。"),
    "JOB_NOT_FOUND": Text("There is no job {job}. `softops records` shows what there is.",
                          "没有任务 {job}。可用 `softops records` 查看现有记录。"),
    "RECORD_NOT_FOUND": Text("There is no record {record}. `softops records` shows what there is.",
                             "没有记录 {record}。可用 `softops records` 查看现有记录。"),
    "JOB_FINAL": Text("Job {job} has ended already ({status}); there is nothing to cancel.",
                      "任务 {job} 已结束（{status}），无需取消。"),
    "RECORD_FINAL": Text("Record {record} has ended already ({status}); there is nothing to cancel.",
                         "记录 {record} 已结束（{status}），无需取消。"),
    "INVENTORY_MISSING": Text("There is no inventory at {path}. Write one there, or set SOFTOPS_INVENTORY.",
                              "{path} 处没有清单。请在该处创建，或设置 SOFTOPS_INVENTORY。"),
    "INVENTORY_NO_ANSIBLE": Text("{program} can't be started: {problem}. Install softops with its dependencies again.",
                                 "无法启动 {program}：{problem}。请重新安装 softops 及其依赖。"),
    "INVENTORY_TIMEOUT": Text("Ansible did not read the inventory {path} within {seconds} seconds. "
                              "Look for what it waits for with ansible-inventory --list.",
                              "Ansible 未能在 {seconds} 秒内读取清单 {path}。请用 ansible-inventory --list 查看它在等待什么。"),
    "INVENTORY_UNREADABLE": Text("Ansible can't read the inventory {path}: {problem}",
                                 "Ansible 无法读取清单 {path}：{problem}"),
    "INVENTORY_NAMES": Text("These hosts of the inventory {path} have names that Ansible would read as patterns: {names}. "
                            "Use letters, digits, dots, dashes and underscores.",
                            "清单 {path} 中以下主机名会被 Ansible 当作模式：{names}。请只用字母、数字、点、短横线和下划线。"),
    "INVENTORY_SAME_NAMES": Text("These names in the inventory {path} are both a host and a group: {names}. "
                                 "Rename one of the two, or work for one would be done on all.",
                                 "清单 {path} 中以下名称既是主机又是组：{names}。请重命名其一，否则对一台的操作会作用于整组。"),
    "LEASE_LOST": Text("Job {job} is no longer run by {owner}; it was ended or taken over. Nothing is to be done.",
                       "任务 {job} 已不再由 {owner} 执行：它已结束或被接管。无需处理。"),
}

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def render(reason: str, lang: Lang, params: Mapping[str, object]) -> str:
    """The sentence of `reason`; a placeholder without a value stays visible instead of failing. A value that is a
    sentence itself is told in `lang` when its reason and params are there too, as NAME_reason and NAME_*."""
    text = TEXTS.get(reason)
    if text is None:
        return f"{reason} {dict(params)}" if params else reason
    template = text.en if lang == "en" else text.zh
    return _PLACEHOLDER.sub(lambda match: _value(match[1], lang, params), template)


def nested(name: str, reason: str, params: Mapping[str, object]) -> Mapping[str, object]:
    """The params with which another sentence holds this one as its value `name`."""
    inner = {f"{name}_{key}": value for key, value in params.items()}
    return {name: render(reason, "en", params), f"{name}_reason": reason, **inner}


def _value(name: str, lang: Lang, params: Mapping[str, object]) -> str:
    reason = params.get(f"{name}_reason")
    if isinstance(reason, str) and reason in TEXTS:
        start = f"{name}_"
        return render(reason, lang, {key.removeprefix(start): value for key, value in params.items()
                                     if key.startswith(start) and key != f"{name}_reason"})
    return str(params.get(name, f"{{{name}}}"))
