"""Sentences about the audit. Merged into texts.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

AUDIT_TEXTS: Mapping[str, tuple[str, str]] = {
    "AUDIT_WHOLE": ("The audit is whole: {entries} entries, none changed and none missing.", "审计记录完整：共 {entries} 条，无更改、无缺失。"),
    "AUDIT_BROKEN": ("Somebody has changed the audit: entry {entry} {fault}. What stands before it can be trusted; compare the rest with exports and backups.",
                     "审计记录已被改动：第 {entry} 条{fault}。此前的记录可信；其余请与导出文件和备份核对。"),
    "AUDIT_FAULT_CHANGED": ("is not what softops has written", "与 softops 写入的内容不符"),
    "AUDIT_FAULT_GAP": ("does not follow the one before it: one or more are missing there", "与前一条不连续：此处缺少一条或多条"),
    "AUDIT_FAULT_CUT": ("is missing, and all after it", "及其后的记录缺失"),
    "AUDIT_FAULT_END_LOST": ("would be the next one, but the mark of the chain's end is gone or not by softops", "本应是下一条，但链尾标记丢失或并非由 softops 写入"),
    "AUDIT_FAULT_END_BEHIND": ("stands after the mark of the chain's end, which is older", "位于链尾标记之后，该标记较旧"),
    "AUDIT_FAULT_SEEN_GONE": ("is not there any more as this machine has seen it: an older state of the database was put back, or the machine lost its power while it was written",
                              "与本机曾见过的不同：数据库被恢复为旧状态，或写入时机器断电"),
    "AUDIT_TIME": ("{value} is no time. Write it as 2024-01-31 or 2024-01-31T10:00:00 (UTC), or as 90m, 24h or 7d for so long ago.",
                   "{value} 不是时间。请写为 2024-01-31 或 2024-01-31T10:00:00（UTC），或用 90m、24h、7d 表示多久之前。"),
}
