"""The sentences people read, by reason, in English and Chinese.

Every reason used anywhere in softops has its sentence here (a test checks it, and that both
languages use the same placeholders). Placeholders are filled by plain substitution of `{name}`:
values are data and are never formatted again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from softops.catalog_texts import CATALOG_TEXTS
from softops.web_texts import WEB_TEXTS

Lang = Literal["en", "zh"]


class Text(NamedTuple):
    """One sentence in both languages."""

    en: str
    zh: str


TEXTS: Mapping[str, Text] = {
    **{reason: Text(*sentences) for reason, sentences in {**CATALOG_TEXTS, **WEB_TEXTS}.items()},
    "INTERNAL": Text("Something went wrong inside softops ({detail}). The log has the details.",
                     "softops 内部出错（{detail}），详情见日志。"),
    "CONFIG_INVALID": Text("{name}={value} can't be used: {problem}. Set it right or leave it out.",
                           "{name}={value} 无效：{problem}。请改正或不设置它。"),
    "VAR_UNUSABLE": Text("The directory {path} can't be used: {problem}. Set SOFTOPS_VAR to one that can be written.",
                         "目录 {path} 不可用：{problem}。请将 SOFTOPS_VAR 设为可写目录。"),
    "INSTALL_SUCCESS": Text("Installed.", "安装成功"),
    "PULL_SUCCESS": Text("Image pulled.", "镜像拉取成功"),
    "OPERATION_SUCCESS": Text("Done.", "操作成功"),
    "CANCELLED": Text("Cancelled.", "已取消"),
    "INTERRUPTED": Text("softops was stopped before this was done. Repeat it with `softops retry`.",
                        "softops 在完成之前被停止。可用 `softops retry` 重试。"),
    "RUN_TIMEOUT": Text("The run took too long or was silent for too long and was ended. Look at the server, "
                        "or raise SOFTOPS_JOB_TIMEOUT or SOFTOPS_IDLE_TIMEOUT.",
                        "运行超时或长时间无输出，已被终止。请检查服务器，或调大 SOFTOPS_JOB_TIMEOUT 或 SOFTOPS_IDLE_TIMEOUT。"),
    "RUN_BROKEN": Text("ansible-playbook ended with {rc} before it had worked on this server: {output}",
                       "ansible-playbook 在处理此服务器之前以 {rc} 结束：{output}"),
    "RUN_DIRECTORY": Text("The directory {path} for this run can't be made: {problem}. Free space there and retry.",
                          "无法为本次运行创建目录 {path}：{problem}。请释放空间后重试。"),
    "TASK_FAILED": Text("The task '{task}' failed: {message}", "任务“{task}”失败：{message}"),
    "SERVER_UNREACHABLE": Text("The server can't be reached: {message}. Check its address, key and sshd.",
                               "无法连接服务器：{message}。请检查地址、密钥和 sshd。"),
    "SERVERS_EMPTY": Text("No server was chosen. Name at least one.", "未选择服务器，请至少指定一台。"),
    "SERVER_NAME_UNSAFE": Text("The inventory hostname {server} can't be used: Ansible would read it as a pattern. "
                               "Use letters, digits, dots, dashes and underscores.",
                               "清单中的主机名 {server} 不可用：Ansible 会将其当作模式。请只用字母、数字、点、短横线和下划线。"),
    "OPERATION_UNKNOWN": Text("There is no operation {operation}. Known: {known}.", "没有操作 {operation}。可用：{known}。"),
    "SOFTWARE_RETIRED": Text("{software} {version} left the catalog. Choose another version or restore it in git.",
                             "{software} {version} 已从目录中移除。请选择其他版本，或在 git 中恢复它。"),
    "JOB_STILL_RUNNING": Text("Job {job} is not finished. Wait for it or cancel it first.",
                              "任务 {job} 尚未结束，请等待或先取消。"),
    "NOTHING_TO_RETRY": Text("Job {job} succeeded on every server; there is nothing to retry.",
                             "任务 {job} 在所有服务器上均已成功，无需重试。"),
    "SERVER_NOT_ANSWERING": Text("No softops answers at {url}: {problem}. Start it with `softops serve`, or set SOFTOPS_URL right.",
                                 "{url} 处没有 softops 应答：{problem}。请用 `softops serve` 启动，或改正 SOFTOPS_URL。"),
    "SERVER_NOT_SOFTOPS": Text("What answers at {url} is not softops (HTTP {status}). Set SOFTOPS_URL right.",
                               "{url} 处应答的不是 softops（HTTP {status}）。请改正 SOFTOPS_URL。"),
    "SERVER_LOST": Text("The connection to {url} was lost and did not come back. Job {job} may still be running: "
                        "look again with `softops watch {job}`.",
                        "与 {url} 的连接中断且未能恢复。任务 {job} 可能仍在运行，可用 `softops watch {job}` 再次查看。"),
    "SERVER_REFUSED": Text("The server answered: {message}", "服务器答复：{message}"),
    "SERVER_NOT_STARTED": Text("softops could not start in this process: {problem}. `softops doctor` says what is missing.",
                               "无法在本进程中启动 softops：{problem}。可用 `softops doctor` 查看缺少什么。"),
    "HOST_NOT_LOOPBACK": Text("softops has no users and rights yet and listens on loopback addresses only; {host} is none. "
                              "Leave SOFTOPS_HOST at 127.0.0.1 and reach it through SSH: `ssh -L {port}:127.0.0.1:{port} THIS-MACHINE`.",
                              "softops 尚无用户与权限，只监听回环地址，{host} 不是。"
                              "请保持 SOFTOPS_HOST=127.0.0.1，并通过 SSH 访问：`ssh -L {port}:127.0.0.1:{port} 本机`。"),
    "PORT_TAKEN": Text("softops can't listen on {host}:{port}: {problem}. Stop what is there, or set SOFTOPS_PORT.",
                       "softops 无法监听 {host}:{port}：{problem}。请停止占用者，或设置 SOFTOPS_PORT。"),
    "PARAM_FORM": Text("{text} is not a parameter. Write --param NAME=VALUE.", "{text} 不是参数。请写成 --param 名称=值。"),
    "SOFTWARE_FORM": Text("{text} names no software. Write NAME or NAME:VERSION.", "{text} 不是软件名。请写成 名称 或 名称:版本。"),
    "SSH_HOST_KEY": Text("The SSH host key of this server is unknown or has changed: {words}. Compare its fingerprint, then correct "
                         "known_hosts (`ssh-keygen -R ADDRESS`, then connect once by hand).",
                         "此服务器的 SSH 主机密钥未知或已改变：{words}。请核对指纹后更正 known_hosts（`ssh-keygen -R 地址`，再手动连接一次）。"),
    "SSH_DENIED": Text("The server refuses the login: {words}. Put the key of this machine into its authorized_keys, or set "
                       "ansible_user and ansible_ssh_private_key_file right.",
                       "服务器拒绝登录：{words}。请将本机公钥加入其 authorized_keys，或改正 ansible_user 与 ansible_ssh_private_key_file。"),
    "SSH_REFUSED": Text("Nothing accepts SSH connections there: {words}. Start sshd on the server, or set ansible_host and ansible_port right.",
                        "该地址没有 SSH 服务应答：{words}。请在服务器上启动 sshd，或改正 ansible_host 与 ansible_port。"),
    "SSH_TIMEOUT": Text("The server does not answer: {words}. Check that it is on, its address and the network in between.",
                        "服务器没有应答：{words}。请检查其是否开机、地址是否正确以及中间网络。"),
    "SSH_NAME": Text("The address of the server can't be resolved: {words}. Set ansible_host right, or mend DNS.",
                     "无法解析服务器地址：{words}。请改正 ansible_host，或修复 DNS。"),
    "BECOME_FAILED": Text("The login works, but becoming root does not: {words}. Give the user the right to it (sudo), or set "
                          "ansible_become_password.",
                          "可以登录，但无法提权为 root：{words}。请授予该用户 sudo 权限，或设置 ansible_become_password。"),
    "CONNECTION_UNSUPPORTED": Text("The engine can't be reached over Ansible's connection '{transport}'. Use ssh or local, or set docker_host "
                                   "for this server.",
                                   "无法通过 Ansible 连接方式“{transport}”访问引擎。请使用 ssh 或 local，或为此服务器设置 docker_host。"),
    "CONNECTION_PASSWORD": Text("Logging in with a password needs Ansible's ControlPersist, which is off here. Use a key, or leave ssh_args as it is.",
                                "使用密码登录需要 Ansible 的 ControlPersist，而此处已关闭。请使用密钥，或不要改动 ssh_args。"),
    "DOCKER_HOST_INVALID": Text("docker_host {address} can't be used. Write tcp://HOST:PORT, or unix:///PATH for an engine on this machine.",
                                "docker_host {address} 无效。请写成 tcp://主机:端口；本机引擎可写 unix:///路径。"),
    "DOCKER_HOST_TLS": Text("The certificates for docker_host {address} don't fit: {words}. Set docker_ca_cert, docker_client_cert and "
                            "docker_client_key right.",
                            "docker_host {address} 的证书不正确：{words}。请改正 docker_ca_cert、docker_client_cert 与 docker_client_key。"),
    "ENGINE_NOT_INSTALLED": Text("There is no docker command on the server: {words}. Install Docker Engine there, "
                                 "for example with `apt-get install docker.io`.",
                                 "服务器上没有 docker 命令：{words}。请安装 Docker Engine，例如 `apt-get install docker.io`。"),
    "ENGINE_DENIED": Text("The user may not use the Docker engine: {words}. Set ansible_become: true, or add the user to the group docker.",
                          "该用户无权使用 Docker 引擎：{words}。请设置 ansible_become: true，或将用户加入 docker 组。"),
    "ENGINE_DOWN": Text("The Docker engine is not running: {words}. Start it on the server with `systemctl start docker`.",
                        "Docker 引擎未运行：{words}。请在服务器上执行 `systemctl start docker`。"),
    "ENGINE_SILENT": Text("The Docker engine accepts connections but did not answer within {seconds} s. Look at its log with "
                          "`journalctl -u docker` and restart it.",
                          "Docker 引擎可以连接，但 {seconds} 秒内没有应答。请用 `journalctl -u docker` 查看日志并重启。"),
    "ENGINE_LOST": Text("The connection to the Docker engine broke: {words}. Check the server and its network, then retry.",
                        "与 Docker 引擎的连接中断：{words}。请检查服务器及其网络后重试。"),
    "ENGINE_ANSWER": Text("The Docker engine refused: {words}. `journalctl -u docker` on the server may say more.",
                          "Docker 引擎拒绝了请求：{words}。服务器上的 `journalctl -u docker` 可能有更多信息。"),
    "SPACE_TOO_LITTLE": Text("{path} has {free} free, but the layers of {image} that are missing need at least {needed}. "
                             "Free space with `docker image prune`, or make the disk larger.",
                             "{path} 剩余 {free}，而 {image} 缺少的层至少需要 {needed}。请用 `docker image prune` 释放空间，或扩大磁盘。"),
    "PULL_NO_SPACE": Text("The disk of the server became full while {image} was pulled: {words}. Free space with `docker image prune` and retry.",
                          "拉取 {image} 时服务器磁盘已满：{words}。请用 `docker image prune` 释放空间后重试。"),
    "PULL_NO_IMAGE": Text("The registry has no image {image}: {words}. Correct the name or tag in the catalog, or push the image.",
                          "镜像仓库中没有镜像 {image}：{words}。请改正目录中的名称或标签，或推送该镜像。"),
    "PULL_DENIED": Text("The registry does not give out {image}: {words}. It does not exist there, or the server has to log in first.",
                        "镜像仓库拒绝提供 {image}：{words}。镜像不存在，或服务器需要先登录。"),
    "PULL_RATE_LIMIT": Text("The registry gives out no more for now ({image}): {words}. Wait, log in there, or use a mirror.",
                            "镜像仓库暂时限制拉取 {image}：{words}。请稍候、登录，或使用镜像站。"),
    "PULL_PLAIN_HTTP": Text("The registry of {image} speaks plain HTTP, the engine expects HTTPS: {words}. Give the registry a certificate, "
                            "or name it under insecure-registries in /etc/docker/daemon.json.",
                            "{image} 的镜像仓库使用 HTTP，而引擎要求 HTTPS：{words}。请为仓库配置证书，"
                            "或将其写入 /etc/docker/daemon.json 的 insecure-registries。"),
    "PULL_CERTIFICATE": Text("The engine does not trust the certificate of the registry of {image}: {words}. Put its CA into "
                             "/etc/docker/certs.d/REGISTRY/ca.crt on the server.",
                             "引擎不信任 {image} 的镜像仓库证书：{words}。请将其 CA 放到服务器的 /etc/docker/certs.d/仓库/ca.crt。"),
    "PULL_NO_REGISTRY": Text("The server can't reach the registry of {image}: {words}. Check the registry, DNS and the network between them.",
                             "服务器无法访问 {image} 的镜像仓库：{words}。请检查仓库、DNS 及其间网络。"),
    "PULL_NO_PLATFORM": Text("{image} is not made for the server's platform {platform}: {words}. Choose an image that is.",
                             "{image} 不支持服务器平台 {platform}：{words}。请选择支持该平台的镜像。"),
    "PULL_CORRUPT": Text("What the registry sent for {image} is damaged: {words}. Push the image again, or clear the mirror in between.",
                         "镜像仓库发送的 {image} 已损坏：{words}。请重新推送镜像，或清除中间缓存。"),
    "PULL_DIGEST_MISMATCH": Text("{image} is not what the catalog demands: it wants {wanted}, found was {actual}. "
                                 "Find out who changed the image before you correct the digest in the catalog.",
                                 "{image} 与目录要求不符：要求 {wanted}，实际为 {actual}。请先查明镜像被谁改动，再更正目录中的摘要。"),
    "PULL_IDLE": Text("The pull of {image} was silent for {seconds} s and was ended. Check the network between server and registry, "
                      "or raise SOFTOPS_PULL_IDLE_TIMEOUT.",
                      "拉取 {image} 时 {seconds} 秒没有任何进展，已终止。请检查服务器与仓库之间的网络，或调大 SOFTOPS_PULL_IDLE_TIMEOUT。"),
    "PULL_TIMEOUT": Text("The pull of {image} was not done after {seconds} s and was ended. Raise SOFTOPS_PULL_TIMEOUT if that is normal there.",
                         "拉取 {image} 在 {seconds} 秒内未完成，已终止。若属正常，请调大 SOFTOPS_PULL_TIMEOUT。"),
    "PULL_FAILED": Text("The engine could not pull {image}: {words}. Try `docker pull {image}` on the server.",
                        "引擎无法拉取 {image}：{words}。请在服务器上尝试 `docker pull {image}`。"),
    "MANIFEST_FAILED": Text("What was installed can't be noted in {path}: {words}. Make the directory writable for the user or "
                            "set ansible_become: true.",
                            "无法在 {path} 记录已安装内容：{words}。请使该目录可写，或设置 ansible_become: true。"),
    "REGISTRY_NO_IMAGE": Text("The registry {registry} has no image {image}. Correct the name or tag, or push the image.",
                              "镜像仓库 {registry} 中没有镜像 {image}。请改正名称或标签，或推送该镜像。"),
    "REGISTRY_NO_PLATFORM": Text("{image} does not exist for {platform}; there is: {choices}. Choose an image that does.",
                                 "{image} 没有 {platform} 平台的版本；现有：{choices}。请选择其他镜像。"),
    "REGISTRY_DENIED": Text("The registry {registry} does not give out {image} ({problem}). It does not exist there, or a login is needed.",
                            "镜像仓库 {registry} 拒绝提供 {image}（{problem}）。镜像不存在，或需要登录。"),
    "REGISTRY_UNREACHABLE": Text("The registry {registry} does not answer: {problem}. Check its address and the network; one that speaks "
                                 "plain HTTP has to be in SOFTOPS_INSECURE_REGISTRIES.",
                                 "镜像仓库 {registry} 没有应答：{problem}。请检查地址与网络；使用 HTTP 的仓库须写入 SOFTOPS_INSECURE_REGISTRIES。"),
    "REGISTRY_BAD_ANSWER": Text("The registry {registry} does not answer for {image} as the distribution API says: {problem}. "
                                "Check what is behind that address.",
                                "镜像仓库 {registry} 对 {image} 的应答不符合分发 API：{problem}。请检查该地址背后的服务。"),
    "IMAGE_NAME_INVALID": Text("{image} is not the name of an image. Write REGISTRY/NAME:TAG.", "{image} 不是镜像名。请写成 仓库/名称:标签。"),
    "INPUT_INVALID": Text("The playbook can't work with its input: {problem}. Run it through softops, or with -e softops_name=NAME.",
                          "剧本无法使用其输入：{problem}。请通过 softops 运行，或使用 -e softops_name=名称。"),
    "CATALOG_NAME_MISSING": Text("Say what to work with: -e softops_name=NAME [-e softops_version=VERSION]. In {catalog} there is: {choices}.",
                                 "请指定软件：-e softops_name=名称 [-e softops_version=版本]。{catalog} 中有：{choices}。"),
    "CATALOG_NAME_UNKNOWN": Text("There is no software {name} in {catalog}. There is: {choices}.", "{catalog} 中没有软件 {name}。现有：{choices}。"),
    "CATALOG_ENTRY_BROKEN": Text("The catalog entry of {name} can't be used: {problem}. Correct the file.",
                                 "{name} 的目录条目无法使用：{problem}。请改正该文件。"),
    "CATALOG_UNREADABLE": Text("The catalog {catalog} can't be read: {problem}. Set softops_catalog to the directory that holds it.",
                               "无法读取目录 {catalog}：{problem}。请将 softops_catalog 设为其所在目录。"),
    "HAND_CONNECT": Text("looking at the engine", "正在查看引擎"),
    "HAND_SPACE": Text("looking at the free space", "正在查看剩余空间"),
    "HAND_PULL": Text("pulling {image}, {total} to download", "正在拉取 {image}，需下载 {total}"),
    "HAND_PULL_UNKNOWN": Text("pulling {image}", "正在拉取 {image}"),
    "HAND_LAYERS": Text("{done} of {layers} layers are there, {current} downloaded", "{layers} 层中已有 {done} 层，已下载 {current}"),
    "HAND_LAYER": Text("layer {layer}: {status}", "层 {layer}：{status}"),
    "HAND_VERIFY": Text("checking what was pulled", "正在核对拉取结果"),
    "HAND_MANIFEST": Text("noting what is installed", "正在记录已安装内容"),
    "ILLEGAL_TRANSITION": Text("{what} can't go from {actual} to {wanted}.", "{what} 不能从 {actual} 变为 {wanted}。"),
    "DATABASE_URL": Text("SOFTOPS_DATABASE={value} can't be used. It must be a URL that begins with one of: {known}; "
                         "SQLite needs a file.",
                         "SOFTOPS_DATABASE={value} 无效。须为以下列之一开头的 URL：{known}；SQLite 必须使用文件。"),
    "DATABASE_FAILED": Text("The database {database} did not do what was asked: {problem}. "
                            "Check that it runs and that SOFTOPS_DATABASE is right.",
                            "数据库 {database} 操作失败：{problem}。请检查它是否运行以及 SOFTOPS_DATABASE 是否正确。"),
    "DATABASE_CONSTRAINT": Text("The database refused the rows because of its rule {constraint}. Repeat the request; "
                                "if that does not help, the log has the details.",
                                "数据库因约束 {constraint} 拒绝写入。请重试；若无效，详情见日志。"),
    "DATABASE_NEWER": Text("The database has schema {database}, this softops knows only up to {code}. "
                           "Start the newer softops, or restore the backup from before the upgrade.",
                           "数据库结构为 {database}，当前 softops 仅支持到 {code}。请启动新版 softops，或恢复升级前的备份。"),
    "DATABASE_MIGRATING": Text("Another process is still changing the database schema. Wait for it and start again.",
                               "另一个进程仍在变更数据库结构，请等待其完成后重新启动。"),
    "SOFTWARE_NOT_FOUND": Text("There is no software with the id {soft}. `softops list` shows all.",
                               "没有 ID 为 {soft} 的软件。可用 `softops list` 查看全部。"),
    "SOFTWARE_NAME_NOT_FOUND": Text("There is no software {name}. There is: {choices}.",
                                    "没有软件 {name}。现有：{choices}。"),
    "SOFTWARE_VERSION_NOT_FOUND": Text("{name} has no version {version}. There is: {choices}.",
                                       "{name} 没有版本 {version}。现有：{choices}。"),
    "SOFTWARE_NO_VERSION": Text("No version of {name} can be installed now. In the table: {choices}. "
                                "Name a version, or sync its repository.",
                                "{name} 目前没有可安装的版本。现有：{choices}。请指定版本，或同步其仓库。"),
    "SOFTWARE_AMBIGUOUS": Text("{name} is in several repositories: {choices}. Say which one, or give the software's id.",
                               "{name} 存在于多个仓库：{choices}。请指明仓库，或给出软件 ID。"),
    "REPOSITORY_NOT_FOUND": Text("There is no repository {repository}. There is: {choices}.",
                                 "没有仓库 {repository}。现有：{choices}。"),
    "SERVER_NOT_FOUND": Text("There is no server {server} in the inventory. There is: {choices}.",
                             "清单中没有服务器 {server}。现有：{choices}。"),
    "GROUP_NOT_FOUND": Text("There is no group {group} with servers in the inventory. There is: {choices}.",
                            "清单中没有包含服务器的组 {group}。现有：{choices}。"),
    "SERVERS_MISSING": Text("Say on which servers: by serverId or group. There is: {choices}. "
                            "A group named default would be taken when nothing is said.",
                            "请用 serverId 或 group 指定服务器。可选：{choices}。未指定时使用名为 default 的组。"),
    "SERVER_BUSY": Text("{software} is already being worked on on {server}: job {job}, record {record}. "
                        "Wait for it or cancel it with `softops cancel`.",
                        "{server} 上的 {software} 正在操作中：任务 {job}，记录 {record}。请等待或用 `softops cancel` 取消。"),
    "JOB_NOT_FOUND": Text("There is no job {job}. `softops records` shows what there is.",
                          "没有任务 {job}。可用 `softops records` 查看现有记录。"),
    "RECORD_NOT_FOUND": Text("There is no record {record}. `softops records` shows what there is.",
                             "没有记录 {record}。可用 `softops records` 查看现有记录。"),
    "ALREADY_FINAL": Text("{what} has ended already ({status}); there is nothing to cancel.",
                          "{what} 已结束（{status}），无需取消。"),
    "INVENTORY_MISSING": Text("There is no inventory at {path}. Write one there, or set SOFTOPS_INVENTORY.",
                              "{path} 处没有清单。请在该处创建，或设置 SOFTOPS_INVENTORY。"),
    "INVENTORY_NO_ANSIBLE": Text("{program} can't be started: {problem}. Install softops with its dependencies again.",
                                 "无法启动 {program}：{problem}。请重新安装 softops 及其依赖。"),
    "INVENTORY_TIMEOUT": Text("Ansible did not read the inventory {path} within {seconds} seconds. "
                              "Look for what it waits for with ansible-inventory --list.",
                              "Ansible 未能在 {seconds} 秒内读取清单 {path}。请用 ansible-inventory --list 查看它在等待什么。"),
    "INVENTORY_UNREADABLE": Text("Ansible can't read the inventory {path}: {problem}",
                                 "Ansible 无法读取清单 {path}：{problem}"),
    "INVENTORY_NAMES": Text("These hosts of the inventory {path} have names that Ansible would read as patterns: {names}. "
                            "Use letters, digits, dots, dashes and underscores.",
                            "清单 {path} 中以下主机名会被 Ansible 当作模式：{names}。请只用字母、数字、点、短横线和下划线。"),
    "INVENTORY_SAME_NAMES": Text("These names in the inventory {path} are both a host and a group: {names}. "
                                 "Rename one of the two, or work for one would be done on all.",
                                 "清单 {path} 中以下名称既是主机又是组：{names}。请重命名其一，否则对一台的操作会作用于整组。"),
    "LEASE_LOST": Text("Job {job} is no longer run by {owner}; it was ended or taken over. Nothing is to be done.",
                       "任务 {job} 已不再由 {owner} 执行：它已结束或被接管。无需处理。"),
}

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def render(reason: str, lang: Lang, params: Mapping[str, object]) -> str:
    """The sentence of `reason`; a placeholder without a value stays visible instead of failing."""
    text = TEXTS.get(reason)
    if text is None:
        return f"{reason} {dict(params)}" if params else reason
    template = text.en if lang == "en" else text.zh
    return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], match[0])), template)
