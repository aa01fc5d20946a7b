"""The sentences about keys of requests and about webhooks, by reason: English, Chinese."""

from __future__ import annotations

from collections.abc import Mapping

WEBHOOK_TEXTS: Mapping[str, tuple[str, str]] = {
    "REQUEST_KEY_FORM": (
        "{header} has to be given once, as 1 to {longest} visible ASCII characters. Send a fresh UUID.",
        "{header} 只能出现一次，且须为 1 到 {longest} 个可见的 ASCII 字符。请发送一个新的 UUID。"),
    "REQUEST_KEY_USED": (
        "This {header} has been used for another request in the last {hours} hours (job {job}). Send a new key for "
        "a new request; repeat the old request unchanged to see its job.",
        "该 {header} 在最近 {hours} 小时内已用于另一个请求（任务 {job}）。新请求请使用新的值；"
        "要查看原任务，请原样重发原请求。"),
}
