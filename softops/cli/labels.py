"""The words of the command line that are not errors, in English and Chinese."""

# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Mapping

from softops.cli.accountwords import ACCOUNT_HELP, ACCOUNT_WORDS
from softops.cli.auditwords import AUDIT_HELP, AUDIT_WORDS
from softops.cli.containerwords import CONTAINER_HELP, CONTAINER_WORDS
from softops.cli.credentialwords import CREDENTIAL_HELP, CREDENTIAL_WORDS
from softops.cli.faultwords import FAULT_HELP, FAULT_WORDS
from softops.cli.runningwords import RUNNING_HELP, RUNNING_WORDS
from softops.cli.terms import TERMS
from softops.cli.versionwords import VERSION_HELP, VERSION_WORDS
from softops.texts import Lang, Text

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")

HELP: Mapping[str, Text] = {
    **CONTAINER_HELP,
    **FAULT_HELP,
    **ACCOUNT_HELP,
    **AUDIT_HELP,
    **CREDENTIAL_HELP,
    **VERSION_HELP,
    **RUNNING_HELP,
    "APP": Text("GitOps for Docker software on one's own servers.", "面向自有服务器的 Docker 软件 GitOps 工具。"),
    "EPILOG": Text("Exit codes: 0 all succeeded, 1 something did not succeed, 2 wrong usage or input, "
                   "3 no server answers, 130 interrupted.",
                   "退出码：0 全部成功，1 有未成功的，2 用法或输入错误，3 服务器无应答，130 被中断。"),
    "SERVE": Text("Run the softops server until Ctrl-C.", "运行 softops 服务器，直到 Ctrl-C。"),
    "SYNC": Text("Bring catalog repositories into the software list.", "将目录仓库同步到软件列表。"),
    "CHECK_CATALOG": Text("Check a directory with a catalog before it is committed.", "提交前检查目录文件夹。"),
    "CHECK_DIRECTORY": Text("The directory with a folder per software.", "每个软件一个文件夹的目录。"),
    "LIST": Text("List the software.", "列出软件。"),
    "SERVERS": Text("List the servers of the inventory.", "列出清单中的服务器。"),
    "INSTALL": Text("Install a software on servers and watch it.", "在服务器上安装软件并显示进度。"),
    "PULL": Text("Pull the image of a software to servers and watch it.", "将软件镜像拉取到服务器并显示进度。"),
    "WATCH": Text("Watch a job; without a number, the newest one.", "查看任务进度；不给编号则为最新的任务。"),
    "RECORDS": Text("List what was done on which server.", "列出各服务器上的操作记录。"),
    "CANCEL": Text("Cancel a job, or its work on one server.", "取消任务，或取消其中一台服务器上的操作。"),
    "RETRY": Text("Repeat a job on the servers where it did not succeed.", "在未成功的服务器上重试任务。"),
    "REPO": Text("Show and change the catalog repositories.", "查看和更改目录仓库。"),
    "REPO_LIST": Text("List the catalog repositories.", "列出目录仓库。"),
    "REPO_ADD": Text("Add a catalog repository, or change the one of that name, and sync it.",
                     "添加目录仓库（或更改同名仓库）并同步。"),
    "REPO_REMOVE": Text("Remove a catalog repository; its software is retired, what is on servers stays.",
                        "移除目录仓库；其软件将下架，服务器上的软件保持不变。"),
    "REPO_WEBHOOK": Text("Make a new secret for a repository's webhook and show it once, with the URL to enter.",
                         "为仓库的 webhook 生成新密钥，并与要填写的 URL 一起显示一次。"),
    "REPO_WEBHOOK_OFF": Text("Take no webhooks any more.", "不再接收 webhook。"),
    "REPO_NAME": Text("Name of the repository.", "仓库名称。"),
    "REPO_URL": Text("Absolute path, https, ssh or git URL, or user@host:path.", "绝对路径，https、ssh 或 git URL，或 user@host:path。"),
    "REPO_REF": Text("Branch, tag or commit.", "分支、标签或提交。"),
    "REPO_PATH": Text("Folder with the entries inside the repository.", "仓库内存放条目的文件夹。"),
    "REPO_INTERVAL": Text("Seconds between two looks; 0: never.", "两次检查之间的秒数；0 为从不。"),
    "PLAN": Text("Show what differs from the inventory's softops_apps. Exit codes: 0 nothing, 2 something, 1 an error.",
                 "显示与清单 softops_apps 的差异。退出码：0 无差异，2 有差异，1 出错。"),
    "APPLY": Text("Make the servers what the inventory's softops_apps say.", "使服务器与清单 softops_apps 一致。"),
    "DOCTOR": Text("Say what is missing on this machine and how to mend it.", "检查本机缺少什么以及如何补救。"),
    "LIST_ALL": Text("Also what left the catalog (RETIRED).", "包括已从目录下架（RETIRED）的。"),
    "REFRESH": Text("Ask the registries for digest and download size of a software.", "向镜像仓库查询软件的摘要和下载量。"),
    "REFRESH_SOFTWARE": Text("NAME (all its versions) or NAME:VERSION.", "名称（其所有版本）或 名称:版本。"),
    "VERSION": Text("Print the version.", "显示版本。"),
    "JSON": Text("Print JSON for programs, and nothing else, on stdout.", "仅在标准输出打印供程序使用的 JSON。"),
    "JSON_LINES": Text("Print every message as one line of JSON; the last line is the finished job.",
                       "每条消息打印为一行 JSON，最后一行为已结束的任务。"),
    "REPOSITORY": Text("Name or id of a repository; all when left out.", "仓库的名称或编号；不给则为全部。"),
    "COMMIT": Text("Only if the repository is at this commit.", "仅当仓库位于此提交时。"),
    "CONFIRM": Text("Accept a commit that retires more than half of the entries.", "接受会下架半数以上条目的提交。"),
    "NAME_FILTER": Text("Only names that contain this text.", "仅名称包含此文本的。"),
    "STATUS_FILTER": Text("Only this status.", "仅此状态的。"),
    "SERVER_NAMES": Text("Names of servers; all when left out.", "服务器名称；不给则为全部。"),
    "CHECK": Text("Look at each server now.", "立即检查每台服务器。"),
    "SOFTWARE": Text("NAME or NAME:VERSION; without a version, the highest that is available.",
                     "名称 或 名称:版本；不给版本则为可用的最高版本。"),
    "SERVER": Text("Name or id of a server; may be repeated.", "服务器的名称或编号，可重复。"),
    "GROUP": Text("Name of an inventory group; may be repeated.", "清单中的组名，可重复。"),
    "PARAM": Text("A start parameter NAME=VALUE, or NAME=@FILE for what is in a file (a password: others see what is typed); "
                  "@@ stands for a value that begins with @. May be repeated.",
                  "启动参数 名称=值，或 名称=@文件 从文件读取（如密码：命令行内容他人可见）；以 @ 开头的值请写成 @@。可重复。"),
    "DETACH": Text("Do not watch: print the job and return. Without a running server the job needs this command, which then stays.",
                   "不显示进度，打印任务后立即返回。没有运行中的服务器时任务依附于本命令，命令会等到其结束。"),
    "JOB": Text("Number of a job.", "任务编号。"),
    "SOFT_FILTER": Text("Only this software: NAME or NAME:VERSION.", "仅此软件：名称 或 名称:版本。"),
    "SERVER_FILTER": Text("Only this server: name or id.", "仅此服务器：名称或编号。"),
    "JOB_FILTER": Text("Only this job.", "仅此任务。"),
    "LIMIT": Text("How many at most, newest first.", "最多多少条，新的在前。"),
    "CANCEL_ONE": Text("Give the number of a job, or --record and the number of a record.", "请给出任务编号，或用 --record 给出记录编号。"),
    "RECORD": Text("Number of a record instead of a job.", "记录编号，代替任务编号。"),
}

