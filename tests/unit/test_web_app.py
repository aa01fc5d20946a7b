"""web/app.py: what nobody foresaw, and the life of the server."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from softops.broadcast import Hub
from softops.config import Settings
from softops.errors import ConfigError, DatabaseError, DatabaseRefused
from softops.service import Service
from softops.web.app import App, create_app


class Raises:
    """Raises whatever is asked of it."""

    def __init__(self, exc: Exception) -> None:
        self._exc = exc

    def __getattr__(self, _name: str) -> Any:
        def broken(*_args: object, **_values: object) -> None:
            raise self._exc

        return broken


def app_over(exc: Exception) -> App:
    parts = Raises(exc)
    service = SimpleNamespace(settings=Settings(language="en", auth="none"), hub=Hub(), records=parts, images=parts,
                              looks=parts, accounts=parts, start=parts.start, stop=lambda: None)
    return create_app(cast(Service, service))


def get(app: App, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def test_an_unforeseen_error_is_500_and_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    app = app_over(RuntimeError("the password is hunter2"))
    response = get(app, "/api/system/soft/page", **{"X-Request-Id": "abc-1"})
    assert (response.status_code, response.json()) == (500, {
        "code": 500, "data": None,
        "message": "Something went wrong inside softops (RuntimeError). The log has the details."})
    assert response.headers["x-request-id"] == "abc-1"
    assert "hunter2" in caplog.text
    assert [(record.levelname, vars(record)["request"]) for record in caplog.records[:1]] == [("ERROR", "abc-1")]


def test_an_error_of_softops_itself_has_its_own_code_and_sentence() -> None:
    response = get(app_over(DatabaseRefused("JOB_NOT_FOUND", job=7)), "/api/system/soft/job/7")
    assert (response.status_code, response.json()["code"]) == (500, 500)
    assert response.json()["message"].startswith("There is no job 7.")
    assert "retry-after" not in response.headers


@pytest.mark.parametrize("path", ["/api/system/soft/job/7", "/healthz"])
def test_without_a_database_callers_are_told_when_to_come_again(path: str) -> None:
    response = get(app_over(DatabaseError("DATABASE_FAILED", database="x", problem="gone")), path)
    assert (response.status_code, response.json()["code"], response.headers["retry-after"]) == (503, 503, "5")


def test_every_answer_is_fresh_named_and_taken_as_what_it_is() -> None:
    headers = get(app_over(RuntimeError()), "/nothing").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert len(headers["x-request-id"]) == 16


def test_a_service_that_can_not_start_is_told_to_the_server() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    app = app_over(ConfigError("VAR_UNUSABLE", path="/nowhere", problem="no"))
    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert "/nowhere" in sent[0]["message"]
