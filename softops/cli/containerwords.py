"""The words of `softops ps`, `logs`, `stats` and `inspect`, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

CONTAINER_HELP: Mapping[str, Text] = {
    "PS": Text("List the containers of softops on all servers.", "列出所有服务器上的 softops 容器。"),
    "LOGS": Text("Show the log of a software's containers.", "显示软件各容器的日志。"),
    "STATS": Text("Show what running containers use.", "显示运行中容器的资源占用。"),
    "INSPECT": Text("Show the details of a software's containers, without secrets.", "显示软件各容器的详情（不含机密）。"),
    "CONTAINER_NAME": Text("Name of a software or of a container.", "软件或容器的名称。"),
    "FOLLOW": Text("Go on with new lines until Ctrl-C.", "持续显示新日志，直到 Ctrl-C。"),
    "TAIL": Text("How many lines at most, the newest.", "最多显示最新的多少行。"),
    "TIMES": Text("Show when each line was written.", "显示每行的时间。"),
}

CONTAINER_WORDS: Mapping[str, Text] = {
    "CONTAINER": Text("Container", "容器"), "STATE": Text("State", "状态"), "HEALTH": Text("Health", "健康"),
    "UPTIME": Text("Up", "运行时长"), "PORTS": Text("Ports", "端口"), "CPU": Text("CPU", "CPU"),
    "MEMORY": Text("Memory", "内存"), "NETWORK": Text("In / out", "收 / 发"), "DISK": Text("Read / written", "读 / 写"),
    "NO_CONTAINERS": Text("No containers match.", "没有匹配的容器。"),
    "NOT_CURRENT": Text("Not reached now: {servers}. Of these the last known state is shown, with a question mark.",
                        "目前无法连接：{servers}。其容器显示最后已知的状态，并带问号。"),
    "LINES_SKIPPED": Text("... {count} lines left out: too many at once ...", "…… 略去 {count} 行：一次太多 ……"),
    "ENVIRONMENT": Text("Variables", "环境变量"), "MOUNTS": Text("Mounts", "挂载"), "NETWORKS": Text("Networks", "网络"),
    "RESTART": Text("Restarts", "重启次数"), "RESTART_POLICY": Text("Restart policy", "重启策略"), "ENDED_AT": Text("Ended", "结束时间"),
    "EXIT_CODE": Text("Exit code", "退出码"), "ENGINE_ID": Text("Engine id", "引擎编号"), "SERVICE": Text("Service", "服务"),
    "MADE": Text("Made", "创建时间"),
}
