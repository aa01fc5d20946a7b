"""The words of starting, upgrading and going back on the command line, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

RUNNING_HELP: Mapping[str, Text] = {
    "START_APP": Text("Start a software on servers and watch it.", "在服务器上启动软件并显示进度。"),
    "UPGRADE_APP": Text("Upgrade a software that was started before; where that fails, the old version serves again.",
                        "升级已启动过的软件；若失败，旧版本会重新提供服务。"),
    "ROLLBACK_APP": Text("Bring back what a software was before.", "将软件回滚到之前的状态。"),
    "STOP_APP": Text("Stop a software; its containers and data stay.", "停止软件；其容器和数据保留。"),
    "RESTART_APP": Text("Restart a software as it is.", "按现状重启软件。"),
    "REMOVE_APP": Text("Remove a software from servers; its data volumes stay unless asked otherwise.",
                       "从服务器移除软件；除非另行要求，数据卷保留。"),
    "APPROVE": Text("Let a job begin its next wave.", "允许任务开始下一批。"),
    "JOBS": Text("List the jobs, newest first, and what they wait for.", "列出任务及其等待的内容，新的在前。"),
    "APPS": Text("List what is on servers.", "列出服务器上的软件。"),
    "HISTORY": Text("List what a software has been on each server, newest first.", "列出软件在各服务器上的历次修订，新的在前。"),
    "APP_SOFTWARE": Text("NAME or NAME:VERSION; without a version, the one that is on the servers, or else the highest available.",
                         "名称 或 名称:版本；不给版本则为服务器上已有的版本，否则为可用的最高版本。"),
    "ACCEPT": Text("Grant a permission that the software declares; may be repeated.", "授予软件声明的一项权限，可重复。"),
    "WITH_REQUIRED": Text("Start what it requires first, where that does not run.", "先启动其依赖中尚未运行的软件。"),
    "CANARY": Text("So many servers come alone first.", "先单独处理这么多台服务器。"),
    "BATCH": Text("Servers of each further wave, as a number or a share (5, 25%).", "之后每批的服务器数，数量或比例（5、25%）。"),
    "MAX_FAILURES": Text("So many servers may fail before no further wave begins.", "失败超过这么多台后不再开始下一批。"),
    "ON_FAILURE": Text("Then `stop` and keep what was done, or `rollback` what was changed.", "届时 `stop` 保留现状，或 `rollback` 回滚已更改的服务器。"),
    "APPROVAL": Text("Wait before each further wave until `softops approve` allows it.", "每批之前等待 `softops approve` 批准。"),
    "SETTLE": Text("Seconds between two waves, after which all must still be healthy.", "两批之间的秒数，之后须仍全部健康。"),
    "REVISION": Text("Number of the revision, see `softops history`.", "修订号，见 `softops history`。"),
    "ROLLBACK_TO": Text("The newest revision with this version.", "此版本的最新修订。"),
    "ROLLBACK_ONE": Text("Give --revision or --to, not both.", "请给出 --revision 或 --to 之一。"),
    "VOLUMES": Text("Delete its data volumes too.", "同时删除其数据卷。"),
    "YES": Text("Do not ask.", "不再询问。"),
    "HISTORY_SERVER": Text("Name or id of a server, may be repeated; without it, all that have the software.",
                           "服务器的名称或编号，可重复；不给则为所有拥有该软件的服务器。"),
}

RUNNING_WORDS: Mapping[str, Text] = {
    "STATE": Text("State", "状态"), "NUMBER": Text("Revision", "修订号"), "SINCE": Text("Since", "自"),
    "MADE": Text("Made", "创建时间"), "NOW": Text("Now", "当前"), "PARAMETERS": Text("Parameters", "参数"),
    "NO_APPS": Text("There is nothing on these servers. `softops start NAME` starts a software.",
                    "这些服务器上没有软件。可用 `softops start 名称` 启动。"),
    "NO_HISTORY": Text("{software} was never started on {server}.", "{software} 从未在 {server} 上启动。"),
    "VOLUMES_SURE": Text("Delete the data volumes of {software} on {servers}, too? Nobody can bring them back. [y/N] ",
                         "同时删除 {servers} 上 {software} 的数据卷？删除后无法恢复。[y/N] "),
    "VOLUMES_KEPT": Text("Nothing was removed.", "未移除任何内容。"),
    "EVERYWHERE": Text("the servers in {groups}", "{groups} 中的服务器"), "ITS_SERVER": Text("its server", "所在服务器"),
    "WAVE": Text("wave {wave} of {waves}", "第 {wave}/{waves} 批"),
    "OF_WAVE": Text("{status} (wave {wave})", "{status}（第 {wave} 批）"),
    "WAVE_APPROVAL": Text("Wave {wave} of {waves} waits for you. Look at the servers, then: softops approve {job}",
                          "第 {wave}/{waves} 批等待批准。检查服务器后执行：softops approve {job}"),
    "WAVE_SETTLE": Text("Wave {wave} of {waves} begins when all has stayed healthy for a while.",
                        "保持健康一段时间后将开始第 {wave}/{waves} 批。"),
    "WAVE_BEGINS": Text("Wave {wave} of {waves} begins.", "第 {wave}/{waves} 批开始。"),
    "WAITS_APPROVAL": Text("waits for an approval: softops approve {job}", "等待批准：softops approve {job}"),
    "WAITS_WAVE": Text("waits for wave {wave} of {waves}", "等待第 {wave}/{waves} 批"),
    "OF_WAVES": Text("Wave", "批次"), "USER": Text("User", "用户"),
    "NO_JOBS": Text("No jobs match.", "没有匹配的任务。"),
    "APPROVED": Text("Wave {wave} of job {job} may begin.", "任务 {job} 的第 {wave} 批可以开始。"),
    "TAKEN_BACK": Text("Too much failed, so job {child} brings back what was there before.", "失败过多，由任务 {child} 恢复之前的状态。"),
    "CONTAINERS_READY": Text("{done}/{count} containers", "{done}/{count} 个容器"),
    "CONTAINER_LINE": Text("{server}: container {container}: {status}", "{server}：容器 {container}：{status}"),
    "STAGE_LINE": Text("{server}: {status}", "{server}：{status}"),
    "LAST_LINES": Text("{server}: last lines of the container:", "{server}：容器最后的输出："),
}
