"""preview.py: what stands in for values that nobody gave."""

from __future__ import annotations

from typing import Any

import pytest

from softops.composing import AppVersion
from softops.params import declared
from softops.preview import Preview, preview, stand_in


def an_app(**entry: Any) -> AppVersion:
    return AppVersion(name="nginx", version="1.21.0", image="nginx:1.21.0", digest=None, commit=None,
                      entry={"name": "nginx", "params": [], **entry})


@pytest.mark.parametrize(("param", "expected"), [
    ({"type": "port"}, 1), ({"type": "port", "min": 1024}, 1024), ({"type": "int"}, 0),
    ({"type": "int", "max": -5}, -5),
    ({"type": "bool"}, False), ({"type": "enum", "choices": ["b", "a"]}, "b"), ({"type": "string"}, "<P>"),
    ({"type": "secret", "generate": 24}, "<P>")])
def test_a_stand_in_is_a_value_of_its_type(param: dict[str, Any], expected: object) -> None:
    (found,) = declared({"params": [{"name": "P", **param}]})
    assert stand_in(found) == expected


def test_one_container_is_shown_without_values() -> None:
    app = an_app(service={"ports": ["${P}:80"], "env": {"S": "${S}"}},
                 params=[{"name": "P", "type": "port"}, {"name": "S", "type": "secret"}])
    found = preview(app, {"P": 8080, "S": "s3cret"})
    assert found.model["services"]["nginx"]["ports"] == ["${P}:80"]
    assert "${S}" in found.text
    assert "s3cret" not in found.text
    assert "8080" not in found.text


def test_what_can_not_be_started_has_no_file() -> None:
    assert preview(an_app(), {}) == Preview(text="", model={"services": {}})
