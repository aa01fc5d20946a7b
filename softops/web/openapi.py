"""The OpenAPI 3.1 document, from the same table and models that answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from softops.errors import HTTP_STATUS
from softops.requestkeys import HEADER
from softops.web.endpoint import Endpoint
from softops.web.parameters import LARGEST_ID
from softops.web.schemas import Envelope, Refusal

REF = "#/components/schemas/{model}"
LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"
ALWAYS = (400, 403, 413, 500)
"""Codes with which every endpoint may refuse."""

Schema = Mapping[str, Any]


def document(endpoints: Sequence[Endpoint], version: str) -> Schema:
    """The whole document."""
    schemas = Schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "softops", "version": version, "license": {"name": "MIT", "identifier": "MIT"},
                 "description": "GitOps for Docker software on one's own servers."},
        "paths": paths,
        "components": {"schemas": schemas.components},
    }


class Schemas:
    """The JSON schemas of everything that goes in or out."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        wanted: dict[tuple[object, JsonSchemaMode], TypeAdapter[Any]] = {
            (Refusal, "serialization"): TypeAdapter(Refusal)}
        for endpoint in endpoints:
            wanted[endpoint, "serialization"] = TypeAdapter(enveloped_type(endpoint))
            for model in (endpoint.body, endpoint.query):
                if model is not None:
                    wanted[model, "validation"] = TypeAdapter(model)
        keys = list(wanted)
        found, definitions = TypeAdapter.json_schemas(
            [(str(number), mode, wanted[key, mode]) for number, (key, mode) in enumerate(keys)], ref_template=REF)
        self._found = {key: found[str(number), mode] for number, (key, mode) in enumerate(keys)}
        self.components: Schema = _with_local_times(definitions["$defs"])

    def of(self, what: object) -> Schema:
        """The schema of a body, of an endpoint's answer or of Refusal."""
        return self._found[what]

    def whole(self, model: type[BaseModel]) -> Schema:
        """The schema of a query or body itself, where `of` only refers to it."""
        whole: Schema = self.components[str(self._found[model]["$ref"]).rpartition("/")[2]]
        return whole


def _with_local_times(schema: Any) -> Any:
    """The schema with times as the contract writes them: in UTC, but without saying so."""
    if isinstance(schema, list):
        return [_with_local_times(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "date-time":
        return {**{key: value for key, value in schema.items() if key != "format"}, "pattern": LOCAL_TIME}
    return {key: _with_local_times(value) for key, value in schema.items()}


def enveloped_type(endpoint: Endpoint) -> Any:
    """The type of an endpoint's whole answer."""
    return Envelope[endpoint.answer]  # type: ignore[name-defined]


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": f"{endpoint.handler.__module__.rpartition('.')[2]}_{endpoint.handler.__name__}",
        "parameters": _parameters(endpoint, schemas),
        "responses": _responses(endpoint, schemas),
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": schemas.of(endpoint.body)}}
        operation["requestBody"] = {"content": content, "required": _must_be_given(schemas.whole(endpoint.body))}
    return operation


def _parameters(endpoint: Endpoint, schemas: Schemas) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if endpoint.name:
        schema = {"type": "string"} if endpoint.raw else {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
        parameters.append({"name": endpoint.name, "in": "path", "required": True, "schema": schema})
    if endpoint.again is not None:
        parameters.append({"name": HEADER, "in": "header", "required": False,
                           "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"}})
    if endpoint.query is not None:
        query = schemas.whole(endpoint.query)
        parameters.extend({"name": name, "in": "query", "required": name in query.get("required", ()),
                           "schema": schema} for name, schema in query["properties"].items())
    return parameters


def _must_be_given(body: Schema) -> bool:
    """Whether {} is none."""
    return any("required" in schema for schema in (body, *body.get("oneOf", ())))


def _responses(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    statuses = sorted({HTTP_STATUS[code] for code in (*endpoint.codes, *ALWAYS)})
    return {str(status): _lines() if endpoint.lines and status < 300
            else _response(status, schemas.of(endpoint if status < 300 else Refusal)) for status in statuses}


def _lines() -> dict[str, Any]:
    content = {"application/x-ndjson": {"schema": {"type": "string"}}}
    return {"description": "JSON objects, one per line", "content": content}


def _response(status: int, schema: Schema) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": schema}}}
