"""web/validation.py: what does not fit becomes one sentence that names the field."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from softops.errors import BadRequest
from softops.statuses import RecordStatus
from softops.web.validation import Printable, Whole, is_list, names_of, read_json, read_values


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[int, Whole(1, 9)] = 5
    text: Annotated[str, Field(min_length=1, max_length=3), Printable] = "x"
    status: RecordStatus | None = None
    many: Annotated[list[str], Field(min_length=1, max_length=2)] | None = None
    switch: bool = False
    mapping: dict[str, int] = {}
    renamed: int = Field(0, alias="otherName")
    needed: int | None = Field(...)


def refusal(**values: Any) -> tuple[str, dict[str, object]]:
    with pytest.raises(BadRequest) as caught:
        read_values(Sample, {"needed": 1, **values})
    return caught.value.reason, caught.value.params


@pytest.mark.parametrize(("values", "reason", "params"), [
    ({"number": "0"}, "FIELD_NUMBER", {"name": "number", "low": 1, "high": 9}),
    ({"number": True}, "FIELD_NUMBER", {"name": "number", "low": 1, "high": 9}),
    ({"number": 1.5}, "FIELD_NUMBER", {"name": "number", "low": 1, "high": 9}),
    ({"number": None}, "FIELD_NUMBER", {"name": "number", "low": 1, "high": 9}),
    ({"text": 1}, "FIELD_TEXT", {"name": "text"}),
    ({"text": ""}, "FIELD_TEXT_EMPTY", {"name": "text"}),
    ({"text": "xxxx"}, "FIELD_TEXT_LONG", {"name": "text", "limit": 3}),
    ({"text": "a\n"}, "FIELD_CONTROL", {"name": "text"}),
    ({"status": "done"}, "FIELD_CHOICE",
     {"name": "status", "choices": "PENDING, RUNNING, SUCCESS, FAILED or CANCELLED"}),
    ({"many": "x"}, "FIELD_LIST", {"name": "many"}),
    ({"many": []}, "FIELD_LIST_EMPTY", {"name": "many"}),
    ({"many": ["a", "b", "c"]}, "FIELD_LIST_LONG", {"name": "many", "limit": 2}),
    ({"many": ["a", 1]}, "FIELD_TEXT", {"name": "many.1"}),
    ({"switch": "perhaps"}, "FIELD_SWITCH", {"name": "switch"}),
    ({"mapping": []}, "FIELD_OBJECT", {"name": "mapping"}),
    ({"nubmer": 1}, "FIELD_UNKNOWN", {"name": "nubmer", "nearest": "number"}),
    ({"otherNmae": 1}, "FIELD_UNKNOWN", {"name": "otherNmae", "nearest": "otherName"})])
def test_each_kind_of_mistake_has_its_reason(values: dict[str, Any], reason: str, params: dict[str, object]) -> None:
    assert refusal(**values) == (reason, params)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadRequest) as caught:
        read_json(Sample, b"{}")
    assert (caught.value.reason, caught.value.params) == ("FIELD_MISSING", {"name": "needed"})


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b"\xff", b'{"a": 1', b"[" * 10_000])
def test_what_is_not_json_is_told_so(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        read_json(Sample, body)
    assert caught.value.reason == "BODY_NOT_JSON"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"'])
def test_what_is_no_object_is_told_so(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        read_json(Sample, body)
    assert caught.value.reason == "BODY_NOT_AN_OBJECT"


def test_plain_digits_and_numbers_are_whole_numbers() -> None:
    assert [read_values(Sample, {"needed": 1, "number": value}).number for value in ("1", "09", 9)] == [1, 9, 9]


def test_names_are_those_that_callers_use() -> None:
    assert names_of(Sample)[-2:] == ["otherName", "needed"]


def test_only_lists_may_be_given_several_times() -> None:
    class Query(BaseModel):
        many: Annotated[list[int], Field(max_length=9)] = Field([], alias="serverId")
        one: int = 1

    assert [is_list(Query, name) for name in ("serverId", "many", "one", "unknown")] == [True, False, False, False]
