"""The words of the API and of Docker engines as a Chinese reader sees them; English readers see them as they are."""

from __future__ import annotations

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "PENDING": "等待中", "RUNNING": "进行中", "SUCCESS": "成功", "FAILED": "失败", "CANCELLED": "已取消",
    "AVAILABLE": "可用", "UNAVAILABLE": "不可用", "RETIRED": "已下架",
    "ONLINE": "在线", "OFFLINE": "离线", "UNKNOWN": "未知",
    "NEVER": "从未同步", "OK": "正常", "PARTIAL": "部分成功", "WAITING": "待确认",
    "install": "安装", "pull": "拉取", "start": "启动", "upgrade": "升级", "rollback": "回滚", "stop": "停止",
    "restart": "重启", "remove": "移除", "apply": "应用",
    "ALIVE": "存活", "SILENT": "无响应", "DEAD": "已终止", "NONE": "无",
    "create": "创建", "recreate": "重建",
    "created": "已创建", "running": "运行中", "paused": "已暂停", "restarting": "重启中", "removing": "移除中",
    "exited": "已退出", "dead": "已失效", "starting": "启动中", "healthy": "健康", "unhealthy": "不健康",
    "Pulling fs layer": "准备拉取", "Waiting": "等待", "Downloading": "下载中", "Verifying Checksum": "校验中",
    "Download complete": "下载完成", "Extracting": "解压中", "Pull complete": "完成", "Already exists": "已存在",
    "Writing files": "正在写入文件", "Starting containers": "正在启动容器", "Waiting for health": "等待健康",
    "Rolling back": "正在回滚", "Stopping containers": "正在停止容器", "Restarting containers": "正在重启容器",
    "Removing containers": "正在移除容器",
    "Started": "已启动", "Healthy": "健康", "Unhealthy": "不健康", "Created": "已创建", "Restarting": "正在重启",
    "Creating": "正在创建", "Recreate": "正在重建", "Recreated": "已重建", "Starting": "正在启动", "Running": "运行中",
    "Stopping": "正在停止", "Stopped": "已停止", "Removing": "正在移除", "Removed": "已移除", "Restarted": "已重启",
}


def meant(text: str) -> str:
    """The word of the API that a person may have written in Chinese or in small letters."""
    return next((word for word, chinese in TERMS.items() if text == chinese),
                text.upper() if text.upper() in TERMS else text)
