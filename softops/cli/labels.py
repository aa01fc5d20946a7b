"""The words of the command line that are not errors, in English and Chinese."""

# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Mapping

from softops.cli.terms import TERMS
from softops.texts import Lang, Text

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")

HELP: Mapping[str, Text] = {
    "APP": Text("GitOps for Docker software on one's own servers.", "面向自有服务器的 Docker 软件 GitOps 工具。"),
    "EPILOG": Text("Exit codes: 0 all succeeded, 1 something did not succeed, 2 wrong usage or input, "
                   "3 no server answers, 130 interrupted.",
                   "退出码：0 全部成功，1 有未成功的，2 用法或输入错误，3 服务器无应答，130 被中断。"),
    "SERVE": Text("Run the softops server until Ctrl-C.", "运行 softops 服务器，直到 Ctrl-C。"),
    "SYNC": Text("Bring catalog repositories into the software list.", "将目录仓库同步到软件列表。"),
    "LIST": Text("List the software.", "列出软件。"),
    "SERVERS": Text("List the servers of the inventory.", "列出清单中的服务器。"),
    "INSTALL": Text("Install a software on servers and watch it.", "在服务器上安装软件并显示进度。"),
    "PULL": Text("Pull the image of a software to servers and watch it.", "将软件镜像拉取到服务器并显示进度。"),
    "WATCH": Text("Watch a job; without a number, the newest one.", "查看任务进度；不给编号则为最新的任务。"),
    "RECORDS": Text("List what was done on which server.", "列出各服务器上的操作记录。"),
    "CANCEL": Text("Cancel a job, or its work on one server.", "取消任务，或取消其中一台服务器上的操作。"),
    "RETRY": Text("Repeat a job on the servers where it did not succeed.", "在未成功的服务器上重试任务。"),
    "DOCTOR": Text("Say what is missing on this machine and how to mend it.", "检查本机缺少什么以及如何补救。"),
    "LIST_ALL": Text("Also what left the catalog (RETIRED).", "包括已从目录下架（RETIRED）的。"),
    "REFRESH": Text("Ask the registries for digest and download size of a software.", "向镜像仓库查询软件的摘要和下载量。"),
    "REFRESH_SOFTWARE": Text("NAME (all its versions) or NAME:VERSION.", "名称（其所有版本）或 名称:版本。"),
    "VERSION": Text("Print the version.", "显示版本。"),
    "JSON": Text("Print JSON for programs, and nothing else, on stdout.", "仅在标准输出打印供程序使用的 JSON。"),
    "JSON_LINES": Text("Print every message as one line of JSON; the last line is the finished job.",
                       "每条消息打印为一行 JSON，最后一行为已结束的任务。"),
    "REPOSITORY": Text("Name or id of a repository; all when left out.", "仓库的名称或编号；不给则为全部。"),
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
    "DETACH": Text("Do not watch; print the job and return.", "不显示进度，打印任务后立即返回。"),
    "JOB": Text("Number of a job.", "任务编号。"),
    "SOFT_FILTER": Text("Only this software: NAME or NAME:VERSION.", "仅此软件：名称 或 名称:版本。"),
    "SERVER_FILTER": Text("Only this server: name or id.", "仅此服务器：名称或编号。"),
    "JOB_FILTER": Text("Only this job.", "仅此任务。"),
    "LIMIT": Text("How many at most, newest first.", "最多多少条，新的在前。"),
    "CANCEL_ONE": Text("Give the number of a job, or --record and the number of a record.", "请给出任务编号，或用 --record 给出记录编号。"),
    "RECORD": Text("Number of a record instead of a job.", "记录编号，代替任务编号。"),
}

WORDS: Mapping[str, Text] = {
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
    "NO_RECORDS": Text("No records match.", "没有匹配的记录。"),
    "MORE_SERVERS": Text("({count} more without room here)", "（另有 {count} 台未显示）"),
    "LAYERS_DONE": Text("{done}/{count} layers", "{done}/{count} 层"),
    "JOB_TITLE_ONE": Text("Job {job}: {operation} {software} on {server}", "任务 {job}：{operation} {software}，服务器 {server}"),
    "JOB_TITLE": Text("Job {job}: {operation} {software} on {count} servers", "任务 {job}：{operation} {software}，{count} 台服务器"),
    "JOB_MADE": Text("Job {job} was made. Watch it with `softops watch {job}`.", "已创建任务 {job}。可用 `softops watch {job}` 查看进度。"),
    "JOB_GOES_ON": Text("Job {job} goes on without you. Look again: `softops watch {job}`. End it: `softops cancel {job}`.",
                        "任务 {job} 仍在继续。再次查看：`softops watch {job}`。结束它：`softops cancel {job}`。"),
    "JOB_ENDS_HERE": Text("No server is running, so job {job} ends with this command. Repeat it: `softops retry {job}`.",
                          "没有运行中的服务器，任务 {job} 随本命令结束。可重试：`softops retry {job}`。"),
    "CONNECTION_LOST": Text("The connection to softops is lost; trying again ...", "与 softops 的连接中断，正在重连……"),
    "CONNECTION_BACK": Text("The connection to softops is back.", "与 softops 的连接已恢复。"),
    "BY_HAND": Text("The same by hand: {command}", "手动执行同样的操作：{command}"),
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
    "SYNC_WAITING": Text("{repository}: commit {commit} would retire {retired} of {before} versions. "
                         "If that is meant: softops sync {repository} --confirm",
                         "{repository}：提交 {commit} 会下架 {before} 个版本中的 {retired} 个。若确实如此：softops sync {repository} --confirm"),
    "MORE_PROBLEMS": Text("  and {count} more", "  另有 {count} 处"),
    "OK": Text("ok", "正常"), "NOTE": Text("note", "提示"), "PROBLEM": Text("problem", "问题"),
    "DOCTOR_PYTHON": Text("Python", "Python"), "DOCTOR_ANSIBLE": Text("Ansible", "Ansible"),
    "DOCTOR_GIT": Text("git", "git"), "DOCTOR_SSH": Text("SSH client", "SSH 客户端"),
    "DOCTOR_PLAYBOOKS": Text("Playbooks", "Playbook"), "DOCTOR_VAR": Text("Working directory, free space", "工作目录及可用空间"),
    "DOCTOR_INVENTORY": Text("Servers in the inventory", "清单中的服务器数"),
    "DOCTOR_CATALOG": Text("Catalog repository", "目录仓库"), "DOCTOR_DATABASE": Text("Database", "数据库"),
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
        template = text.zh if self.lang == "zh" else text.en
        return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], match[0])), template)
