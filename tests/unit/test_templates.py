"""templates.py: Compose templates are looked at, never run."""

import time

import pytest

from softops.templates import template_problems


def told(text: str | bytes, *names: str) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [problem.text("en") for problem in template_problems("app/c.j2", content, set(names))]


@pytest.mark.parametrize("text", [
    "services: {web: {image: {{ image }}}}", "{{ name }} {{ version }} {{ params.A }} {{ params['A'] }} ${A} $$HOME $1",
    "{% for n in range(3) %}{{ n }} {{ loop.index }}{% endfor %}", "{% set x = params.A %}{{ x }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1) }}", "${A:-default} ${COMPOSE_PROJECT_NAME}",
    "{% if params.A is defined %}{% endif %}", "{% for k, v in params.items() %}{{ k }}{{ v | lower }}{% endfor %}"])
def test_what_a_template_may_use(text: str) -> None:
    assert told(text, "A") == []


@pytest.mark.parametrize(("text", "expected"), [
    ("a: {{ image", "app/c.j2:1:1: This is not a Jinja2 template: unexpected end of template, expected 'end of print "
                    "statement'. Mend it."),
    ("\n{% endif %}", "app/c.j2:2:1: This is not a Jinja2 template: Encountered unknown tag 'endif'. Mend it."),
    ("{{ hostvars }}", "app/c.j2:1:1: There is no variable hostvars. Try: image, name, params, version. Parameters are "
                       "params.NAME."),
    ("{{ params.B }}", "app/c.j2:1:1: There is no parameter B. Declare it under params or use: A."),
    ("x: ${B}", "app/c.j2:1:4: There is no parameter B. Declare it under params or use: A."),
    ("x: ${B:-default}", "app/c.j2:1:4: There is no parameter B. Declare it under params or use: A."),
    ("{{ lipsum() }}", "app/c.j2:1:1: There is no variable lipsum. Try: image, name, params, version. Parameters are "
                       "params.NAME."),
    ("{{ [1, 2] | random }}", "app/c.j2:1:1: There is no filter or test random. Try: abs, attr, batch, "
     "capitalize, center, count, d, default, dictsort, e, escape, filesizeformat."),
    ("{{ name | uper }}", "app/c.j2:1:1: There is no filter or test uper. Try: upper."),
    ("{% if name is defind %}{% endif %}", "app/c.j2:1:1: There is no filter or test defind. Try: defined."),
    ("{{ " + "9" * 5000 + " }}", "app/c.j2: This is not a Jinja2 template: a number is too long. Mend it."),
    ("{% include 'x' %}", "app/c.j2:1:1: A template can't use other templates. Put everything into this file."),
    ("{% extends 'x' %}", "app/c.j2:1:1: A template can't use other templates. Put everything into this file."),
    ("{% import 'x' as y %}", "app/c.j2:1:1: A template can't use other templates. Put everything into this file."),
    (b"a: b\nc: \xff", "app/c.j2:2:1: The file is not UTF-8 text from here on. Save it as UTF-8."),
    (b"x" * (256 * 1024 + 1), "app/c.j2: The file is larger than 256 KiB. Make it smaller."),
    ("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
     "app/c.j2: The template is nested too deeply. Make it flatter."),
])
def test_what_is_refused_and_where(text: str | bytes, expected: str) -> None:
    assert told(text, "A") == [expected]


@pytest.mark.parametrize("text", [
    "{{ name" + ".a" * 50_000 + " }}", "{{ 1" + "+1" * 50_000 + " }}",
    "{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}",
    "{% if 1 %}" * 5000 + "{% endif %}" * 5000])
def test_a_template_nested_too_deeply_is_a_problem_like_others(text: str) -> None:
    assert told(text) == ["app/c.j2: The template is nested too deeply. Make it flatter."]


def test_nothing_in_a_template_is_evaluated() -> None:
    begin = time.process_time()
    assert told("{{ 'a' * 10 ** 9 ** 9 }}{{ range(10 ** 12) | list }}{{ (1).__class__.__mro__ }}") == []
    assert time.process_time() - begin < 1
