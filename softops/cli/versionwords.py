"""The words of `softops versions` and `softops diff`, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

VERSION_HELP: Mapping[str, Text] = {
    "VERSIONS": Text("List all versions of a software and the servers that have them.", "列出软件的所有版本及其所在服务器。"),
    "DIFF": Text("Show how two versions of a software differ, or what a server has and a version.",
                 "显示软件两个版本之间，或服务器现有版本与某版本之间的差异。"),
    "WHOLE_NAME": Text("Name of a software.", "软件名称。"),
    "DIFF_VERSIONS": Text("Two versions, from old to new; with --server one or none.", "两个版本，由旧到新；使用 --server 时一个或不给。"),
    "DIFF_SERVER": Text("Compare with what this server has, by its name or id.", "与此服务器（名称或编号）上现有的版本比较。"),
    "DIFF_TO": Text("The other version; with --server, the highest available when left out.",
                    "另一个版本；使用 --server 且不给时为可用的最高版本。"),
    "OF_REPOSITORY": Text("Name of the repository, where several have that software.", "多个仓库都有此软件时，仓库的名称。"),
    "DIFF_ONE_OR_TWO": Text("Give two versions, or --server and at most one.", "请给出两个版本，或用 --server 并最多给出一个。"),
}

VERSION_WORDS: Mapping[str, Text] = {
    "DIGEST": Text("Digest", "摘要"), "OF_COMMIT": Text("Commit", "提交"), "WHERE": Text("Servers", "服务器"),
    "OF": Text("Repository", "仓库"),
    "WHERE_INSTALLED": Text("installed", "已安装"), "WHERE_RUNNING": Text("running", "运行中"),
    "WHERE_STOPPED": Text("stopped", "已停止"),
    "WHERE_SOME": Text("{state} on {servers}", "{servers} {state}"),
    "WHERE_MORE": Text("{servers} and {count} more", "{servers} 等另外 {count} 台"),
    "UNLISTED": Text("Not in any catalog: {version} {where}", "不在任何目录中：{version} {where}"),
    "NOT_KNOWN": Text("not known", "未知"),
    "DIFF_NOTHING": Text("Nothing differs.", "没有差异。"),
    "DIFF_IMAGE": Text("Image", "镜像"), "DIFF_DIGEST": Text("Digest", "摘要"), "DIFF_DOWNLOAD": Text("Download", "下载量"),
    "DIFF_REFRESH": Text("(`softops refresh {name}` asks the registry)", "（可用 `softops refresh {name}` 向镜像仓库查询）"),
    "DIFF_SERVICES": Text("Containers", "容器"), "DIFF_PORTS": Text("Ports", "端口"), "DIFF_ENV": Text("Environment", "环境变量"),
    "DIFF_VOLUMES": Text("Volumes", "数据卷"), "DIFF_RESOURCES": Text("Resources", "资源"),
    "DIFF_SETTINGS": Text("Other settings", "其他设置"), "DIFF_PARAMETERS": Text("Parameters", "参数"),
    "DIFF_REQUIRES": Text("Requires", "依赖"), "DIFF_PERMISSIONS": Text("Permissions", "权限"),
    "DIFF_ON": Text("On {server} ({state})", "{server} 上（{state}）"),
    "DIFF_VANISHING": Text("{name} has a value there, which goes away", "{name} 在此有值，将不再使用"),
    "DIFF_MISSING": Text("{name} has to be given: --param {name}=VALUE", "必须给出 {name}：--param {name}=值"),
    "DIFF_COMPOSE_CUT": Text("(there is more than is shown)", "（内容过长，未全部显示）"),
    "DIFF_NO_COMPOSE": Text("The Compose files can't be compared: {problem}", "无法比较 Compose 文件：{problem}"),
}
