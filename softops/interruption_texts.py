"""Sentences about work in whose middle softops was stopped or killed, and about runs that went wrong by themselves.
Merged into texts.py."""

from __future__ import annotations

from collections.abc import Mapping

INTERRUPTION_TEXTS: Mapping[str, tuple[str, str]] = {
    "FOUND_DONE": (
        "softops was killed in the middle of this; a look at the server afterwards found everything done.",
        "softops 在执行过程中被强行终止；事后检查服务器，确认一切均已完成。"),
    "INTERRUPTED_UNDONE": (
        "softops was killed before this was done. A look at the server afterwards found that something is still to be "
        "done there. Repeat it with `softops retry`.",
        "softops 在完成之前被强行终止。事后检查服务器，发现仍有未完成的部分。可用 `softops retry` 重试。"),
    "INTERRUPTED_BACK": (
        "softops was killed before this was done. Afterwards version {version} was brought back on the server and runs "
        "there now. Repeat it with `softops retry`.",
        "softops 在完成之前被强行终止。之后服务器上的版本 {version} 已恢复，现正运行。可用 `softops retry` 重试。"),
    "INTERRUPTED_RUNS": (
        "softops was killed before this was begun on the server. A look there afterwards found version {version} "
        "running. Repeat it with `softops retry`.",
        "softops 在该服务器上开始之前被强行终止。事后检查发现版本 {version} 正在运行。可用 `softops retry` 重试。"),
    "INTERRUPTED_DOWN": (
        "softops was killed before this was done. A look at the server afterwards found nothing of {software} running. "
        "Repeat it with `softops retry`.",
        "softops 在完成之前被强行终止。事后检查服务器，{software} 没有任何容器在运行。可用 `softops retry` 重试。"),
    "INTERRUPTED_STUCK": (
        "softops was killed before this was done, and bringing back version {version} afterwards failed: {problem} "
        "Repeat it with `softops retry`, or go back with `softops rollback`.",
        "softops 在完成之前被强行终止，之后恢复版本 {version} 失败：{problem} "
        "可用 `softops retry` 重试，或用 `softops rollback` 回退。"),
    "INTERRUPTED_UNSEEN": (
        "softops was killed before this was done, and what is on the server now could not be found out: {message} "
        "Repeat it with `softops retry` once that is mended.",
        "softops 在完成之前被强行终止，且无法得知服务器上的现状：{message} 解决后可用 `softops retry` 重试。"),
}
