"""templating.py: what a template sees of its parameters, and what it prints of them."""

from __future__ import annotations

from typing import Any

import pytest

from softops.templating import render

HOSTILE = "hunter2\"\n'{{ 7 * 7 }}': #"
PARAMS = {"TEXT": HOSTILE, "SIZE": "small", "N": 3, "TLS": True, "OFF": False, "EMPTY": "", "DIGITS": "12",
          "NONE": None}


def answer(text: str, limit: int = 1000, **changes: Any) -> dict[str, Any]:
    given = {"name": "app", "version": "1.0", "image": "app:1.0", "params": {**PARAMS, **changes},
             "secrets": ["KEY", "NOKEY"]}
    return render(text, given, limit)


@pytest.mark.parametrize(("text", "expected"), [
    ("{{ name }} {{ version }} {{ image }}", "app 1.0 app:1.0"),
    ("{{ params.TEXT }}{{ params['TEXT'] }}{{ params.N }}{{ params.TLS }}{{ params.NONE }}",
     "${TEXT}${TEXT}${N}${TLS}${NONE}"),
    ("{{ 'a' ~ params.TEXT ~ params.N }}", "a${TEXT}${N}"),
    ("{{ ['a', params.TEXT] | join(',') }}", "a,${TEXT}"),
    ("{{ 'x%sy' % params.TEXT }}{{ 'x{}y'.format(params.TEXT) }}", "x${TEXT}yx${TEXT}y"),
    ("{{ params.TEXT | string }}{{ params.TEXT | e }}{{ params.TEXT | tojson }}", '${TEXT}${TEXT}"${TEXT}"'),
    ("{{ params.TEXT | upper }}{{ params.TEXT | replace('hunter', '') }}{{ [params.TEXT] }}",
     "${TEXT}${TEXT}[${TEXT}]"),
    ("{% for k, v in params.items() if k == 'SIZE' %}{{ k }}={{ v }}{% endfor %}", "SIZE=${SIZE}"),
    ("{{ params.TEXT | default('x') }}{{ params.NONE | default('x') }}", "${TEXT}x"),
])
def test_a_value_is_printed_as_its_reference(text: str, expected: str) -> None:
    assert answer(text) == {"text": expected}


@pytest.mark.parametrize(("condition", "expected"), [
    ("params.SIZE == 'small'", True), ("'small' == params.SIZE", True), ("params.SIZE != 'small'", False),
    ("params.SIZE in ['large', 'small']", True), ("'mall' in params.SIZE", True), ("params.SIZE == params.TEXT", False),
    ("params.SIZE > 'aaa' and params.SIZE <= 'small'", True), ("params.SIZE < 'a' or params.SIZE >= 'z'", False),
    ("params.SIZE.startswith('sm') and params.SIZE.endswith('ll')", True), ("params.SIZE | length == 5", True),
    ("{'small': 1}[params.SIZE] == 1", True), ("params.SIZE is string", True), ("params.DIGITS | int == 12", True),
    ("params.SIZE | int(7) == 7", True), ("params.DIGITS | float > 11.5", True),
    ("params.TLS", True), ("params.TLS is true", True), ("params.TLS == true", True), ("params.TLS is boolean", True),
    ("params.OFF", False), ("params.OFF is false", True), ("params.TLS is sameas true", True),
    ("params.EMPTY", False), ("params.N == 3", True), ("params.N > 2", True), ("params.N is number", True),
    ("params.NONE", False), ("params.NONE is defined", False), ("params.TEXT is defined", True),
])
def test_a_condition_sees_the_real_value(condition: str, expected: bool) -> None:
    assert answer(f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}") == {"text": "yes" if expected else "no"}


def test_numbers_can_be_computed_with() -> None:
    assert answer("{{ params.N * 2 }} {% for i in range(params.N) %}{{ i }}{% endfor %} {{ params.N == 3 }}") == {
        "text": "6 012 true"}


@pytest.mark.parametrize("expression", [
    "params.TEXT[0]", "params.TEXT[1:]", "params.TEXT | list", "params.TEXT.split('\"')", "params.TEXT + 'x'",
    "params.TEXT * 2", "params.TEXT._value", "params.TEXT | attr('_value')", "params.TEXT.__class__",
    "'{0._value}'.format(params.TEXT)", "[params.TEXT] | map(attribute='_value') | join", "params.TEXT.decode()",
    "params.TEXT | filesizeformat", "{'a': 1}[params.TEXT]", "params.TEXT < 1", "params.TLS | length", "params.MISSING",
    "name.__class__.__mro__", "''.__class__", "cycler.__init__.__globals__", "self.__init__", "lipsum()",
    "params.update({})", "params.NONE.x", "range(10 ** 9)"])
def test_a_value_is_never_taken_apart_and_nothing_else_is_reached(expression: str) -> None:
    found = answer(f"\n{{{{ {expression} }}}}")
    assert {**found, "detail": ""} == {"reason": "TEMPLATE_FAILED", "line": 2, "detail": ""}
    assert "hunter2" not in found["detail"]
    assert found["detail"]


@pytest.mark.parametrize(("text", "expected"), [
    ("{{ params.KEY }}{{ 'x' ~ params.KEY }}{{ params.KEY | upper }}{{ [params.KEY] }}", "${KEY}x${KEY}${KEY}[${KEY}]"),
    ("{{ 'yes' if params.KEY else 'no' }}{{ 'yes' if params.NOKEY else 'no' }}", "yesno"),
    ("{{ params.KEY is defined }}{{ params.KEY | default('x') }}{{ params.KEY | tojson }}", 'true${KEY}"${KEY}"'),
])
def test_a_secret_can_be_named_and_asked_for(text: str, expected: str) -> None:
    assert answer(text, KEY=True, NOKEY="") == {"text": expected}


@pytest.mark.parametrize("expression", [
    "params.KEY | int", "params.KEY | float", "params.KEY == 'a'", "params.KEY != 'a'", "'a' == params.KEY",
    "params.KEY < 'b'", "params.KEY in ['a']", "'h' in params.KEY", "params.KEY | length", "params.KEY | list",
    "params.KEY is eq 'a'", "[params.KEY, 'a'] | sort", "[params.KEY, 'a'] | unique | list", "{'a': 1}[params.KEY]",
    "params.values() | max", "params | dictsort(by='value')", "range(params.KEY)", "params.KEY | round"])
def test_nothing_else_of_a_secret_is_told(expression: str) -> None:
    found = answer(f"{{{{ {expression} }}}}", KEY="hunter2")
    assert found["reason"] == "TEMPLATE_FAILED"
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(("text", "line"), [("{% if %}", 1), ("\n\n{{ 1 / 0 }}", 3), ("{{ x }}", 1),
                                            ("{% include 'x' %}", 1), ("{% for i in 3 %}{% endfor %}", 1)])
def test_what_fails_has_its_line(text: str, line: int) -> None:
    assert {**answer(text), "detail": ""} == {"reason": "TEMPLATE_FAILED", "line": line, "detail": ""}


def test_the_output_has_a_limit() -> None:
    too_long = {"reason": "TEMPLATE_TOO_LONG", "line": 0, "detail": ""}
    assert answer("{% for i in range(1000) %}xx{% endfor %}") == too_long
    assert answer("{{ 'x' * 1001 }}") == too_long
    assert answer("{{ 'x' * 1000 }}") == {"text": "x" * 1000}


def test_lines_of_blocks_leave_no_lines() -> None:
    assert answer("a:\n  {% if params.TLS %}\n  b: 1\n  {% endif %}\nc: 2\n") == {"text": "a:\n  b: 1\nc: 2\n"}
