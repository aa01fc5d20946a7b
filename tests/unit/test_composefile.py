"""composefile.py: nothing outside the text and the parameters is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from softops.composefile import check_file
from softops.errors import BadRequest

NAMES = ("PORT", "TZ")


def told(text: str, names: Sequence[str] = NAMES) -> str | None:
    data: dict[str, Any] = yaml.safe_load(text)
    try:
        check_file("app", data, names)
    except BadRequest as exc:
        return str(exc)
    return None


@pytest.mark.parametrize("text", [
    "services: {web: {image: a, environment: [TZ, 'A=${PORT}'], command: 'echo $$HOME $1 ${TZ:-utc} $PORT'}}",
    "services: {web: {image: a, environment: {TZ: , A: '${COMPOSE_PROJECT_NAME}'}}}\nx-more: {a: 1}\nversion: '3'",
    "services: {web: {image: a}}\nconfigs: {c: {content: 'a ${TZ}'}}\nsecrets: {s: {environment: TZ}}\nvolumes: {v: }"])
def test_what_a_template_may_name(text: str) -> None:
    assert told(text) is None


@pytest.mark.parametrize("key", [
    "build", "credential_spec", "develop", "env_file", "extends", "label_file", "profiles", "provider"])
def test_a_service_reads_no_other_file(key: str) -> None:
    assert told(f"services: {{web: {{image: a, {key}: ./x}}}}") == (
        f"app: {key} of the service web would use other files, and an app has none but compose.yml and .env. "
        "Write out what it needs; values belong into params.")


@pytest.mark.parametrize(("text", "expected"), [
    ("include: ['https://example.com/c.yml']\nservices: {web: {image: a}}",
     "app: the key include is not allowed (service -). Remove it, or use: configs, name, networks, secrets, services, "
     "version, volumes."),
    ("models: {}\nservices: {web: {image: a}}",
     "app: the key models is not allowed (service -). Remove it, or use: configs, name, networks, secrets, services, "
     "version, volumes."),
    ("services: {}", "app: the template has no services. Write at least one under services, each a mapping."),
    ("a: 1", None),
    ("services: [a]", "app: the template has no services. Write at least one under services, each a mapping."),
    ("services: {web: text}", "app: the template has no services. Write at least one under services, each a mapping."),
    ("services: {web: {image: a}}\nconfigs: {c: {file: /etc/passwd}}",
     "app: c under configs may only have content or environment. An app has no files but compose.yml and .env."),
    ("services: {web: {image: a}}\nsecrets: {s: {external: true}}",
     "app: s under secrets may only have content or environment. An app has no files but compose.yml and .env."),
])
def test_other_files_and_places_are_refused(text: str, expected: str | None) -> None:
    found = told(text)
    assert found is not None
    assert expected is None or found == expected


@pytest.mark.parametrize("text", [
    "services: {web: {image: a, environment: [TZ, HOME]}}", "services: {web: {image: a, environment: {HOME: }}}",
    "services: {web: {image: a, volumes: ['${HOME}/x:/y']}}", "services: {web: {image: a, volumes: ['$HOME/x:/y']}}",
    "services: {web: {image: a, command: '${PORT:-${HOME}}'}}", "services: {web: {image: a, command: '${HOME:-x}'}}",
    "services: {web: {image: a, command: '$$${HOME}'}}", 'services: {web: {image: a, command: "\\x24{HOME}"}}',
    "services: {web: {image: a}}\nsecrets: {s: {environment: HOME}}",
    "services: {web: {image: a}}\nconfigs: {s: {content: $HOME}}",
    "services: {web: {image: a}}\nx-a: {b: [$HOME]}"])
def test_no_variable_of_the_caller_gets_in(text: str) -> None:
    assert told(text) == (
        "app: the template uses the variable HOME, which is no parameter; Compose would take it from whoever calls it. "
        "Declare it under params or use: PORT, TZ. A dollar sign is $$.")


def test_where_no_parameter_is_declared_none_is_offered() -> None:
    assert told("services: {web: {image: a, command: $HOME}}", ()) == (
        "app: the template uses the variable HOME, which is no parameter; Compose would take it from whoever calls it. "
        "Declare it under params. A dollar sign is $$.")


@pytest.mark.parametrize("sign", ["-", "+", "?"])
def test_empty_and_not_set_are_the_same(sign: str) -> None:
    assert told(f"services: {{web: {{image: a, command: '${{TZ:-${{PORT{sign}x}}}}'}}}}") == (
        f"app: ${{PORT{sign}...}} in the template means something else for an empty value than for none, and a "
        f"parameter that is not given is empty. Write ${{PORT:{sign}...}}.")
    assert told(f"services: {{web: {{image: a, command: '${{PORT:{sign}x}} $PORT{sign}x $${{PORT{sign}x}}'}}}}") is None
