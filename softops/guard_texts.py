"""The sentences about inputs that would lead softops astray, by reason: English, Chinese."""

from __future__ import annotations

from collections.abc import Mapping

GUARD_TEXTS: Mapping[str, tuple[str, str]] = {
    "ADDRESS_FORBIDDEN": ("{host} leads to {address}, where softops goes for nobody: link-local addresses and those "
                          "where clouds keep the credentials of machines. Use another address.",
                          "{host} 指向 {address}，softops 绝不访问该处：链路本地地址以及云平台存放机器凭据的地址。"
                          "请使用其他地址。"),
    "ADDRESS_HERE": ("{host} leads to {address}, this machine itself, and only what runs on it may lead there. Use the "
                     "address of the other machine.",
                     "{host} 指向本机 {address}，只有运行在本机上的服务才可指向此处。请使用另一台机器的地址。"),
    "TOKEN_LIMITED": ("This token may do less than {user}, so it can end nothing but itself. Log in, or use a token "
                      "that may do all that {user} may.",
                      "此令牌的权限低于 {user}，只能撤销它自己。请登录，或使用与 {user} 权限相同的令牌。"),
    "ADDRESS_PRIVATE": ("{host} leads to {address}, which is in no network of SOFTOPS_PRIVATE_NETWORKS. Add its "
                        "network there if softops may go there.",
                        "{host} 指向 {address}，不在 SOFTOPS_PRIVATE_NETWORKS 的任何网络中。"
                        "若允许访问，请将其网络加入该设置。"),
    "CONFIG_NETWORKS": ("{name} is {value}: {problem}. Write networks like 10.0.0.0/8, separated by commas.",
                        "{name} 为 {value}：{problem}。请写成 10.0.0.0/8 这样的网络，以逗号分隔。"),
    "GIT_REDIRECT": ("{url} sends softops to another address, and softops goes only where it was told. Use the address "
                     "that it leads to (often https instead of http, or with .git at its end).",
                     "{url} 重定向到了另一个地址，而 softops 只访问给定的地址。请使用重定向后的地址"
                     "（通常是 https，或以 .git 结尾）。"),
}
