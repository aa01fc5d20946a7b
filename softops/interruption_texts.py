"""Sentences about work in whose middle softops was stopped or killed, and about runs that went wrong by themselves.
Merged into texts.py."""

from __future__ import annotations

from collections.abc import Mapping

INTERRUPTION_TEXTS: Mapping[str, tuple[str, str]] = {
    "SOFTOPS_KILLED": ("softops was killed in the middle of this.", "softops 在执行过程中被强行终止。"),
    "ANSIBLE_KILLED": ("Ansible was killed in the middle of this.", "Ansible 在执行过程中被强行终止。"),
    "RUN_HUNG": (
        "The run took too long or was silent for too long and was ended (SOFTOPS_JOB_TIMEOUT, SOFTOPS_IDLE_TIMEOUT).",
        "运行超时或长时间无输出，已被终止（SOFTOPS_JOB_TIMEOUT、SOFTOPS_IDLE_TIMEOUT）。"),
    "RUN_NO_ROOM_LEFT": ("The disk below SOFTOPS_VAR became full in the middle of this.",
                         "执行过程中 SOFTOPS_VAR 所在磁盘已满。"),
    "RUN_NO_ROOM": (
        "The disk with {output} became full while this ran, so the run was ended. Free space there and repeat it with "
        "`softops retry`.",
        "运行期间 {output} 所在磁盘已满，运行已被终止。请释放空间后用 `softops retry` 重试。"),
    "FOUND_DONE": (
        "{cause} A look at the server afterwards found everything done.",
        "{cause}事后检查服务器，确认一切均已完成。"),
    "INTERRUPTED_UNDONE": (
        "{cause} A look at the server afterwards found that something is still to be "
        "done there. Repeat it with `softops retry`.",
        "{cause}事后检查服务器，发现仍有未完成的部分。可用 `softops retry` 重试。"),
    "INTERRUPTED_BACK": (
        "{cause} Afterwards version {version} was brought back on the server and runs "
        "there now. Repeat it with `softops retry`.",
        "{cause}之后服务器上的版本 {version} 已恢复，现正运行。可用 `softops retry` 重试。"),
    "INTERRUPTED_RUNS": (
        "{cause} It had not begun on the server: a look there afterwards found version {version} "
        "running. Repeat it with `softops retry`.",
        "{cause}该服务器上尚未开始：事后检查发现版本 {version} 正在运行。可用 `softops retry` 重试。"),
    "INTERRUPTED_DOWN": (
        "{cause} A look at the server afterwards found nothing of {software} running. "
        "Repeat it with `softops retry`.",
        "{cause}事后检查服务器，{software} 没有任何容器在运行。可用 `softops retry` 重试。"),
    "INTERRUPTED_STUCK": (
        "{cause} Bringing back version {version} afterwards failed: {problem} "
        "Repeat it with `softops retry`, or go back with `softops rollback`.",
        "{cause}之后恢复版本 {version} 失败：{problem} "
        "可用 `softops retry` 重试，或用 `softops rollback` 回退。"),
    "INTERRUPTED_UNSEEN": (
        "{cause} What is on the server now could not be found out: {message} "
        "Repeat it with `softops retry` once that is mended.",
        "{cause}无法得知服务器上的现状：{message} 解决后可用 `softops retry` 重试。"),
}
