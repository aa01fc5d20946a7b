"""web/openapi.py: the document has every route, and nothing that is not there."""

from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from softops.service import Service
from softops.web.authentication import Gate
from softops.web.endpoint import Endpoint
from softops.web.openapi import document
from softops.web.routes import Handlers
from softops.web.table import ENDPOINTS

DOCUMENT = document(ENDPOINTS, "1.0")


def resolved(value: Any) -> Any:
    """`value` with every reference into the document replaced by what it names."""
    if isinstance(value, dict) and "$ref" in value:
        return resolved(DOCUMENT["components"]["schemas"][value["$ref"].removeprefix("#/components/schemas/")])
    if isinstance(value, dict):
        return {key: resolved(one) for key, one in value.items()}
    return [resolved(one) for one in value] if isinstance(value, list) else value


def test_every_route_is_in_the_document_and_the_other_way_round() -> None:
    routes = Handlers(cast(Service, None), cast(Gate, None), lambda: False).application(ENDPOINTS).routes
    served = {(route.path, method) for route in routes if isinstance(route, Route)
              for method in (route.methods or ()) if method != "HEAD"}
    described = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert served == described == {(endpoint.path, endpoint.method) for endpoint in ENDPOINTS}


def test_the_contracts_endpoints_are_there_with_their_parameters() -> None:
    def parameters(path: str, method: str) -> dict[str, Any]:
        return {one["name"]: one["in"] for one in DOCUMENT["paths"][path][method]["parameters"]}

    assert parameters("/api/system/soft/page", "get") == dict.fromkeys(("page", "size", "name", "status"), "query")
    assert parameters("/api/system/soft/record/page", "get").keys() >= {"page", "size", "softId", "serverId", "status"}
    assert parameters("/api/system/soft/sync/{softId}", "post") == {"softId": "path"}
    assert parameters("/api/system/soft/pull/{softId}", "post")["softId"] == "path"


def test_operations_have_names_of_their_own() -> None:
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(resolved(DOCUMENT["components"]["schemas"][name]))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_every_operation_says_how_it_ends_well_and_badly(endpoint: Endpoint) -> None:
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
    assert min(operation["responses"]) in {"200", "202", "302"}
    assert {"400", "403", "500"} <= operation["responses"].keys()
    responses = dict(operation["responses"])
    if endpoint.lines:
        assert list(responses.pop("200")["content"]) == ["application/x-ndjson"]
    for response in responses.values():
        schema = resolved(response["content"]["application/json"]["schema"])
        assert list(schema["properties"]) == ["code", "message", "data"]


def test_numbers_have_their_bounds() -> None:
    size = next(one for one in DOCUMENT["paths"]["/api/system/soft/page"]["get"]["parameters"] if one["name"] == "size")
    assert (size["schema"]["minimum"], size["schema"]["maximum"], size["schema"]["default"]) == (1, 1000, 10)
