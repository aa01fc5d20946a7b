"""The words of the commands about users, tokens and logins, merged into labels.py."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

from softops.texts import Text

ACCOUNT_HELP: Mapping[str, Text] = {
    "LOGIN": Text("Log in at a softops server and keep a token for this user of the machine. Name and password are asked for, or read as two lines from standard input.",
                  "登录 softops 服务器，并为本机当前用户保存令牌。用户名和密码会提示输入，或从标准输入读取两行。"),
    "LOGIN_URL": Text("The server, instead of SOFTOPS_URL.", "服务器地址，代替 SOFTOPS_URL。"),
    "LOGOUT": Text("Revoke and forget the token that login has kept.", "吊销并删除登录时保存的令牌。"),
    "WHOAMI": Text("Say as whom the server knows you, and what you may do.", "显示服务器识别的身份及权限。"),
    "USER": Text("Show and change the users of softops.", "查看和更改 softops 用户。"),
    "USER_LIST": Text("List the users.", "列出用户。"),
    "USER_ADD": Text("Add a user. The password is made and shown once, or read with --password.", "添加用户。密码自动生成并只显示一次，或用 --password 输入。"),
    "USER_CHANGE": Text("Change what a user may do.", "更改用户权限。"),
    "USER_REMOVE": Text("Remove a user with all sessions and tokens.", "删除用户及其所有会话和令牌。"),
    "USER_PASSWORD": Text("Give a user another password, made and shown once, or read with --password.", "为用户设置新密码：自动生成并只显示一次，或用 --password 输入。"),
    "USER_ONE": Text("The user's name or id.", "用户名或编号。"),
    "USER_NEW": Text("The name to log in with.", "登录名。"),
    "USER_ROLE": Text("viewer looks, operator works on servers, admin decides.", "viewer 只读，operator 操作服务器，admin 管理。"),
    "USER_GROUP": Text("Only on servers of this group; repeatable.", "只限此组的服务器；可重复。"),
    "USER_ALL": Text("On all servers.", "所有服务器。"),
    "USER_DISABLED": Text("Whether they may come in.", "是否停用。"),
    "USER_ASK": Text("Ask for the password, or read it from standard input.", "提示输入密码，或从标准输入读取。"),
    "TOKEN": Text("Show, make and revoke tokens for programs.", "查看、创建和吊销供程序使用的令牌。"),
    "TOKEN_LIST": Text("List the tokens; an admin sees all.", "列出令牌；管理员可见全部。"),
    "TOKEN_CREATE": Text("Make a token; it is shown once.", "创建令牌，只显示一次。"),
    "TOKEN_REVOKE": Text("Make a token good for nothing.", "吊销令牌。"),
    "TOKEN_NAME": Text("What it is for.", "用途。"),
    "TOKEN_USER": Text("Whose it is; for admins.", "所属用户；仅管理员可指定。"),
    "TOKEN_ROLE": Text("The most it may do.", "最高权限。"),
    "TOKEN_DAYS": Text("Days it is good; 0: until it is revoked.", "有效天数；0 为直到吊销。"),
    "TOKEN_ID": Text("Its id.", "令牌编号。"),
    "SESSION": Text("Show and end the logins of browsers.", "查看和结束浏览器登录。"),
    "SESSION_LIST": Text("List who is logged in; an admin sees all.", "列出登录会话；管理员可见全部。"),
    "SESSION_END": Text("Log a browser out.", "结束一个会话。"),
    "SESSION_ID": Text("Its id.", "会话编号。"),
}

ACCOUNT_WORDS: Mapping[str, Text] = {
    "ASK_NAME": Text("Name", "用户名"), "ASK_OWN_PASSWORD": Text("Password", "密码"),
    "ASK_NEW_PASSWORD": Text("New password for {user}", "{user} 的新密码"),
    "ROLE": Text("Role", "角色"), "SEEN": Text("Last there", "最近使用"), "STATE": Text("State", "状态"),
    "EXPIRES": Text("Ends", "到期"), "BROWSER": Text("Browser", "浏览器"), "USER_NAME": Text("User", "用户"),
    "ALL_SERVERS": Text("all", "全部"), "ACTIVE": Text("active", "有效"), "DISABLED": Text("disabled", "已停用"),
    "REVOKED": Text("revoked", "已吊销"), "NEVER": Text("never", "从不"),
    "NO_TOKENS": Text("There are no tokens.", "没有令牌。"), "NO_SESSIONS": Text("Nobody is logged in with a browser.", "没有浏览器登录。"),
    "NO_USERS": Text("There are no users yet. `softops user add NAME --role admin` makes the first.", "还没有用户。可用 `softops user add 名称 --role admin` 创建。"),
    "LOGGED_IN_AT": Text("Logged in at {url} as {user}; the token is in {path}, good for {days} days.", "已以 {user} 登录 {url}；令牌保存在 {path}，有效期 {days} 天。"),
    "LOGGED_OUT_AT": Text("Logged out at {url}.", "已退出 {url}。"),
    "NOT_LOGGED_IN": Text("There was no login kept for {url}.", "没有 {url} 的登录信息。"),
    "WHO": Text("{user}: {role}, on {groups}, by {via} at {url}", "{user}：{role}，服务器 {groups}，通过 {via}，{url}"),
    "WHO_NOBODY": Text("Nobody: {url} does not know you. Log in with `softops login`.", "未登录：{url} 不认识你。请用 `softops login` 登录。"),
    "USER_KEPT": Text("{user} is {role}, on {groups}.", "{user}：{role}，服务器 {groups}。"),
    "USER_GONE": Text("Removed: {user}.", "已删除：{user}。"),
    "PASSWORD_MADE": Text("Password, shown this once: {password}", "密码（只显示一次）：{password}"),
    "TOKEN_SHOWN": Text("Token of {user}, shown this once: {secret}", "{user} 的令牌（只显示一次）：{secret}"),
    "TOKEN_GONE": Text("Revoked: {name}.", "已吊销：{name}。"),
    "SESSION_GONE": Text("{user} is logged out there.", "{user} 的该会话已结束。"),
}
