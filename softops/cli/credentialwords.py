"""The words of `softops credential`, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

CREDENTIAL_HELP: Mapping[str, Text] = {
    "CREDENTIAL": Text("Show and change what softops logs in with at registries and git servers.", "查看和更改 softops 登录镜像仓库和 git 服务器的凭据。"),
    "CREDENTIAL_LIST": Text("List the credentials, without what they hold.", "列出凭据（不显示其内容）。"),
    "CREDENTIAL_ADD": Text("Keep a login for a registry, or for a catalog repository. The password is asked for, or read from standard input.",
                           "保存镜像仓库或目录仓库的登录信息。密码会提示输入，或从标准输入读取。"),
    "CREDENTIAL_REMOVE": Text("Forget a credential.", "删除凭据。"),
    "CREDENTIAL_NAME": Text("The registry as images name it (host:port), or with --repository the name of a catalog repository.",
                            "镜像名称中的镜像仓库（主机:端口）；使用 --repository 时为目录仓库的名称。"),
    "CREDENTIAL_ONE": Text("Its id or name.", "凭据的编号或名称。"),
    "CREDENTIAL_REPOSITORY": Text("It is for the catalog repository NAME.", "用于名为 NAME 的目录仓库。"),
    "CREDENTIAL_USER": Text("The user to log in as.", "登录用户名。"),
    "CREDENTIAL_KEY": Text("File with a private key, for a repository over ssh.", "私钥文件，用于 ssh 仓库。"),
    "CREDENTIAL_HOSTS": Text("File with the host keys of the git server, in the form of known_hosts; without it, those that the user of softops knows.",
                             "git 服务器主机密钥文件（known_hosts 格式）；不给则使用运行 softops 的用户已知的密钥。"),
    "CREDENTIAL_USER_OR_KEY": Text("Give --user, or for a repository over ssh --key.", "请给出 --user；ssh 仓库请给出 --key。"),
}

CREDENTIAL_WORDS: Mapping[str, Text] = {
    "NO_CREDENTIALS": Text("There are no credentials.", "没有凭据。"),
    "KIND": Text("For", "用途"), "LOGIN_USER": Text("User", "用户"), "CHANGED_AT": Text("Changed", "更改时间"),
    "KIND_REGISTRY": Text("registry", "镜像仓库"), "KIND_REPOSITORY": Text("repository", "目录仓库"),
    "CREDENTIAL_KEPT": Text("Kept: softops logs in at {name} with it from now on.", "已保存：今后 softops 将用它登录 {name}。"),
    "CREDENTIAL_GONE": Text("Forgotten: {name}.", "已删除：{name}。"),
    "ASK_PASSWORD": Text("Password or token for {user} at {name}", "{user} 在 {name} 的密码或令牌"),
}
