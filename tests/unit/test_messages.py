"""messages.py: the contract's fields, to the letter, and ours beside them."""

from dataclasses import replace

from softops.events import Layer
from softops.messages import (
    complete_payload,
    container_payload,
    error_payload,
    progress_payload,
    stage_payload,
    start_payload,
    topics_of,
)
from softops.progress import ServerProgress
from softops.statuses import RecordStatus
from tests.values import make_record

AT = 1704103260.0
RECORD = replace(make_record(), id=3, job_id=2, server_id=4, server_name="web1", operation="pull",
                 docker_image="nginx:1.21.0")
OURS = {"jobId": 2, "recordId": 3, "serverId": 4, "serverName": "web1", "softName": "nginx", "version": "1.21.0",
        "at": AT}
CONTRACT = {"operation": "pull", "imageName": "nginx:1.21.0", "timestamp": "2024-01-01T10:01:00"}


def test_docker_start() -> None:
    assert start_payload(RECORD, AT) == {"type": "docker_start", **CONTRACT, **OURS, "current": 0, "total": None}


def test_docker_progress() -> None:
    layer = Layer(id="layer_id_123", status="Downloading", current=25, total=100)
    assert progress_payload(RECORD, layer, AT) == {
        "type": "docker_progress", **CONTRACT, **OURS, "status": "Downloading",
        "progress": "[====>              ] 25%", "id": "layer_id_123", "current": 25, "total": 100}


def test_a_stage_is_progress_of_the_software() -> None:
    assert stage_payload(RECORD, "rollback", AT) == {
        "type": "docker_progress", **CONTRACT, **OURS, "status": "Rolling back", "progress": "", "id": "nginx",
        "stage": "rollback", "current": None, "total": None}


def test_a_container_is_progress_by_its_name() -> None:
    assert container_payload(RECORD, Layer(id="nginx-db-1", status="Healthy"), AT) == {
        "type": "docker_progress", **CONTRACT, **OURS, "status": "Healthy", "progress": "", "id": "nginx-db-1",
        "container": "nginx-db-1", "current": None, "total": None}


def test_docker_complete() -> None:
    done = replace(RECORD, status=RecordStatus.SUCCESS, digest="sha256:1", reason="UPGRADE_SUCCESS", changed=True,
                   revision=7)
    assert complete_payload(done, AT, ServerProgress(total=9)) == {
        "type": "docker_complete", **CONTRACT, **OURS, "success": True, "status": "SUCCESS", "digest": "sha256:1",
        "reason": "UPGRADE_SUCCESS", "changed": True, "revision": 7, "current": 0, "total": 9}


def test_docker_error_in_the_language_of_the_watchers() -> None:
    failed = replace(RECORD, status=RecordStatus.FAILED, reason="TASK_FAILED", code=1002,
                     reason_params={"task": "Pull", "message": "no"})
    assert error_payload(failed, AT, "zh", ServerProgress()) == {
        "type": "docker_error", **CONTRACT, **OURS, "error": "任务“Pull”失败：no", "code": 1002,
        "reason": "TASK_FAILED", "params": {"task": "Pull", "message": "no"}, "current": 0, "total": None}


def test_a_record_is_on_the_topics_of_its_job_itself_and_its_server() -> None:
    assert topics_of(RECORD) == {"job:2", "record:3", "server:4"}
