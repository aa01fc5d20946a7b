"""rendering.py: a template that takes too much is ended, and softops goes on."""

from __future__ import annotations

import time

import pytest

from softops.errors import BadRequest
from softops.rendering import render_template


def rendered(text: str) -> str:
    return render_template(text, software="app", path="c.j2", name="app", version="1.0", image="app:1.0",
                           params={"A": "x"})


def test_a_template_is_rendered_in_a_process_of_its_own() -> None:
    assert rendered("{{ name }} {{ version }} {{ image }} {{ params.A }} é中") == "app 1.0 app:1.0 ${A} é中"


@pytest.mark.parametrize("text", [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ 10 ** (10 ** 10) }}", "{{ 'a' * 10 ** 10 }}", "{{ ['a' * 10 ** 8] * 10 ** 8 }}",
    "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(1000) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{{ ('a' * 10 ** 8) | list | length }}"])
def test_what_takes_too_much_time_or_memory_is_ended(text: str) -> None:
    begin = time.monotonic()
    with pytest.raises(BadRequest) as caught:
        rendered(text)
    assert str(caught.value) == ("app: the template c.j2 takes too much time or memory and was ended. "
                                 "Look for its loops and mend it in git.")
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("text", ["{% for i in range(10 ** 9) %}{{ i }}{% endfor %}", "{{ 'x' * 10 ** 6 }}"])
def test_a_loop_or_text_that_is_too_long_is_named(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^app: the template c\.j2 "):
        rendered(text)
