"""The compose.yml that a version would have on a server, for people to read before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from softops.composing import AppVersion, finished, single_container, written
from softops.documents import Odd, load_document
from softops.errors import BadRequest
from softops.params import BoolParam, EnumParam, IntParam, ParamBase, PortParam, SecretParam, declared
from softops.rendering import render_template
from softops.secretparams import secret_names


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A Compose file that is not for use: placeholders stand where secrets and values that nobody gave would."""

    text: str = ""
    """Empty for a software that can't be started."""
    model: Mapping[str, Any] = field(default_factory=lambda: {"services": {}})
    """What stands in it."""


def preview(app: AppVersion, values: Mapping[str, Any]) -> Preview:
    """The file with these values, and with the defaults where there are none. BadRequest when the template can't
    be rendered so. It is not checked as for a start, and the values of secrets are not used."""
    if app.entry.get("composeTemplate") is not None:
        data = _from_template(app, values)
    elif app.entry.get("service") is not None:
        data = single_container(app)
    else:
        return Preview()
    model = finished(app, data)
    return Preview(text=written(model), model=_bare(model))


def stand_in(param: ParamBase) -> object:
    """A value in the place of one that has to be given, or that must not be seen."""
    if isinstance(param, PortParam | IntParam):
        low, high = param.bounds()
        return min(max(low, 0), high)
    if isinstance(param, EnumParam):
        return param.choices[0]
    return False if isinstance(param, BoolParam) else f"<{param.name}>"


def _from_template(app: AppVersion, values: Mapping[str, Any]) -> Mapping[str, Any]:
    path = str(app.entry.get("compose") or "compose.yml.j2")
    given = {param.name: _value(param, values) for param in declared(app.entry)}
    text = render_template(app.entry["composeTemplate"], software=app.name, path=path, name=app.name,
                           version=app.version, image=app.exact_image, params=given, secrets=secret_names(app.entry))
    document = load_document(path, text.encode())
    services = (document.data or {}).get("services")
    if document.problems:
        raise BadRequest("PREVIEW_IMPOSSIBLE", problem=document.problems[0].text("en"))
    if not isinstance(services, Mapping) or not all(isinstance(service, Mapping) for service in services.values()):
        raise BadRequest("PREVIEW_IMPOSSIBLE", problem=f"{path}: services")
    return document.data or {}


def _value(param: ParamBase, values: Mapping[str, Any]) -> object:
    if isinstance(param, SecretParam):
        return stand_in(param)
    given = values.get(param.name)
    if given is not None and param.flaw(param.read(given)) is None:
        return param.read(given)
    return stand_in(param) if param.must_be_given() else param.preset()


def _bare(value: Any) -> Any:
    """The value in plain types."""
    if isinstance(value, Odd):
        return value.text
    if isinstance(value, Mapping):
        return {key: _bare(one) for key, one in value.items()}
    return [_bare(one) for one in value] if isinstance(value, list) else value
