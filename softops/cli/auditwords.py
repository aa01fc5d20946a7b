"""The words of `softops audit`, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

AUDIT_HELP: Mapping[str, Text] = {
    "AUDIT": Text("Show, export and check the record of everything that was done or refused.", "查看、导出和校验所有操作与拒绝的审计记录。"),
    "AUDIT_LIST": Text("List what was done, newest first.", "列出审计记录，最新的在前。"),
    "AUDIT_EXPORT": Text("Print the entries as JSON lines, oldest first.", "以 JSON 行输出审计记录，最早的在前。"),
    "AUDIT_VERIFY": Text("Look whether anybody has changed the record; exit code 1, and the first wrong entry, when so.",
                         "检查审计记录是否被改动；若有，退出码为 1 并指出第一条异常记录。"),
    "AUDIT_USER": Text("Only what this user did.", "仅该用户的操作。"),
    "AUDIT_ACTION": Text("Only this action; with a dot at its end, all that begin so: job.", "仅该操作；以点结尾则匹配所有以此开头的操作，如 job."),
    "AUDIT_TARGET": Text("Only what has this text in its target.", "仅目标中含有该文本的记录。"),
    "AUDIT_OUTCOME": Text("Only this outcome: begun, success, refused, failed or cancelled.", "仅该结果：begun、success、refused、failed 或 cancelled。"),
    "AUDIT_JOB": Text("Only what is about this job.", "仅与该任务有关的记录。"),
    "AUDIT_SINCE": Text("Only from this time on: 2024-01-31, 2024-01-31T10:00:00 (UTC), or 90m, 24h, 7d ago.",
                        "仅此时间之后：2024-01-31、2024-01-31T10:00:00（UTC），或 90m、24h、7d 之前。"),
    "AUDIT_UNTIL": Text("Only before this time.", "仅此时间之前。"),
    "AUDIT_EVERYTHING": Text("Also the beginnings of what has ended.", "也显示已结束操作的开始记录。"),
}

AUDIT_WORDS: Mapping[str, Text] = {
    "NO_ENTRIES": Text("There are no such entries.", "没有符合条件的记录。"),
    "WHO": Text("Who", "用户"), "VIA": Text("Via", "途径"), "FROM_WHERE": Text("From", "来源"), "ACTION": Text("Action", "操作"),
    "TARGET": Text("Target", "目标"), "OUTCOME": Text("Outcome", "结果"), "WHEN": Text("When", "时间"),
    "AUDIT_IS_WHOLE": Text("The audit is whole: {entries} entries, none changed and none missing. The last one has the hash {hash}.",
                           "审计记录完整：共 {entries} 条，无更改、无缺失。最后一条的哈希为 {hash}。"),
    "AUDIT_UNGUARDED": Text("The database itself does not refuse changes here (its user may not make triggers); a change is only found by looking.",
                            "此数据库本身不会拒绝更改（其用户无权创建触发器）；改动只能通过校验发现。"),
}
