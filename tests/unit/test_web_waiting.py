"""web/waiting.py: what a caller is told of a job that failed."""

from dataclasses import replace

import pytest

from softops.entities import Record
from softops.statuses import RecordStatus
from softops.web.waiting import failure_code, failure_text


def a_record(server: str, status: RecordStatus = RecordStatus.FAILED, *, code: int | None = 1002,
             message: str = "网络连接超时") -> Record:
    return Record(id=1, job_id=1, soft_id=1, server_id=1, status=status, operation="pull", soft_name="nginx",
                  version="1", docker_image="nginx:1", server_name=server, user="u", code=code, remark="as stored",
                  reason="TASK_FAILED", reason_params={"task": "Pull", "message": message})


@pytest.mark.parametrize(("codes", "code"), [
    ([1002], 1002), ([1002, 1001], 1001), ([500, 1002], 1002), ([None], 500), ([], 500), ([409, 404], 404)])
def test_the_contracts_codes_come_first(codes: list[int | None], code: int) -> None:
    assert failure_code([a_record("web1", code=one) for one in codes]) == code


def test_servers_that_succeeded_have_no_say() -> None:
    records = [a_record("web1", RecordStatus.SUCCESS, code=1001), a_record("web2", code=1002)]
    assert failure_code(records) == 1002
    assert failure_text(records, "en") == (
        "It failed on 1 of 2 servers: web2: The task 'Pull' failed: 网络连接超时")


def test_several_failures_are_told_in_the_callers_language() -> None:
    records = [a_record("web1"), a_record("web2", message="x")]
    assert failure_text(records, "zh") == (
        "2 台服务器中有 2 台失败：服务器 web1：任务“Pull”失败：网络连接超时；服务器 web2：任务“Pull”失败：x")


def test_a_single_server_needs_no_counting() -> None:
    assert failure_text([a_record("web1")], "en") == "web1: The task 'Pull' failed: 网络连接超时"
    assert failure_text([replace(a_record("web1"), reason=None)], "en") == "web1: as stored"