WORDS: Mapping[str, Text] = {
    **CONTAINER_WORDS,
    **FAULT_WORDS,
    **ACCOUNT_WORDS,
    **AUDIT_WORDS,
    **CREDENTIAL_WORDS,
    **VERSION_WORDS,
    **RUNNING_WORDS,
    "NAME": Text("Name", "名称"), "VERSION": Text("Version", "版本"), "STATUS": Text("Status", "状态"),
    "SIZE": Text("Download", "下载量"), "IMAGE": Text("Image", "镜像"), "DESCRIPTION": Text("Description", "描述"),
    "ID": Text("Id", "编号"), "ADDRESS": Text("Address", "地址"), "GROUPS": Text("Groups", "组"),
    "ENGINE": Text("Engine", "引擎"), "FREE": Text("Free", "可用空间"), "CHECKED": Text("Checked", "检查时间"),
    "REMARK": Text("Remark", "备注"), "JOB": Text("Job", "任务"), "SERVER": Text("Server", "服务器"),
    "SOFTWARE": Text("Software", "软件"), "OPERATION": Text("Operation", "操作"), "START": Text("Started", "开始时间"),
    "TOOK": Text("Took", "用时"), "RECORD": Text("Record", "记录"),
    "NO_SOFTWARE": Text("No software matches. `softops sync` brings the catalog in.", "没有匹配的软件。可用 `softops sync` 同步目录。"),
    "RETIRED_HIDDEN": Text("({count} that left the catalog are not shown; `softops list --all` shows them)",
                           "（另有 {count} 个已下架未显示，可用 `softops list --all` 查看）"),
    "SIZES_UNKNOWN": Text("(`softops refresh NAME` asks the registry how large a download is)",
                          "（可用 `softops refresh 名称` 向镜像仓库查询下载量）"),
    "NO_SERVERS": Text("The inventory has no servers. Add them to {path}.", "清单中没有服务器，请添加到 {path}。"),
    "PLAN_UNMANAGED": Text("Not in the inventory and left alone: {servers}", "不在清单中、保持不变：{servers}"),
    "PLAN_UNSEEN": Text("The containers of {count} servers can't be seen now: {servers}", "目前看不到 {count} 台服务器的容器：{servers}"),
    "PLAN_UNUSED": Text("The inventory says nothing of software. Add softops_apps to a group or a host.",
                        "清单未说明任何软件。请在组或主机中添加 softops_apps。"),
    "PLAN_SUM": Text("{count} to do: {parts}. To pull: {size}. Inventory at {commit}.", "待执行 {count} 项：{parts}。需拉取：{size}。清单提交：{commit}。"),
    "PLAN_NOTHING": Text("Nothing to do on {count} servers. Inventory at {commit}.", "{count} 台服务器无需操作。清单提交：{commit}。"),
    "NO_RECORDS": Text("No records match.", "没有匹配的记录。"),
    "MORE_SERVERS": Text("({count} more without room here)", "（另有 {count} 台未显示）"),
    "LAYERS_DONE": Text("{done}/{count} layers", "{done}/{count} 层"),
    "JOB_TITLE_ONE": Text("Job {job}: {operation} {software} on {server}", "任务 {job}：{operation} {software}，服务器 {server}"),
    "JOB_TITLE": Text("Job {job}: {operation} {software} on {count} servers", "任务 {job}：{operation} {software}，{count} 台服务器"),
    "JOB_MADE": Text("Job {job} was made. Watch it with `softops watch {job}`.", "已创建任务 {job}。可用 `softops watch {job}` 查看进度。"),
    "JOB_GOES_ON": Text("Job {job} goes on without you. Look again: `softops watch {job}`. End it: `softops cancel {job}`.",
                        "任务 {job} 仍在继续。再次查看：`softops watch {job}`。结束它：`softops cancel {job}`。"),
    "DETACH_STAYS": Text("No server is running, so this command stays until job {job} has ended.",
                         "没有运行中的服务器，本命令会等到任务 {job} 结束。"),
    "JOB_ENDS_HERE": Text("No server is running, so job {job} ends with this command. Repeat it: `softops retry {job}`.",
                          "没有运行中的服务器，任务 {job} 随本命令结束。可重试：`softops retry {job}`。"),
    "CONNECTION_LOST": Text("The connection to softops is lost; trying again ...", "与 softops 的连接中断，正在重连……"),
    "CONNECTION_BACK": Text("The connection to softops is back.", "与 softops 的连接已恢复。"),
    "SETTING_UNKNOWN": Text("There is no setting {name}, it changes nothing. Meant: {nearest}?", "没有设置 {name}，它不起作用。是否指 {nearest}？"),
    "NOTHING_CHECKED": Text("No folder of {directory} has a software.yml.", "{directory} 的各文件夹中没有 software.yml。"),
    "CATALOG_CHECKED": Text("Versions checked: {versions}. Problems: {count}.", "已检查版本：{versions}，问题：{count}。"),
    "BY_HAND": Text("The same by hand: {command}", "手动执行同样的操作：{command}"),
    "BY_HAND_SECRETS": Text("Secrets are not in it: give them with -e @FILE (softops_parameters).",
                            "其中不含密钥：请用 -e @FILE（softops_parameters）提供。"),
    "CANCEL_ASKED": Text("Asked for the end of job {job}.", "已请求取消任务 {job}。"),
    "CANCEL_ASKED_RECORD": Text("Asked for the end of record {record}.", "已请求取消记录 {record}。"),
    "STARTED": Text("{server}: started", "{server}：开始"),
    "LAYER": Text("{server}: layer {layer}: {status}", "{server}：层 {layer}：{status}"),
    "PROGRESS": Text("{server}: {share}", "{server}：{share}"),
    "ENDED": Text("{server}: {status}", "{server}：{status}"),
    "ENDED_WITH": Text("{server}: {status}: {error}", "{server}：{status}：{error}"),
    "SYNCED": Text("{repository}: {status} at {commit}: {added} added, {changed} changed, {retired} retired, {unchanged} unchanged",
                   "{repository}：{status}，提交 {commit}：新增 {added}，变更 {changed}，下架 {retired}，未变 {unchanged}"),
    "SYNC_FAILED": Text("{repository}: {status}: {error}", "{repository}：{status}：{error}"),
    "SYNC_WAITING": Text("{repository}: commit {commit} would retire {retired} of {before} versions, {installed} of them "
                         "installed. If that is meant: softops sync {repository} --confirm --commit {commit}",
                         "{repository}：提交 {commit} 会下架 {before} 个版本中的 {retired} 个，其中 {installed} 个已安装。"
                         "若确实如此：softops sync {repository} --confirm --commit {commit}"),
    "SYNC_MOVED": Text("  It is read from another place than before; what only the old one had is retired.",
                       "  读取位置与之前不同；仅旧位置才有的软件已下架。"),
    "SYNC_STAYS": Text("  {count} of the retired are installed somewhere and stay there.",
                       "  下架的版本中有 {count} 个已安装在服务器上，将保留在那里。"),
    "REPO_REMOVED": Text("{repository} is removed; its software is retired. What is on servers stays as it is.",
                         "{repository} 已移除，其软件已下架。服务器上的软件保持不变。"),
    "WEBHOOK_ON": Text("Enter this at the git server, for pushes, with the content type application/json. The secret is "
                       "not shown again.\n  URL: {url}\n  Secret: {secret}",
                       "请在 git 服务器上填入以下内容（推送事件，内容类型 application/json）。密钥不会再次显示。\n"
                       "  URL：{url}\n  密钥：{secret}"),
    "WEBHOOK_GONE": Text("{repository} takes no webhooks any more.", "{repository} 不再接收 webhook。"),
    "NO_REPOSITORIES": Text("There are no repositories. `softops repo add` adds one.", "没有仓库。可用 `softops repo add` 添加。"),
    "URL": Text("URL", "地址"), "REF": Text("Ref", "引用"), "PATH": Text("Folder", "文件夹"),
    "COMMIT": Text("Commit", "提交"), "SYNCED_AT": Text("Synced", "同步时间"),
    "MORE_PROBLEMS": Text("  and {count} more", "  另有 {count} 处"),
    "OK": Text("ok", "正常"), "NOTE": Text("note", "提示"), "PROBLEM": Text("problem", "问题"),
    "DOCTOR_PYTHON": Text("Python", "Python"), "DOCTOR_ANSIBLE": Text("Ansible", "Ansible"),
    "DOCTOR_GIT": Text("git", "git"), "DOCTOR_SSH": Text("SSH client", "SSH 客户端"),
    "DOCTOR_COMPOSE": Text("Docker Compose here", "本机 Docker Compose"),
    "DOCTOR_PLAYBOOKS": Text("Playbooks", "Playbook"), "DOCTOR_VAR": Text("Working directory, free space", "工作目录及可用空间"),
    "DOCTOR_INVENTORY": Text("Servers in the inventory", "清单中的服务器数"),
    "DOCTOR_CATALOG": Text("Catalog repository", "目录仓库"), "DOCTOR_DATABASE": Text("Database", "数据库"),
    "DOCTOR_REGISTRIES": Text("Registries", "镜像仓库"),
    "DOCTOR_SERVER": Text("Server", "服务器"),
    "DOCTOR_OK": Text("Nothing is missing.", "一切就绪。"),
    "DOCTOR_PROBLEMS": Text("Problems: {count}. Mend them from the top.", "共 {count} 个问题，请从上到下依次处理。"),
}


class Words:
    """The labels in one language; called with a key it gives the text, placeholders filled."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def __call__(self, key: str, /, **params: object) -> str:
        return self._fill(WORDS[key], params)

    def term(self, word: str) -> str:
        """A word of the API or of an engine; as it is where nothing else is known for it."""
        return TERMS.get(word, word) if self.lang == "zh" else word

    def help(self, key: str) -> str:
        """The text of `--help` for a command or an option."""
        return self._fill(HELP[key], {})

    def _fill(self, text: Text, params: Mapping[str, object]) -> str:
        return fill(text, self.lang, params)


def fill(text: Text, lang: Lang, params: Mapping[str, object]) -> str:
    """The text in one language, its placeholders filled once."""
    template = text.zh if lang == "zh" else text.en
    return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], match[0])), template)
