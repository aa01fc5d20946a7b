"""Sentences about software that runs: starting, upgrading, waves. Merged into texts.py."""

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
                           "{software} 在此服务器上没有版本记录 {revision}。现有：{choices}。"),
    "NOTHING_TO_APPROVE": ("Job {job} does not wait for an approval.", "任务 {job} 未在等待批准。"),
}
