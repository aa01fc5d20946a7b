"""What the demo says, in English and Chinese."""

from __future__ import annotations

from softops.language import person_language
from softops.texts import Text

WORDS = {
    "START": Text("Starting two servers (own network, sshd and Docker engine each) and a registry ...",
                  "正在启动两台服务器（各有独立网络、sshd 和 Docker 引擎）和一个镜像仓库……"),
    "IMAGES": Text("Building two small software in two versions each from busybox ...",
                   "正在用 busybox 构建两个小软件，各两个版本……"),
    "SERVE": Text("Starting softops with SQLite ...", "正在启动 softops（SQLite）……"),
    "READY": Text("ready after {seconds:.1f} s", "用时 {seconds:.1f} 秒"),
    "API": Text("The API answers at {url}, for example:", "API 地址为 {url}，例如："),
    "NEXT": Text("Try in another terminal:", "可在另一个终端中尝试："),
    "STAY": Text("The demo goes on until Ctrl-C and leaves nothing behind.",
                 "演示将持续到按下 Ctrl-C，结束后不留任何东西。"),
    "END": Text("Taking everything away ...", "正在清理……"),
    "GONE": Text("Nothing is left.", "已全部清理。"),
    "FAILED": Text("The install did not succeed (exit code {code}). The records above say why; softops' log ends:",
                   "安装未成功（退出码 {code}），原因见上面的记录；softops 日志的末尾："),
    "DIED": Text("softops has ended unexpectedly; its log:", "softops 意外退出，其日志："),
}


def say(key: str, **params: object) -> str:
    """The sentence in the language of this terminal."""
    text = WORDS[key]
    return (text.zh if person_language() == "zh" else text.en).format(**params)
