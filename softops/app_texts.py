"""Sentences about software that runs: starting, upgrading, waves. Merged into texts.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

APP_TEXTS: Mapping[str, tuple[str, str]] = {
    "START_SUCCESS": ("Started.", "启动成功"),
    "UPGRADE_SUCCESS": ("Upgraded.", "升级成功"),
    "ROLLBACK_SUCCESS": ("Rolled back.", "回滚成功"),
    "STOP_SUCCESS": ("Stopped.", "已停止"),
    "RESTART_SUCCESS": ("Restarted.", "已重启"),
    "REMOVE_SUCCESS": ("Removed.", "已移除"),
    "REVISION_NOT_FOUND": ("{software} has no revision {revision} on this server. There are: {choices}.",
                           "{software} 在此服务器上没有修订 {revision}。现有：{choices}。"),
    "NOTHING_TO_APPROVE": ("Job {job} does not wait for an approval.", "任务 {job} 未在等待批准。"),
    "ALREADY_RUNNING": ("It runs like that already; nothing was changed.", "已按此方式运行，未做任何更改"),
    "STRATEGY_UNKNOWN": ("The strategy has no {name}. It knows: {choices}.", "策略没有 {name} 项。可用：{choices}。"),
    "STRATEGY_BATCH": ("{name} of the strategy is wrong. It may be a number from 1 or a share from 1% to 100%.",
                       "策略的 {name} 无效。可以是 1 起的数量，或 1% 到 100% 的比例。"),
    "STRATEGY_INVALID": ("{name} of the strategy is wrong. It may be: {wanted}.", "策略的 {name} 无效。可以是：{wanted}。"),
    "WAVES_STOPPED": ("Not begun: too much failed in the waves before (servers: {failed}, allowed: {allowed}). Mend "
                      "that, then go on with `softops retry {job}`.",
                      "未开始：之前的批次有 {failed} 台服务器失败（允许 {allowed} 台）。修复后可用 `softops retry {job}` 继续。"),
    "WAVE_UNHEALTHY": ("Not begun: {software} on {servers} did not stay healthy after wave {wave}. Look there, then go on "
                       "with `softops retry {job}`.",
                       "未开始：第 {wave} 批之后，{servers} 上的 {software} 未能保持健康。检查后可用 `softops retry {job}` 继续。"),
    "REQUIRES_CYCLE": ("{software} can't be started: its requirements go round in a circle ({circle}). Mend `requires` in "
                       "the catalog.", "无法启动 {software}：其依赖关系存在循环（{circle}）。请修改目录中的 `requires`。"),
    "REQUIRED_NOT_RUNNING": ("{software} requires {required}, which does not run on {server}. Start it first, or let it "
                             "be started with this one (--with-required; withRequired in the API).",
                             "{software} 依赖 {required}，但其未在 {server} 上运行。请先启动它，或一并启动"
                             "（--with-required；API 中为 withRequired）。"),
    "REQUIRED_UNKNOWN": ("{software} requires {required}, which no catalog offers. Add it to a catalog.",
                         "{software} 依赖 {required}，但没有任何目录提供它。请将其加入目录。"),
    "APP_NOT_THERE": ("{software} is not on {server}; start it there with `softops start`. There are: {choices}.",
                      "{server} 上没有 {software}；可用 `softops start` 在该处启动。现有：{choices}。"),
    "APP_NOWHERE": ("{software} is on no server. There are: {choices}. Start it with `softops start`.",
                    "没有服务器拥有 {software}。现有：{choices}。可用 `softops start` 启动。"),
    "APP_ON_SEVERAL": ("{software} is on several servers: {servers}. Name those that are meant: --server or --group on the "
                       "command line, servers or groups in the API.",
                       "{software} 在多台服务器上：{servers}。请指明：命令行用 --server 或 --group，API 用 servers 或 groups。"),
    "VOLUMES_UNSURE": ("The data volumes of {software} would be deleted for good. Say --yes if that is meant.",
                       "{software} 的数据卷将被永久删除。若确实如此，请加 --yes。"),
    "NEVER_STARTED": ("{software} {version} is installed on {server} but was never started. Start it with `softops start`.",
                      "{software} {version} 已安装在 {server} 上，但从未启动。请用 `softops start` 启动。"),
    "NOTHING_TO_ROLL_BACK": ("{software} on {server} has no other revision to go back to (asked for version: {version}). "
                             "There are: {choices}.",
                             "{server} 上的 {software} 没有可回滚的其他修订（所求版本：{version}）。现有：{choices}。"),
    "WAVE_APPROVED": ("Wave {wave} of job {job} may begin.", "任务 {job} 的第 {wave} 批可以开始"),
    "HAND_SERVERS_UNKNOWN": ("softops knows none of these servers: {servers}. Its inventory is another one "
                             "(SOFTOPS_INVENTORY).", "softops 不认识这些服务器：{servers}。它使用的是另一份清单（SOFTOPS_INVENTORY）。"),
    "HAND_STATE_OTHER": ("{software} {version} by hand is not what the catalog has. Commit the entry and sync, then start it "
                         "again.", "手动启动的 {software} {version} 与软件目录不一致。请提交条目并同步，然后重新启动。"),
    "HAND_RUNS_MANY": ("softops follows {limit} runs by hand already. Let some of them end first.",
                       "softops 已在跟踪 {limit} 个手动运行，请等其中一些结束。"),
    "HAND_RUN_OVER": ("Job {job} is no run by hand that goes on.", "任务 {job} 不是正在进行的手动运行。"),
}
