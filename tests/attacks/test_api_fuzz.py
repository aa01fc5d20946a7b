"""The API does what its OpenAPI document says, whatever comes in: schemathesis on the application in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.types import Receive, Scope, Send

from softops.web.app import App, create_app
from tests.factories import a_repository, an_item, some_images
from tests.integration.webserver import Story, still_service

EXAMPLES = 8
"""Requests for each operation."""
BEYOND_SCHEMAS = {
    "POST /api/system/soft/repository": "the grammar of git's addresses",
    "GET /api/system/soft/diff": "one of two parameters of the query is needed",
    "POST /api/system/soft/credential": "which fields belong together",
    "POST /api/system/soft/user": "the grammar of names, and which passwords are good enough",
    "POST /api/system/soft/user/{userId}": "which passwords are good enough",
    "POST /api/system/soft/auth/setup": "the same",
    "POST /api/system/soft/token": "which rights may be given away",
    "GET /api/system/soft/audit/page": "the days of a month",
    "GET /api/system/soft/audit/export": "the days of a month",
    "POST /api/system/soft/repository/{repositoryId}/webhook": "what is long enough to be a secret"}
"""Operations that refuse what their schema allows, and what it can't say."""


class Inside:
    """The application without a life of its own, as its callers on this machine see it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            # The service is the test's own: it is neither started nor stopped here.
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
            return
        headers = [(name, b"127.0.0.1" if name == b"host" else value) for name, value in scope["headers"]]
        await self._app({**scope, "headers": headers}, receive, send)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    directory = tmp_path_factory.mktemp("fuzz")
    service = still_service(directory)
    some_images(service.database, an_item("demo", "1.0", docker_image="127.0.0.1:1/demo:1.0"))
    a_repository(service.database, url=str(directory / "nowhere"))
    Story(service, servers=("web1", "web2")).milestone()
    yield schemathesis.openapi.from_asgi("/api/openapi.json", Inside(create_app(service)))
    service.database.close()


@pytest.mark.timeout(400)
def test_every_operation_answers_as_its_document_says(
        schema: schemathesis.BaseSchema, caplog: pytest.LogCaptureFixture) -> None:
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 40
    # What is deleted last has been there for all others.
    for operation in sorted(operations, key=lambda one: one.method.upper() == "DELETE"):
        bombard(operation)
        # Registries, servers and repositories that are not there are told with 5xx as well; these have no traceback.
        assert [record.exc_text for record in caplog.records if record.exc_info] == []


def bombard(operation: schemathesis.APIOperation) -> None:
    """Send good and bad requests and look at the answers."""
    excluded: list[CheckFunction] = [not_a_server_error]
    if operation.label in BEYOND_SCHEMAS:
        excluded.append(positive_data_acceptance)

    @settings(max_examples=EXAMPLES)
    @given(case=operation.as_strategy(), known=st.booleans())
    def send(case: schemathesis.Case, known: bool) -> None:
        if known and case.meta is not None and case.meta.generation.mode.is_positive:
            # Of what exists there is more to answer.
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, 1)
        # Nobody works on jobs here: whoever waited for one would wait long.
        case.call_and_validate(excluded_checks=excluded, headers={"Prefer": "respond-async"})

    send()
