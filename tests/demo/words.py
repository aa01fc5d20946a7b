"""What the demo says, in English and Chinese."""

from __future__ import annotations

from softops.language import person_language
from softops.texts import Text

WORDS = {
    "START": Text("Starting two servers (own network, sshd and Docker engine each) and a registry ...",
                  "正在启动两台服务器（各有独立网络、sshd 和 Docker 引擎）和一个镜像仓库……"),
    "IMAGES": Text("Building two small software in several versions from busybox ...",
                   "正在用 busybox 构建两个小软件的几个版本……"),
    "SERVE": Text("Starting softops with SQLite ...", "正在启动 softops（SQLite）……"),
    "READY": Text("ready after {seconds:.1f} s", "用时 {seconds:.1f} 秒"),
    "INSTALL": Text("Bring hello 1.0 to both servers", "将 hello 1.0 送到两台服务器"),
    "RUN": Text("Start it: it has succeeded when its health check has", "启动：健康检查通过才算成功"),
    "UPGRADE": Text("Upgrade in waves: one server first, then the other", "分批升级：先一台，再另一台"),
    "BROKEN": Text("Upgrade to a version that ends at once: the old one has to serve again",
                   "升级到一启动就退出的版本：旧版本必须重新提供服务"),
    "LOOK": Text("What runs, what it was before, what two versions differ in",
                 "正在运行什么、之前是什么、两个版本有何不同"),
    "DESIRED": Text("Let git say what runs: this is committed to the inventory",
                    "由 git 决定运行什么：将以下内容提交到清单仓库"),
    "PAGES": Text("Its page on both servers:", "两台服务器上的页面："),
    "EXIT_CODE": Text("(exit code {code})", "（退出码 {code}）"),
    "API": Text("The API answers at {url}, for example:", "API 地址为 {url}，例如："),
    "NEXT": Text("Try in another terminal:", "可在另一个终端中尝试："),
    "STAY": Text("The demo goes on until Ctrl-C and leaves nothing behind.",
                 "演示将持续到按下 Ctrl-C，结束后不留任何东西。"),
    "END": Text("Taking everything away ...", "正在清理……"),
    "GONE": Text("Nothing is left.", "已全部清理。"),
    "FAILED": Text("`softops {words}` did not end as it should. What is above says why; softops' log ends:",
                   "`softops {words}` 的结果不符合预期，原因见上文；softops 日志的末尾："),
    "DIED": Text("softops has ended unexpectedly; its log:", "softops 意外退出，其日志："),
}


def say(key: str, **params: object) -> str:
    """The sentence in the language of this terminal."""
    text = WORDS[key]
    return (text.zh if person_language() == "zh" else text.en).format(**params)
