"""The words of locks, backups and restores on the command line, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

FAULT_HELP: Mapping[str, Text] = {
    "LOCKS": Text("List which software is being worked on where, or release it.", "列出正在操作的软件及服务器，或释放锁。"),
    "LOCKS_RELEASE": Text("Number of a record: end it, so that others can begin.", "记录编号：结束该记录，使其他任务可以开始。"),
    "LOCKS_FORCE": Text("Also while its holder lives; that one is told to stop.", "即使持有者仍在运行；会通知其停止。"),
    "LOCKS_ONLY": Text("--force belongs to --release.", "--force 须与 --release 一起使用。"),
    "BACKUP": Text("Write everything the database knows into a file, also while softops runs.", "将数据库的全部内容写入文件，softops 运行时也可执行。"),
    "BACKUP_FILE": Text("A file that is not there yet.", "尚不存在的文件。"),
    "WITH_KEY": Text("Put the key that opens secrets into it too; whoever has the file can then read them.",
                     "同时写入用于解开机密的密钥；得到该文件的人即可读取机密。"),
    "RESTORE": Text("Bring a backup back while no softops runs.", "在 softops 未运行时恢复备份。"),
    "RESTORE_FILE": Text("A file of `softops backup`.", "由 `softops backup` 生成的文件。"),
    "RESTORE_FORCE": Text("Replace what is in the database; it is kept in a backup of its own.", "替换数据库现有内容；现有内容会另存为备份。"),
}

FAULT_WORDS: Mapping[str, Text] = {
    "HOLDER": Text("Held by", "持有者"), "HOLDER_STATE": Text("Holder", "持有者状态"), "LEASE": Text("Lease until", "租约至"),
    "NO_LOCKS": Text("Nothing is being worked on.", "没有正在进行的操作。"),
    "RELEASED": Text("{software} on {server} is free again. Record {record}: {remark}", "{server} 上的 {software} 已释放。记录 {record}：{remark}"),
    "BACKED_UP": Text("{path}: {jobs} jobs, {records} records, {software} software versions, {servers} servers (schema {schema}).",
                      "{path}：{jobs} 个任务，{records} 条记录，{software} 个软件版本，{servers} 台服务器（结构 {schema}）。"),
    "NOT_IN_BACKUP": Text("Not in it: who is logged in, the inventory, the catalog repositories, TLS keys. They are files; keep them too.",
                          "不包含：登录会话、清单、目录仓库、TLS 密钥。它们是文件，请另行保存。"),
    "KEY_NOT_IN_BACKUP": Text("Nor is the key that opens secrets: keep {key} in another place, or they are lost with it.",
                              "也不包含用于解开机密的密钥：请将 {key} 另存他处，否则机密会随之丢失。"),
    "KEY_IN_BACKUP": Text("The key that opens secrets is in it: keep the file where only you can read it.",
                          "其中包含用于解开机密的密钥：请将文件保存在只有您能读取的地方。"),
    "RESTORED": Text("Restored as it was at {made} UTC: {jobs} jobs, {records} records.", "已恢复至 {made} UTC 的状态：{jobs} 个任务，{records} 条记录。"),
    "RESTORED_ENDED": Text("{count} jobs were not over then and have been ended; their records say so.", "当时有 {count} 个任务尚未结束，现已结束，其记录有说明。"),
    "RESTORED_COPY": Text("What was there before: {path}", "之前的内容：{path}"),
    "RESTORED_KEY": Text("The key that opens secrets was put to {path}.", "用于解开机密的密钥已写入 {path}。"),
    "RESTORED_NO_KEY": Text("softops will not start yet: {problem}", "softops 暂时无法启动：{problem}"),
}
