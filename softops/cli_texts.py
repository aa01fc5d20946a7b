"""The sentences about settings and about what is typed on the command line, by reason: English, Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CLI_TEXTS: Mapping[str, tuple[str, str]] = {
    "CONFIG_NUMBER": ("{name}={value} can't be used: it has to be a whole number. Set it right or leave it out.",
                      "{name}={value} 无效：须为整数。请改正或不设置它。"),
    "CONFIG_LEAST": ("{name}={value} can't be used: it has to be at least {least}. Set it right or leave it out.",
                     "{name}={value} 无效：不能小于 {least}。请改正或不设置它。"),
    "CONFIG_MOST": ("{name}={value} can't be used: it may be at most {most}. Set it right or leave it out.",
                    "{name}={value} 无效：不能大于 {most}。请改正或不设置它。"),
    "CONFIG_CHOICE": ("{name}={value} can't be used: it has to be one of {choices}. Set it right or leave it out.",
                      "{name}={value} 无效：须为 {choices} 之一。请改正或不设置它。"),
    "PARAM_FILE": ("The value of {name} can't be read from the file {path}: {problem}. Name a file with UTF-8 text; "
                   "a value that begins with @ is written with @@.",
                   "无法从文件 {path} 读取 {name} 的值：{problem}。请给出 UTF-8 文本文件；以 @ 开头的值请写成 @@。"),
    "DOCTOR_OTHER_SETTINGS": ("The server at {url} has other settings: it reads the catalog {theirs}, here it is "
                              "{ours}. What "
                              "is said above is true here only; set the SOFTOPS_ variables of the server in "
                              "this shell.",
                              "{url} 处的服务器使用其他配置：其目录为 {theirs}，此处为 {ours}。以上检查仅针对此处；"
                              "请在此终端设置与服务器相同的 SOFTOPS_ 变量。"),
    "OUTPUT_FAILED": ("The output can't be written: {problem}. What was asked for may have been done; look again.",
                      "无法写出结果：{problem}。请求的操作可能已完成，请再次查看。"),
}
