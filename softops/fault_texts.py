"""The sentences of backups, restores, locks and a database that is not as it should be, merged into texts.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

FAULT_TEXTS: Mapping[str, tuple[str, str]] = {
    "DATABASE_IN_USE": ("The database {database} is in use by {who}. Stop the softops server and other commands, then try again.",
                        "数据库 {database} 正被 {who} 使用。请停止 softops 服务器和其他命令后重试。"),
    "DATABASE_RESTORING": ("A backup was being brought back into this database and did not come to an end. Run `softops restore FILE` again.",
                           "此数据库的恢复未完成。请再次运行 `softops restore 文件`。"),
    "BACKUP_EXISTS": ("{path} is there already and is not overwritten. Name another file, or remove it first.",
                      "{path} 已存在，不会覆盖。请换一个文件名，或先删除它。"),
    "BACKUP_UNWRITABLE": ("The backup {path} can't be written: {problem}. Nothing was left there; name a place that can be written and has room.",
                          "无法写入备份 {path}：{problem}。未留下任何文件；请指定可写且有足够空间的位置。"),
    "BACKUP_NOTHING": ("There is no softops database at {database}. Set SOFTOPS_DATABASE or SOFTOPS_VAR as for the server.",
                       "{database} 处没有 softops 数据库。请按服务器的设置指定 SOFTOPS_DATABASE 或 SOFTOPS_VAR。"),
    "BACKUP_UNREADABLE": ("The backup {path} can't be read: {problem}. Name a file that `softops backup` has made.",
                          "无法读取备份 {path}：{problem}。请指定由 `softops backup` 生成的文件。"),
    "BACKUP_DAMAGED": ("{path} is no whole backup of softops ({problem}). Nothing was changed; take another copy of it.",
                       "{path} 不是完整的 softops 备份（{problem}）。未做任何更改；请换用另一份。"),
    "BACKUP_FORMAT_NEWER": ("The backup {path} has format {found}, this softops reads {known}. Restore it with the softops that made it, or a newer one.",
                            "备份 {path} 的格式为 {found}，当前 softops 可读 {known}。请用生成它的或更新的 softops 恢复。"),
    "BACKUP_NEWER": ("The backup {path} has schema {schema} (softops {softops}), this softops knows only up to {known}. Restore it with the newer softops.",
                     "备份 {path} 的数据库结构为 {schema}（softops {softops}），当前 softops 仅支持到 {known}。请用新版 softops 恢复。"),
    "RESTORE_NOT_EMPTY": ("The database {database} is not empty. With --force what is in it is kept in a backup beside and then replaced.",
                          "数据库 {database} 不为空。使用 --force 会先将现有内容另存为备份，再替换。"),
    "RESTORE_JOB_RUNS": ("Job {job} is being worked on by {owner}. End it, or wait for it, and try again.",
                         "任务 {job} 正由 {owner} 执行。请结束或等待它，然后重试。"),
    "RESTORE_INCOMPLETE": ("These tables did not come back whole: {tables}. Nothing is used of it; run `softops restore FILE` again.",
                           "以下表未能完整恢复：{tables}。恢复未生效，请再次运行 `softops restore 文件`。"),
    "RESTORE_KEY_SET": ("The backup was made with another key than SOFTOPS_SECRET_KEY. Set it to that key, or leave it out so that the key of the backup is used.",
                        "备份使用的密钥与 SOFTOPS_SECRET_KEY 不同。请将其设为该密钥，或不设置以使用备份中的密钥。"),
    "RESTORE_KEY_OTHER": ("The backup was made with another key than {path}. With --force that file is kept under another name and the key of the backup put there.",
                          "备份使用的密钥与 {path} 不同。使用 --force 会将该文件改名保留，并放入备份中的密钥。"),
    "RESTORE_KEY_UNWRITABLE": ("The database is restored, but its key can't be written to {path}: {problem}. Make the directory writable and restore once more with --force.",
                               "数据库已恢复，但无法将密钥写入 {path}：{problem}。请使目录可写，并用 --force 再次恢复。"),
    "RESTORED_WAITING": ("It was still waiting when the backup was made from which softops was restored. Nothing was done; ask for it again.",
                         "恢复所用的备份生成时，它仍在等待。未做任何操作；如有需要请重新发起。"),
    "RESTORED_RUNNING": ("It was running when the backup was made from which softops was restored, and how it ended is not known here. See what is on the server, then retry.",
                         "恢复所用的备份生成时，它正在运行，其结果在此未知。请先查看服务器上的状况，再重试。"),
    "LOCK_HELD": ("{software} on {server} is held by {owner}, which is at work on job {job}. `softops cancel {job}` ends it in order; where that does not help, release it with --force.",
                  "{server} 上的 {software} 由 {owner} 持有，正在执行任务 {job}。`softops cancel {job}` 可正常结束它；若无效，可用 --force 释放。"),
    "LOCK_RELEASED": ("{user} took the lock away while {owner} held it. What was done until then stays; see what is on the server, then retry.",
                      "{user} 在 {owner} 持有时释放了锁。此前所做的保留；请先查看服务器上的状况，再重试。"),
    "LOCK_RELEASED_WAITING": ("{user} took the lock away before anything was begun.", "{user} 在尚未开始时释放了锁。"),
    "LOCK_FREED": ("{software} on {server} is free again.", "{server} 上的 {software} 已释放。"),
}
