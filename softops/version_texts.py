"""The sentences about versions and their differences, by reason: English, Chinese."""

from __future__ import annotations

from collections.abc import Mapping

VERSION_TEXTS: Mapping[str, tuple[str, str]] = {
    "VERSIONS_SAME": (
        "{name} {version} does not differ from itself. Name two versions; there is also: {choices}.",
        "{name} {version} 与自身没有差异。请给出两个版本；另有：{choices}。"),
    "VERSION_DOWNGRADE": (
        "{after} is older than {before}. Data that {before} has written may be unreadable for {after}: look into the "
        "notes of the software and back up its volumes first.",
        "{after} 比 {before} 旧。{before} 写入的数据，{after} 可能无法读取：请先查阅该软件的发布说明并备份其数据卷。"),
    "SOFTWARE_NOT_ON_SERVER": (
        "The server {server} does not have {name}. Servers that do: {choices}.",
        "服务器 {server} 上没有 {name}。有此软件的服务器：{choices}。"),
    "DIFF_FROM_MISSING": (
        "Say what to compare with: from=VERSION, or serverId for what a server has.",
        "请指定比较的起点：from=版本，或用 serverId 指定服务器上现有的版本。"),
    "DIFF_FROM_TWICE": ("Give from or serverId, not both.", "from 与 serverId 只能给出一个。"),
    "DIFF_TO_MISSING": ("Say which version to compare with: to=VERSION.", "请指定要比较的版本：to=版本。"),
    "PREVIEW_IMPOSSIBLE": (
        "With the defaults of its parameters the Compose template gives no Compose file: {problem}. Mend the template.",
        "用参数的默认值渲染 Compose 模板得不到有效的 Compose 文件：{problem}。请改正模板。"),
}
