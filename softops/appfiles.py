"""The one way from a version and its parameters to what a server is given: rendered, checked by Compose, allowed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from softops.composefile import check_file
from softops.composer import rendered_model
from softops.composing import AppVersion, env_file, finished, plain, single_container, values_in_force, written
from softops.documents import load_document
from softops.errors import BadRequest
from softops.permissions import check_permissions
from softops.rendering import render_template
from softops.secretparams import secret_names

Judge = Callable[[str, str, str, tuple[str, ...]], tuple[Mapping[str, Any], str]]
"""What Compose makes of compose.yml and .env of a software, and the directory that stands for its own. The last are
texts that no error may show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppFiles:
    """The files of an app and what they mean."""

    compose: str
    """The text of compose.yml; it has no values of parameters."""
    env: str
    """The text of .env; it has the secrets."""
    images: tuple[str, ...]
    """Every image, the software's own first, each with its digest where that is known."""
    permissions: tuple[str, ...]
    """What the app may do beyond its container; all of it declared and accepted."""


def app_files(app: AppVersion, values: Mapping[str, Any], *, accepted: Collection[str] = (),
              judge: Judge | None = None) -> AppFiles:
    """The files of this version with these checked values. `accepted` are permissions that the operator grants.
    BadRequest names what is wrong and what to do; no server is touched. `judge` asks Compose, if not this module."""
    given = values_in_force(app, values)
    data = _model(app, given)
    check_file(app.name, data, given)
    compose, env = written(finished(app, data)), env_file(given)
    hidden = tuple(plain(given[name]) for name in sorted(secret_names(app.entry)))
    model, folder = (judge or _judged)(compose, env, app.name, hidden)
    permissions = check_permissions(app, model, values=given, folder=folder, accepted=accepted)
    return AppFiles(compose=compose, env=env, images=_images(app, model), permissions=permissions)


@lru_cache(maxsize=256)
def _judged(compose: str, env: str, software: str, hidden: tuple[str, ...]) -> tuple[Mapping[str, Any], str]:
    """Compose's opinion, asked once: most servers of a fleet get the same files. An error is not kept."""
    return rendered_model(compose, env, software=software, hidden=hidden)


@lru_cache(maxsize=256)
def _rendered(template: str, task: str) -> str:
    """A rendered template; `task` is JSON, because the values may be of types that can't be hashed."""
    return render_template(template, **json.loads(task))


def _model(app: AppVersion, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if app.entry.get("composeTemplate") is not None:
        return _from_template(app, given)
    if app.entry.get("service") is None:
        raise BadRequest("NOTHING_TO_START", software=app.name, version=app.version)
    return single_container(app)


def _from_template(app: AppVersion, given: Mapping[str, Any]) -> Mapping[str, Any]:
    path = str(app.entry.get("compose") or "compose.yml.j2")
    task = {"software": app.name, "path": path, "name": app.name, "version": app.version, "image": app.exact_image,
            "params": dict(given), "secrets": sorted(secret_names(app.entry))}
    text = _rendered(app.entry["composeTemplate"], json.dumps(task))
    document = load_document(path, text.encode())
    if document.problems or document.data is None:
        problem = document.problems[0]
        raise BadRequest("TEMPLATE_YAML", software=app.name, problem=problem.text("en"))
    return document.data


def _images(app: AppVersion, model: Mapping[str, Any]) -> tuple[str, ...]:
    named = [str(service["image"]) for service in model["services"].values()]
    if app.exact_image not in named:
        raise BadRequest("COMPOSE_IMAGE_UNUSED", software=app.name, image=app.exact_image)
    return tuple(dict.fromkeys([app.exact_image, *named]))
