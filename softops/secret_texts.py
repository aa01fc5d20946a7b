"""Sentences about keys, credentials and logins. Merged into texts.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

SECRET_TEXTS: Mapping[str, tuple[str, str]] = {
    "SECRET_KEY_INVALID": ("SOFTOPS_SECRET_KEY is no key. Make one with: python -c \"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())\"",
                           "SOFTOPS_SECRET_KEY 不是有效密钥。可用以下命令生成：python -c \"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())\""),
    "SECRET_KEY_OTHER": ("The secrets in the database were sealed with another key. Give softops the old one back: in SOFTOPS_SECRET_KEY, or as the file secret.key in SOFTOPS_VAR.",
                         "数据库中的机密是用另一个密钥加密的。请恢复原密钥：设置 SOFTOPS_SECRET_KEY，或放回 SOFTOPS_VAR 中的 secret.key 文件。"),
    "SECRET_KEY_GONE": ("The database holds secrets, but the key that opens them is gone: there is no file {path}. Put it back from a backup, or set SOFTOPS_SECRET_KEY to its content. softops makes no new key, for it would open nothing.",
                        "数据库中存有机密，但解密所需的密钥不见了：没有文件 {path}。请从备份恢复该文件，或将 SOFTOPS_SECRET_KEY 设为其内容。softops 不会生成新密钥，因为新密钥无法解密。"),
    "SECRET_KEY_UNREADABLE": ("The key in {path} can't be used: {problem}. Make it readable for softops, or put the right file there.",
                              "无法使用密钥文件 {path}：{problem}。请确保 softops 可读取它，或放回正确的文件。"),
    "REGISTRY_NAME": ("{registry} is no registry. Name it as images do, such as registry.example.com:5000, or docker.io.",
                      "{registry} 不是镜像仓库。请按镜像名称中的写法填写，如 registry.example.com:5000，或 docker.io。"),
    "LOGIN_FORM": ("A login is a user and a password (or token): both are texts, of one line, not empty, and there is no colon in the user.",
                   "登录信息由用户名和密码（或令牌）组成：均为单行非空文本，且用户名中不能有冒号。"),
    "LOGINS_FORM": ("softops_registry_logins is no mapping of registries to a user and a password. See docs/operating-by-hand.md.",
                    "softops_registry_logins 不是镜像仓库到用户名和密码的映射，参见 docs/operating-by-hand.md。"),
    "SSH_KEY_FORM": ("That is no private key that ssh can use by itself: it has to begin with -----BEGIN, and no passphrase may protect it. Make one with: ssh-keygen -t ed25519 -N ''",
                     "这不是 ssh 可直接使用的私钥：必须以 -----BEGIN 开头，且不能有密码保护。可用以下命令生成：ssh-keygen -t ed25519 -N ''"),
    "CREDENTIAL_NOT_FOUND": ("There is no credential {credential}. Known: {choices}.", "没有凭据 {credential}。现有：{choices}。"),
    "CREDENTIAL_FORM": ("Give either `user` and `password`, or, for a repository over ssh, `privateKey` alone.",
                        "请提供 `user` 和 `password`；对于 ssh 仓库，仅提供 `privateKey`。"),
    "CREDENTIAL_WAY": ("The repository {repository} is at {url}. At http and https addresses git logs in with a user and a password, at ssh addresses with a private key, and nowhere else.",
                       "仓库 {repository} 位于 {url}。http 和 https 地址使用用户名和密码登录，ssh 地址使用私钥登录，其他地址无需登录。"),
    "CREDENTIAL_SAVED": ("softops logs in at {name} with it from now on.", "今后 softops 将用它登录 {name}。"),
    "CREDENTIAL_REMOVED": ("The credential for {name} is forgotten.", "{name} 的凭据已删除。"),
}
