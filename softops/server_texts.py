"""The sentences about servers, engines, registries and pulls, by reason: English, Chinese."""

from __future__ import annotations

from collections.abc import Mapping

SERVER_TEXTS: Mapping[str, tuple[str, str]] = {
    "SSH_HOST_KEY": (
        "The SSH host key of this server is unknown or has changed: {words}. Compare its fingerprint, then "
        "correct known_hosts (`ssh-keygen -R ADDRESS`, then connect once by hand).",
        "此服务器的 SSH 主机密钥未知或已改变：{words}。"
        "请核对指纹后更正 known_hosts（`ssh-keygen -R 地址`，再手动连接一次）。"),
    "SSH_DENIED": (
        "The server refuses the login: {words}. Put the key of this machine into its authorized_keys, or set "
        "ansible_user and ansible_ssh_private_key_file right.",
        "服务器拒绝登录：{words}。请将本机公钥加入其 authorized_keys，"
        "或改正 ansible_user 与 ansible_ssh_private_key_file。"),
    "SSH_REFUSED": (
        "Nothing accepts SSH connections there: {words}. Start sshd on the server, or set ansible_host and "
        "ansible_port right.",
        "该地址没有 SSH 服务应答：{words}。请在服务器上启动 sshd，或改正 ansible_host 与 ansible_port。"),
    "SSH_TIMEOUT": (
        "The server does not answer: {words}. Check that it is on, its address and the network in between.",
        "服务器没有应答：{words}。请检查其是否开机、地址是否正确以及中间网络。"),
    "SSH_NAME": (
        "The address of the server can't be resolved: {words}. Set ansible_host right, or mend DNS.",
        "无法解析服务器地址：{words}。请改正 ansible_host，或修复 DNS。"),
    "BECOME_FAILED": (
        "The login works, but becoming root does not: {words}. Give the user the right to it (sudo), or set "
        "ansible_become_password.",
        "可以登录，但无法提权为 root：{words}。请授予该用户 sudo 权限，或设置 ansible_become_password。"),
    "CONNECTION_UNSUPPORTED": (
        "The engine can't be reached over Ansible's connection '{transport}'. Use ssh or local, or set "
        "docker_host for this server.",
        "无法通过 Ansible 连接方式“{transport}”访问引擎。请使用 ssh 或 local，或为此服务器设置 docker_host。"),
    "CONNECTION_PASSWORD": (
        "Logging in with a password needs Ansible's ControlPersist, which is off here. Use a key, or leave "
        "ssh_args as it is.",
        "使用密码登录需要 Ansible 的 ControlPersist，而此处已关闭。请使用密钥，或不要改动 ssh_args。"),
    "DOCKER_HOST_INVALID": (
        "docker_host {address} can't be used. Write tcp://HOST:PORT, or unix:///PATH for an engine on this "
        "machine.",
        "docker_host {address} 无效。请写成 tcp://主机:端口；本机引擎可写 unix:///路径。"),
    "DOCKER_HOST_TLS": (
        "The certificates for docker_host {address} don't fit: {words}. Set docker_ca_cert, "
        "docker_client_cert and docker_client_key right.",
        "docker_host {address} 的证书不正确：{words}。"
        "请改正 docker_ca_cert、docker_client_cert 与 docker_client_key。"),
    "ENGINE_NOT_INSTALLED": (
        "There is no docker command on the server: {words}. Install Docker Engine there, for example with "
        "`apt-get install docker.io`.",
        "服务器上没有 docker 命令：{words}。请安装 Docker Engine，例如 `apt-get install docker.io`。"),
    "ENGINE_DENIED": (
        "The user may not use the Docker engine: {words}. Set ansible_become: true, or add the user to the "
        "group docker.",
        "该用户无权使用 Docker 引擎：{words}。请设置 ansible_become: true，或将用户加入 docker 组。"),
    "ENGINE_DOWN": (
        "The Docker engine is not running: {words}. Start it on the server with `systemctl start docker`.",
        "Docker 引擎未运行：{words}。请在服务器上执行 `systemctl start docker`。"),
    "ENGINE_SILENT": (
        "The Docker engine accepts connections but did not answer within {seconds} s. Look at its log with "
        "`journalctl -u docker` and restart it.",
        "Docker 引擎可以连接，但 {seconds} 秒内没有应答。请用 `journalctl -u docker` 查看日志并重启。"),
    "ENGINE_LOST": (
        "The connection to the Docker engine broke: {words}. Check the server and its network, then retry.",
        "与 Docker 引擎的连接中断：{words}。请检查服务器及其网络后重试。"),
    "ENGINE_ANSWER": (
        "The Docker engine refused: {words}. `journalctl -u docker` on the server may say more.",
        "Docker 引擎拒绝了请求：{words}。服务器上的 `journalctl -u docker` 可能有更多信息。"),
    "SSH_LOST": (
        "The connection to the server broke while softops worked there: {words}. Check that it is on, sshd and the "
        "network in between, then retry.",
        "softops 正在处理时与服务器的连接中断：{words}。请检查其是否开机、sshd 及中间网络，然后重试。"),
    "SERVER_DISK_FULL": (
        "The disk of the server is full, {path} could not be written: {words}. Free space there, then retry.",
        "服务器磁盘已满，无法写入 {path}：{words}。请释放空间后重试。"),
    "SPACE_TOO_LITTLE": (
        "{path} has {free} free, but the layers of {image} that are missing need at least {needed}. Free "
        "space with `docker image prune`, or make the disk larger.",
        "{path} 剩余 {free}，而 {image} 缺少的层至少需要 {needed}。请用 `docker image prune` 释放空间，或扩大磁盘。"),
    "PULL_NO_SPACE": (
        "The disk of the server became full while {image} was pulled: {words}. Free space with `docker image "
        "prune` and retry.",
        "拉取 {image} 时服务器磁盘已满：{words}。请用 `docker image prune` 释放空间后重试。"),
    "PULL_NO_IMAGE": (
        "The registry has no image {image}: {words}. Correct the name or tag in the catalog, or push the "
        "image.",
        "镜像仓库中没有镜像 {image}：{words}。请改正目录中的名称或标签，或推送该镜像。"),
    "PULL_DENIED": (
        "The registry does not give out {image}: {words}. It does not exist there, or it wants a login, another one "
        "perhaps. Correct the name, or give softops the login: softops credential add REGISTRY --user NAME",
        "镜像仓库拒绝提供 {image}：{words}。镜像不存在，或需要登录（或换一个账号登录）。"
        "请改正名称，或为 softops 提供登录信息：softops credential add 镜像仓库 --user 用户名"),
    "PULL_RATE_LIMIT": (
        "The registry gives out no more for now ({image}): {words}. Wait, or name a mirror in the catalog.",
        "镜像仓库暂时限制拉取 {image}：{words}。请稍候，或在目录中改用镜像站。"),
    "PULL_PLAIN_HTTP": (
        "The registry of {image} speaks plain HTTP, the engine expects HTTPS: {words}. Give the registry a "
        "certificate, or name it under insecure-registries in /etc/docker/daemon.json.",
        "{image} 的镜像仓库使用 HTTP，而引擎要求 HTTPS：{words}。请为仓库配置证书，"
        "或将其写入 /etc/docker/daemon.json 的 "
        "insecure-registries。"),
    "PULL_CERTIFICATE": (
        "The engine does not trust the certificate of the registry of {image}: {words}. Put its CA into "
        "/etc/docker/certs.d/REGISTRY/ca.crt on the server.",
        "引擎不信任 {image} 的镜像仓库证书：{words}。请将其 CA 放到服务器的 /etc/docker/certs.d/仓库/ca.crt。"),
    "PULL_NO_REGISTRY": (
        "The server can't reach the registry of {image}: {words}. Check the registry, DNS and the network "
        "between them.",
        "服务器无法访问 {image} 的镜像仓库：{words}。请检查仓库、DNS 及其间网络。"),
    "PULL_REGISTRY_FAILED": (
        "The registry of {image} is there but fails: {words}. Look at its log and mend it, then retry.",
        "{image} 的镜像仓库可以访问，但出现故障：{words}。请查看其日志并修复后重试。"),
    "PULL_NOT_A_REGISTRY": (
        "What answers for {image} does not speak as a registry does: {words}. Check what is behind that address.",
        "对 {image} 的应答不是来自镜像仓库：{words}。请检查该地址背后的服务。"),
    "PULL_PART_MISSING": (
        "The registry has {image} but lacks a part of it: {words}. Push the image again.",
        "镜像仓库中有 {image}，但缺少其中一部分：{words}。请重新推送该镜像。"),
    "PULL_NO_PLATFORM": (
        "{image} is not made for the server's platform {platform}: {words}. Choose an image that is.",
        "{image} 不支持服务器平台 {platform}：{words}。请选择支持该平台的镜像。"),
    "PULL_CORRUPT": (
        "What the registry sent for {image} is damaged: {words}. Push the image again, or clear the mirror "
        "in between.",
        "镜像仓库发送的 {image} 已损坏：{words}。请重新推送镜像，或清除中间缓存。"),
    "PULL_DIGEST_MISMATCH": (
        "{image} is not what the catalog demands: it wants {wanted}, found was {actual}. Find out who "
        "changed the image before you correct the digest in the catalog.",
        "{image} 与目录要求不符：要求 {wanted}，实际为 {actual}。请先查明镜像被谁改动，再更正目录中的摘要。"),
    "PULL_IDLE": (
        "The pull of {image} was silent for {seconds} s and was ended. Check the network between server and "
        "registry, or raise SOFTOPS_PULL_IDLE_TIMEOUT.",
        "拉取 {image} 时 {seconds} 秒没有任何进展，已终止。请检查服务器与仓库之间的网络，"
        "或调大 SOFTOPS_PULL_IDLE_TIMEOUT。"),
    "PULL_TIMEOUT": (
        "The pull of {image} was not done after {seconds} s and was ended. Raise SOFTOPS_PULL_TIMEOUT if "
        "that is normal there.",
        "拉取 {image} 在 {seconds} 秒内未完成，已终止。若属正常，请调大 SOFTOPS_PULL_TIMEOUT。"),
    "PULL_FAILED": (
        "The engine could not pull {image}: {words}. Try `docker pull {image}` on the server.",
        "引擎无法拉取 {image}：{words}。请在服务器上尝试 `docker pull {image}`。"),
    "MANIFEST_FAILED": (
        "What was installed can't be noted in {path}: {words}. Make the directory writable for the user or "
        "set ansible_become: true.",
        "无法在 {path} 记录已安装内容：{words}。请使该目录可写，或设置 ansible_become: true。"),
    "REGISTRY_NO_IMAGE": (
        "The registry {registry} has no image {image}. Correct the name or tag, or push the image.",
        "镜像仓库 {registry} 中没有镜像 {image}。请改正名称或标签，或推送该镜像。"),
    "REGISTRY_NO_PLATFORM": (
        "{image} does not exist for {platform}; there is: {choices}. Choose an image that does.",
        "{image} 没有 {platform} 平台的版本；现有：{choices}。请选择其他镜像。"),
    "REGISTRY_DENIED": (
        "The registry {registry} does not give out {image} ({problem}). It does not exist there, or it "
        "wants a login, another one perhaps: softops credential add {registry} --user NAME",
        "镜像仓库 {registry} 拒绝提供 {image}（{problem}）。镜像不存在，或需要登录（或换一个账号登录）："
        "softops credential add {registry} --user 用户名"),
    "REGISTRY_RATE_LIMIT": (
        "The registry {registry} answers no more for now ({problem}), so nothing new is known of {image}. Wait, log in "
        "with `softops credential add {registry} --user NAME`, or name a mirror in the catalog.",
        "镜像仓库 {registry} 暂时限制访问（{problem}），无法得知 {image} 的最新情况。请稍候，"
        "或用 `softops credential add {registry} --user 用户名` 登录，或在目录中改用镜像站。"),
    "REGISTRY_FAILED": (
        "The registry {registry} is there but fails for {image} ({problem}). Look at its log and mend it, then try "
        "again.",
        "镜像仓库 {registry} 可以访问，但处理 {image} 时出现故障（{problem}）。请查看其日志并修复后重试。"),
    "REGISTRY_UNREACHABLE": (
        "The registry {registry} does not answer: {problem}. Check its address and the network; one that "
        "speaks plain HTTP has to be in SOFTOPS_INSECURE_REGISTRIES.",
        "镜像仓库 {registry} 没有应答：{problem}。请检查地址与网络；"
        "使用 HTTP 的仓库须写入 SOFTOPS_INSECURE_REGISTRIES。"),
    "REGISTRY_PLAIN_HTTP": (
        "The registry {registry} speaks plain HTTP, not HTTPS. Give it a certificate, or add {registry} to "
        "SOFTOPS_INSECURE_REGISTRIES and start softops again.",
        "镜像仓库 {registry} 使用 HTTP 而非 HTTPS。请为其配置证书，"
        "或将 {registry} 加入 SOFTOPS_INSECURE_REGISTRIES 并重新启动 softops。"),
    "REGISTRY_BAD_ANSWER": (
        "The registry {registry} does not answer for {image} as the distribution API says: {problem}. Check "
        "what is behind that address.",
        "镜像仓库 {registry} 对 {image} 的应答不符合分发 API：{problem}。请检查该地址背后的服务。"),
    "IMAGE_NAME_INVALID": (
        "{image} is not the name of an image. Write REGISTRY/NAME:TAG.",
        "{image} 不是镜像名。请写成 仓库/名称:标签。"),
    "INPUT_INVALID": (
        "The playbook can't work with its input: {problem}. Run it through softops, or with -e "
        "softops_name=NAME.",
        "剧本无法使用其输入：{problem}。请通过 softops 运行，或使用 -e softops_name=名称。"),
    "CATALOG_NAME_MISSING": (
        "Say what to work with: -e softops_name=NAME [-e softops_version=VERSION]. In {catalog} there is: "
        "{choices}.",
        "请指定软件：-e softops_name=名称 [-e softops_version=版本]。{catalog} 中有：{choices}。"),
    "CATALOG_NAME_UNKNOWN": (
        "There is no software {name} in {catalog}. There is: {choices}.",
        "{catalog} 中没有软件 {name}。现有：{choices}。"),
    "CATALOG_ENTRY_BROKEN": (
        "The catalog entry of {name} can't be used: {problem}. Correct the file.",
        "{name} 的目录条目无法使用：{problem}。请改正该文件。"),
    "CHECK_DIRECTORY": (
        "The directory {directory} can't be read: {problem}. Name the one that has a folder for each software.",
        "无法读取目录 {directory}：{problem}。请指定每个软件一个文件夹的那个目录。"),
    "CATALOG_UNREADABLE": (
        "The catalog {catalog} can't be read: {problem}. Set softops_catalog to the directory that holds it.",
        "无法读取目录 {catalog}：{problem}。请将 softops_catalog 设为其所在目录。"),
    "HAND_CONNECT": ("looking at the engine", "正在查看引擎"),
    "HAND_SPACE": ("looking at the free space", "正在查看剩余空间"),
    "HAND_PULL": ("pulling {image}, {total} to download", "正在拉取 {image}，需下载 {total}"),
    "HAND_PULL_UNKNOWN": ("pulling {image}", "正在拉取 {image}"),
    "HAND_LAYERS": (
        "{done} of {layers} layers are there, {current} downloaded",
        "{layers} 层中已有 {done} 层，已下载 {current}"),
    "HAND_LAYER": ("layer {layer}: {status}", "层 {layer}：{status}"),
    "HAND_VERIFY": ("checking what was pulled", "正在核对拉取结果"),
    "HAND_MANIFEST": ("noting what is installed", "正在记录已安装内容"),
}
