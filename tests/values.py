"""Values of softops.entities with defaults, for tests without a database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from softops.entities import Job, Record, SoftImage
from softops.statuses import ImageStatus, RecordStatus

NOW = datetime(2024, 1, 1, 10)  # noqa: DTZ001  naive UTC like all stored times
COMMIT = "4f2c" * 10


def make_image(**changes: Any) -> SoftImage:
    """nginx 1.21.0, available."""
    values: dict[str, Any] = {
        "id": 1, "name": "nginx", "version": "1.21.0", "docker_image": "nginx:1.21.0", "description": "高性能Web服务器",
        "status": ImageStatus.AVAILABLE, "repository_id": 1, "commit": COMMIT, "create_time": NOW, "update_time": NOW}
    return SoftImage(**values | changes)


def make_job(**changes: Any) -> Job:
    """A pending installation of nginx 1.21.0."""
    values: dict[str, Any] = {
        "id": 1, "operation": "install", "status": RecordStatus.PENDING, "soft_id": 1, "soft_name": "nginx",
        "version": "1.21.0", "docker_image": "nginx:1.21.0", "digest": None, "commit": COMMIT, "user": "tester",
        "create_time": NOW}
    return Job(**values | changes)


def make_record(**changes: Any) -> Record:
    """The running record of that installation on web1."""
    values: dict[str, Any] = {
        "id": 1, "job_id": 1, "soft_id": 1, "server_id": 1, "status": RecordStatus.RUNNING, "operation": "install",
        "soft_name": "nginx", "version": "1.21.0", "docker_image": "nginx:1.21.0", "server_name": "web1",
        "user": "tester", "start_time": NOW}
    return Record(**values | changes)
