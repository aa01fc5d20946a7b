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
    "HANDSHAKE_REFUSED": (
        "This is no WebSocket handshake: {problem}. Connect with a client of WebSocket version 13.",
        "这不是有效的 WebSocket 握手：{problem}。请使用支持 WebSocket 版本 13 的客户端。"),
    "WEBHOOK_TAKEN": (
        "{repository} is synced now.", "正在同步 {repository}。"),
    "WEBHOOK_WAITING": (
        "A sync of {repository} waits to begin already and will see this push too.",
        "{repository} 已有一次同步在等待开始，届时会包含本次推送。"),
    "WEBHOOK_PING": (
        "The webhook of {repository} works. Pushes to {ref} are synced from now on.",
        "{repository} 的 webhook 可用，今后推送到 {ref} 即会同步。"),
    "WEBHOOK_OTHER_EVENT": (
        "Nothing to do: {repository} is synced for pushes, and this is the event {event}.",
        "无需处理：{repository} 只在推送时同步，本次事件是 {event}。"),
    "WEBHOOK_OTHER_REF": (
        "Nothing to do: {repository} follows {ref}, and this push was to {pushed}.",
        "无需处理：{repository} 跟随 {ref}，本次推送的是 {pushed}。"),
    "WEBHOOK_REPLAYED": (
        "Nothing to do: this webhook has been here before. To sync again, use `softops sync {repository}`.",
        "无需处理：该 webhook 已收到过。要再次同步，请用 `softops sync {repository}`。"),
    "WEBHOOK_UNSIGNED": (
        "The webhook is not signed. Enter the secret that `softops repo webhook` shows at the git server.",
        "该 webhook 没有签名。请在 git 服务器上填入 `softops repo webhook` 显示的密钥。"),
    "WEBHOOK_SIGNATURE": (
        "The webhook was not made with this repository's secret. Make a new one with `softops repo webhook` and enter "
        "it at the git server.",
        "该 webhook 不是用此仓库的密钥生成的。请用 `softops repo webhook` 生成新密钥并填到 git 服务器上。"),
    "WEBHOOK_TIME": (
        "X-Softops-Timestamp has to be the time of sending in seconds since 1970, at most {seconds} s from ours. "
        "Set the clock of the sender right.",
        "X-Softops-Timestamp 必须是发送时刻（自 1970 年起的秒数），与本机相差不超过 {seconds} 秒。"
        "请校准发送方的时钟。"),
    "WEBHOOK_UNREADABLE": (
        "The body of the webhook is not a JSON object. Set its content type to application/json at the git server.",
        "webhook 的内容不是 JSON 对象。请在 git 服务器上将其内容类型设为 application/json。"),
    "WEBHOOK_SECRET_SHORT": (
        "A webhook secret has to have at least {least} characters. `softops repo webhook` makes a good one.",
        "webhook 密钥至少需要 {least} 个字符。可用 `softops repo webhook` 生成。"),
    "WEBHOOK_SET": (
        "Enter {url} and the secret at the git server.", "请在 git 服务器上填入 {url} 和密钥。"),
    "WEBHOOK_OFF": (
        "{repository} has no webhook now.", "{repository} 现在没有 webhook。"),
}
