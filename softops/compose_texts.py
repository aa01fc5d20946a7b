"""Sentences about the files of an app: its template, Docker Compose's opinion and permissions. Merged into texts.py."""

from __future__ import annotations

from collections.abc import Mapping

COMPOSE_TEXTS: Mapping[str, tuple[str, str]] = {
    "NOTHING_TO_START": (
        "{software} {version} is only an image: its catalog entry has neither service nor compose, so nothing can be "
        "started. Add one of them to its software.yml.",
        "{software} {version} 只是一个镜像：其目录条目中既没有 service 也没有 compose，无法启动。"
        "请在 software.yml 中添加其一。"),
    "PARAMETER_NUL": ("{name} contains a NUL character, which no container can be given. Remove it.",
                      "{name} 含有 NUL 字符，无法传给容器。请删除。"),
    "PARAMETER_NOT_TEXT": ("{name} contains half of a character (a lone surrogate). Send valid Unicode.",
                           "{name} 含有半个字符（孤立的代理项）。请发送合法的 Unicode。"),
    "PARAMETER_OVERSIZED": ("{name} has more than {limit} bytes, the most that a container can be given as a variable. "
                            "Shorten it.",
                            "{name} 超过 {limit} 字节，即容器变量的上限。请缩短。"),
    "TEMPLATE_FAILED": ("{software}: the template {path} failed in line {line}: {detail}. Mend it in git.",
                        "{software}：模板 {path} 在第 {line} 行出错：{detail}。请在 git 中修正。"),
    "TEMPLATE_TOO_LONG": ("{software}: the template {path} makes more than {limit} KiB. Make it smaller.",
                          "{software}：模板 {path} 的输出超过 {limit} KiB。请缩小。"),
    "TEMPLATE_TOO_MUCH": ("{software}: the template {path} takes too much time or memory and was ended. "
                          "Look for its loops and mend it in git.",
                          "{software}：模板 {path} 占用过多时间或内存，已被终止。请检查其中的循环并在 git 中修正。"),
    "TEMPLATE_NOT_RENDERED": ("softops could not start the program that renders templates: {problem}. Try again; if it "
                              "stays, install softops again.",
                              "softops 无法启动渲染模板的程序：{problem}。请重试；若仍失败，请重新安装 softops。"),
    "TEMPLATE_YAML": ("{software}: what the template renders is not usable YAML (places are of the rendered text): "
                      "{problem}",
                      "{software}：模板渲染出的 YAML 不可用（位置指渲染后的文本）：{problem}"),
    "COMPOSE_INVALID": ("Docker Compose does not accept what {software} would be started with: {problem}. Mend its "
                        "catalog entry or the parameters.",
                        "Docker Compose 不接受 {software} 的启动内容：{problem}。请修正目录条目或参数。"),
    "COMPOSE_TIMEOUT": ("Docker Compose did not answer within {seconds} seconds. Try again when the machine of softops "
                        "has less to do.",
                        "Docker Compose 未在 {seconds} 秒内答复。请在 softops 所在机器空闲时重试。"),
    "COMPOSE_NOT_RUN": ("Docker Compose can't be run on the machine of softops: {problem}. Install softops with its "
                        "dependencies again.",
                        "无法在 softops 所在机器上运行 Docker Compose：{problem}。请重新安装 softops 及其依赖。"),
    "COMPOSE_BINARY_MISSING": ("Docker Compose is missing ({path}). Install softops with its dependencies again.",
                               "缺少 Docker Compose（{path}）。请重新安装 softops 及其依赖。"),
    "COMPOSE_NO_SERVICE": ("{software}: the template has no services. Write at least one under services, each a "
                           "mapping.",
                           "{software}：模板中没有服务。请在 services 下至少写一个，每个都是映射。"),
    "COMPOSE_IMAGE_UNUSED": ("{software}: no service of the template runs the version's image {image}. Write "
                             "image: {{ image }} in one of them.",
                             "{software}：模板中没有服务使用该版本的镜像 {image}。"
                             "请在其中一个服务中写 image: {{ image }}。"),
    "COMPOSE_KEY": ("{software}: the key {key} is not allowed (service {service}). Remove it, or use: {nearest}.",
                    "{software}：不允许使用键 {key}（服务 {service}）。请删除，或使用：{nearest}。"),
    "COMPOSE_VARIABLE": ("{software}: the template uses the variable {name}, which is no parameter; Compose would take "
                         "it from whoever calls it. Declare it under params or use: {nearest}. A dollar sign is $$.",
                         "{software}：模板使用了变量 {name}，但它不是参数，Compose 会从调用者的环境中取值。"
                         "请在 params 中声明，或使用：{nearest}。美元符号写作 $$。"),
    "COMPOSE_NO_PARAMS": ("{software}: the template uses the variable {name}, which is no parameter; Compose would "
                          "take it from whoever calls it. Declare it under params. A dollar sign is $$.",
                          "{software}：模板使用了变量 {name}，但它不是参数，Compose 会从调用者的环境中取值。"
                          "请在 params 中声明。美元符号写作 $$。"),
    "COMPOSE_UNSET": ("{software}: ${{name}{sign}...} in the template means something else for an empty value than for "
                      "none, and a parameter that is not given is empty. Write ${{name}:{sign}...}.",
                      "{software}：模板中的 ${{name}{sign}...} 对空值和未设置的处理不同，而未给出的参数是空值。"
                      "请写 ${{name}:{sign}...}。"),
    "COMPOSE_READS_FILES": ("{software}: {key} of the service {service} would use other files, and an app has none but "
                            "compose.yml and .env. Write out what it needs; values belong into params.",
                            "{software}：服务 {service} 的 {key} 会使用其他文件，而应用只有 compose.yml 和 .env。"
                            "请直接写出所需内容；值应放入 params。"),
    "COMPOSE_SECRET_FILE": ("{software}: {name} under {part} may only have content or environment. An app has no files "
                            "but compose.yml and .env.",
                            "{software}：{part} 下的 {name} 只能使用 content 或 environment。"
                            "应用只有 compose.yml 和 .env。"),
    "ENTRY_PERMISSION": ("{value} is not a permission. Write one of: privileged, host_network, host_pid, host_ipc, "
                         "host_uts, host_cgroup, host_userns, docker_socket, gpu, host_path:/PATH, device:/dev/NAME, "
                         "capability:NAME, sysctl:NAME, security_opt:VALUE, external_network:NAME, "
                         "external_volume:NAME, network_driver:NAME, log_driver:NAME.",
                         "{value} 不是权限。请写以下之一：privileged、host_network、host_pid、host_ipc、host_uts、"
                         "host_cgroup、host_userns、docker_socket、gpu、host_path:/路径、device:/dev/名称、"
                         "capability:名称、sysctl:名称、security_opt:值、external_network:名称、"
                         "external_volume:名称、network_driver:名称、log_driver:名称。"),
    "PERMISSION_NEVER": ("{software} asks for something that can't be permitted (service {service}): {thing}. Remove "
                         "it from its catalog entry.",
                         "{software} 要求了不可授权的内容（服务 {service}）：{thing}。请从目录条目中删除。"),
    "PERMISSION_UNDECLARED": ("{software}: the service {service} needs a permission that its catalog entry does not "
                              "declare. Remove the need, or add to its software.yml: permissions: [\"{permission}\"]",
                              "{software}：服务 {service} 需要目录条目未声明的权限。请去除该需求，"
                              "或在 software.yml 中添加：permissions: [\"{permission}\"]"),
    "PERMISSION_NOT_ACCEPTED": ("{software} {version} needs permissions that nobody accepted: {permissions}. If you "
                                "trust it, repeat with {options} (in the API: acceptPermissions).",
                                "{software} {version} 需要尚未被接受的权限：{permissions}。如果信任它，"
                                "请加上 {options} 重试（API 中为 acceptPermissions）。"),
}
