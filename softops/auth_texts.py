"""Sentences about users, rights and coming in."""

from __future__ import annotations

from collections.abc import Mapping

AUTH_TEXTS: Mapping[str, tuple[str, str]] = {
    "LOGIN_NEEDED": ("This needs a login. Log in on the dashboard or with `softops login`, or send a token: "
                     "Authorization: Bearer TOKEN.",
                     "需要登录。请在网页或用 `softops login` 登录，或发送令牌：Authorization: Bearer 令牌。"),
    "TOKEN_SCHEME": ("The Authorization header can't be used. Send one: Authorization: Bearer TOKEN.",
                     "Authorization 头无效，请只发送一个：Authorization: Bearer 令牌。"),
    "TOKEN_INVALID": ("The token is not valid: unknown, expired or revoked. Make a new one with "
                      "`softops token create`.",
                      "令牌无效：不存在、已过期或已吊销。请用 `softops token create` 新建。"),
    "ROLE_FORBIDDEN": ("{user} is {role} and may not do this: it needs the right to {right}. Ask an admin.",
                       "{user} 的角色是 {role}，无权执行：需要 {right} 权限。请联系管理员。"),
    "SERVER_FORBIDDEN": ("{user} may not act on {server}, only on servers of: {groups}. Name one of those, "
                         "or ask an admin.",
                         "{user} 无权操作 {server}，只能操作这些组的服务器：{groups}。请改选，或联系管理员。"),
    "ORIGIN_MISSING": ("A change by cookie must say which page it comes from (Origin). Programs use a token: "
                       "Authorization: Bearer TOKEN.",
                       "使用 Cookie 的修改请求必须带 Origin。程序请使用令牌：Authorization: Bearer 令牌。"),
    "AUTH_NONE_OPEN": ("SOFTOPS_AUTH=none lets everybody in and works on loopback only, not on {host}. Leave "
                       "SOFTOPS_AUTH out, or SOFTOPS_HOST.",
                       "SOFTOPS_AUTH=none 不验证身份，只能用于本机回环地址，不能用于 {host}。"
                       "请去掉 SOFTOPS_AUTH 或 SOFTOPS_HOST。"),
    "TLS_HALF": ("TLS needs both SOFTOPS_TLS_CERT and SOFTOPS_TLS_KEY. Set both, or neither.",
                 "TLS 需要同时设置 SOFTOPS_TLS_CERT 和 SOFTOPS_TLS_KEY，请都设置或都不设置。"),
    "TLS_UNUSABLE": ("{cert} and {key} can't be used for TLS: {problem}. Name a certificate in PEM and its key.",
                     "{cert} 与 {key} 无法用于 TLS：{problem}。请指定 PEM 格式的证书及其私钥。"),
    "SETUP_TOKEN": ("softops has no users yet. Make the first admin at {url} with this token, or here with "
                    "`softops user add NAME --role admin`. It works once, until softops is restarted: {token}",
                    "softops 还没有用户。请在 {url} 用此令牌创建第一个管理员，或在本机执行 "
                    "`softops user add 名称 --role admin`。令牌只能使用一次，重启后失效：{token}"),
    "LOGIN_WRONG": ("The name or the password is wrong. Try again; an admin can set a new password "
                    "(`softops user password`).",
                    "用户名或密码错误，请重试；管理员可用 `softops user password` 重设密码。"),
    "LOGIN_TOO_OFTEN": ("There were too many tries to log in. Wait {seconds} s and try again.",
                        "登录尝试过多，请 {seconds} 秒后再试。"),
    "SETUP_DONE": ("There is a user already, so the first admin can't be made. Log in, or ask an admin.",
                   "已有用户，不能再创建首个管理员。请登录，或联系管理员。"),
    "SETUP_WRONG": ("That is not the set-up token. The right one was printed when the server started.",
                    "初始化令牌不正确。正确的令牌在服务器启动时打印。"),
    "USER_NAME": ("That can't be a name. Use 1 to {limit} letters, digits and . _ @ + -, not only digits, no blanks.",
                  "用户名无效。请使用 1 到 {limit} 个字母、数字及 . _ @ + -，不能全为数字，不能有空格。"),
    "USER_EXISTS": ("There is a user {user} already. Choose another name, or change that one.",
                    "用户 {user} 已存在。请换一个名称，或修改该用户。"),
    "USER_NOT_FOUND": ("There is no user {user}. There is: {choices}.", "没有用户 {user}。现有：{choices}。"),
    "USER_NONE": ("You came in without a user of softops. Name one, or log in as one.",
                  "当前访问没有对应的 softops 用户。请指定用户，或以用户身份登录。"),
    "LAST_ADMIN": ("{user} is the last admin who can log in. Make another one first.",
                   "{user} 是最后一个可登录的管理员。请先添加另一个管理员。"),
    "ADMIN_GROUPS": ("An admin can't be limited to groups, as admins decide about that. Leave the groups out, or "
                     "choose another role.",
                     "管理员不能限定于组，因为组由管理员决定。请去掉组，或选择其他角色。"),
    "PASSWORD_SHORT": ("The password is too short. Use at least {least} characters.",
                       "密码过短，请至少使用 {least} 个字符。"),
    "PASSWORD_LONG": ("The password is too long. Use at most {most} bytes.", "密码过长，请不超过 {most} 字节。"),
    "PASSWORD_NAME": ("The password is the name. Choose another one.", "密码与用户名相同，请换一个。"),
    "PASSWORD_COMMON": ("The password is one of those that are tried first. Choose another one.",
                        "该密码过于常见，请换一个。"),
    "PASSWORD_WRONG": ("The old password is wrong. Try again.", "旧密码错误，请重试。"),
    "TOKEN_ROLE": ("A token of {user} can be {role} at most here. Choose a role that may no more.",
                   "{user} 的令牌在此最多为 {role}。请选择权限不高于它的角色。"),
    "TOKEN_GROUPS": ("A token of {user} is for these groups at most: {groups}. Choose among them.",
                     "{user} 的令牌最多限于这些组：{groups}。请从中选择。"),
    "TOKEN_OF_OTHERS": ("{user} may make tokens for themselves only. Leave the user out, or ask an admin.",
                        "{user} 只能为自己创建令牌。请不要指定用户，或联系管理员。"),
    "TOKEN_USER_GONE": ("The user of the token is disabled or removed. Enable them first.",
                        "令牌所属用户已被停用或删除，请先启用。"),
    "TOKEN_NOT_FOUND": ("There is no token {token}. `softops token list` shows what there is.",
                        "没有令牌 {token}。可用 `softops token list` 查看。"),
    "LOGINS_UNREADABLE": ("The kept logins in {path} can't be used: {problem}. Remove the file and log in again.",
                          "无法使用 {path} 中保存的登录信息：{problem}。请删除该文件后重新登录。"),
    "OIDC_OFF": ("Logging in through an identity provider is not set up here. Log in with a password, or have "
                 "SOFTOPS_OIDC_ISSUER and SOFTOPS_OIDC_CLIENT_ID set.",
                 "此处未启用身份提供方登录。请用密码登录，或设置 SOFTOPS_OIDC_ISSUER 和 SOFTOPS_OIDC_CLIENT_ID。"),
    "OIDC_HALF": ("Logins through an identity provider need both SOFTOPS_OIDC_ISSUER and SOFTOPS_OIDC_CLIENT_ID. Set "
                  "both, or neither.",
                  "通过身份提供方登录需要同时设置 SOFTOPS_OIDC_ISSUER 和 SOFTOPS_OIDC_CLIENT_ID，请都设置或都不设置。"),
    "OIDC_ISSUER": ("SOFTOPS_OIDC_ISSUER is {issuer}, which is no https URL. Name the issuer as the provider writes "
                    "it; plain http is for this machine only.",
                    "SOFTOPS_OIDC_ISSUER 为 {issuer}，不是 https 地址。请填写提供方给出的 issuer；http 仅限本机。"),
    "OIDC_PUBLIC_URL": ("Logins through an identity provider need SOFTOPS_PUBLIC_URL, to which it sends browsers back. "
                        "Set it to the URL under which browsers reach softops, as https://ops.example.com.",
                        "通过身份提供方登录需要 SOFTOPS_PUBLIC_URL，供其将浏览器送回。"
                        "请设为浏览器访问 softops 的地址，如 https://ops.example.com。"),
    "OIDC_ROLES_MISSING": ("SOFTOPS_OIDC_ROLES is empty, so nobody could log in through the identity provider. Set it, "
                           "for example to ops-admins=admin,*=viewer.",
                           "SOFTOPS_OIDC_ROLES 为空，无人能通过身份提供方登录。"
                           "请设置，例如 ops-admins=admin,*=viewer。"),
    "OIDC_ROLE_RULE": ("SOFTOPS_OIDC_ROLES has {rule}, which is no rule. Write value=role or value=role:group+group, "
                       "with the role viewer, operator or admin; an admin has no groups.",
                       "SOFTOPS_OIDC_ROLES 中的 {rule} 不是有效规则。请写成 值=角色 或 值=角色:组+组，"
                       "角色为 viewer、operator 或 admin；admin 不能限定组。"),
    "OIDC_DOWN": ("The identity provider {issuer} does not answer: {problem}. Try again later, or log in with a "
                  "password.", "身份提供方 {issuer} 没有响应：{problem}。请稍后重试，或用密码登录。"),
    "OIDC_ANSWER": ("The identity provider {issuer} does not answer as OpenID Connect says: {problem}. Compare "
                    "SOFTOPS_OIDC_ISSUER with what it calls itself, or log in with a password.",
                    "身份提供方 {issuer} 的响应不符合 OpenID Connect：{problem}。"
                    "请核对 SOFTOPS_OIDC_ISSUER 与其自称是否一致，或用密码登录。"),
    "OIDC_STATE": ("This is no login that was begun in this browser within the last {minutes} minutes, or it has been "
                   "used already. Begin again.",
                   "该登录不是本浏览器在最近 {minutes} 分钟内发起的，或已使用过。请重新登录。"),
    "OIDC_REFUSED": ("The identity provider did not log you in: {problem}. Begin again, or ask those who run it.",
                     "身份提供方未允许登录：{problem}。请重新登录，或联系其管理员。"),
    "OIDC_CODE": ("The identity provider does not take the code of this login: {problem}. Begin again; if that does "
                  "not help, compare SOFTOPS_OIDC_CLIENT_ID, SOFTOPS_OIDC_CLIENT_SECRET and SOFTOPS_PUBLIC_URL with "
                  "what it knows.",
                  "身份提供方不接受此次登录的授权码：{problem}。请重新登录；若仍失败，请核对 SOFTOPS_OIDC_CLIENT_ID、"
                  "SOFTOPS_OIDC_CLIENT_SECRET 和 SOFTOPS_PUBLIC_URL 是否与其登记一致。"),
    "OIDC_TOKEN": ("What the identity provider says about you can't be trusted: {problem}. Begin again; if that does "
                   "not help, compare its clock, keys and client with the settings of softops.",
                   "身份提供方给出的身份信息不可信：{problem}。请重新登录；"
                   "若仍失败，请核对其时钟、密钥和客户端与 softops 的设置。"),
    "OIDC_NAME": ("The identity provider tells no name that softops can use ({name}). Have it send preferred_username, "
                  "or a verified email, without blanks, slashes and quotes.",
                  "身份提供方给出的名称无法使用（{name}）。请让其提供不含空格、斜杠和引号的 preferred_username "
                  "或已验证的 email。"),
    "OIDC_NAME_TAKEN": ("There is a user {user} already who is somebody else for softops. Log in with the password of "
                        "that user, or have an admin remove it first (`softops user remove`).",
                        "已有另一个用户 {user}。请用该用户的密码登录，"
                        "或先由管理员删除该用户（`softops user remove`）。"),
    "OIDC_NO_ROLE": ("{user} has no role here: none of the values in the claim {claim} is in SOFTOPS_OIDC_ROLES. Ask "
                     "an admin.", "{user} 在此没有角色：声明 {claim} 的值均不在 SOFTOPS_OIDC_ROLES 中。请联系管理员。"),
    "OIDC_DISABLED": ("The user {user} is disabled. Ask an admin.", "用户 {user} 已停用，请联系管理员。"),
    "OIDC_GO": ("Log in at the identity provider: {url}", "请到身份提供方登录：{url}"),
    "LOGGED_IN": ("Welcome, {user}.", "欢迎，{user}。"),
    "LOGGED_OUT": ("Logged out.", "已退出登录。"),
    "SETUP_MADE": ("{user} is the first admin and logged in.", "{user} 已成为首个管理员并登录。"),
    "PASSWORD_CHANGED": ("The password is changed. Your other browsers are logged out.",
                         "密码已修改，其他浏览器已退出登录。"),
    "PASSWORD_TWICE": ("Give a password or have one made, not both.", "请给出密码或让系统生成，二者选一。"),
    "USER_ADDED": ("The user {user} is added.", "已添加用户 {user}。"),
    "USER_CHANGED": ("The user {user} is changed.", "已修改用户 {user}。"),
    "USER_REMOVED": ("The user {user} is removed, with all sessions and tokens.",
                     "已删除用户 {user} 及其所有会话和令牌。"),
    "TOKEN_MADE": ("Keep the token now: it is never shown again.", "请立即保存令牌，之后不再显示。"),
    "TOKEN_REVOKED": ("The token {name} is revoked.", "已吊销令牌 {name}。"),
    "SESSION_ENDED": ("{user} is logged out there.", "{user} 的该会话已结束。"),
    "SESSION_NOT_FOUND": ("There is no session {session}. It may be over already.", "没有会话 {session}，可能已结束。"),
}
