"""What a run is to do with the apps of one server, read from softops' file for that server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from softops.errors import BadRequest
from softops.orders import Order, limits_of, order_of
from softops.playbooks import PullLimits, pull_input
from softops.references import parse_reference
from softops.secretparams import secret_names

ACTIONS = frozenset({"run", "back", "stop", "start", "restart", "remove"})
MOST_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class AppOrder:
    """One app and what is to become of it."""

    action: str
    main: Order
    """The software itself: name and version are safe in paths and shells."""
    compose: str = ""
    env: str = field(default="", repr=False)
    images: tuple[Order, ...] = ()
    """Every image it needs, the software's own first."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that nobody may read in what is told."""
    settle: int = 3
    """Seconds that a container without a health check has to stay up."""
    health_timeout: int = 300
    """Seconds until all containers have to be well."""
    remove_volumes: bool = False

    @property
    def name(self) -> str:
        """The software's name."""
        return self.main.name

    @property
    def version(self) -> str:
        """Its version."""
        return self.main.version

    def directory(self, apps_dir: PurePosixPath) -> PurePosixPath:
        """Where its files are on the server."""
        return apps_dir / self.name


def app_orders(data: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[AppOrder, ...]:
    """The orders in the content of a server's file; `run` is the input.json beside it."""
    apps = data.get("apps")
    if not isinstance(apps, list) or not all(isinstance(app, dict) for app in apps):
        raise BadRequest("INPUT_INVALID", problem="apps is no list of mappings")
    return tuple(_order(app, limits_of(run)) for app in apps)


def image_order(main: Order, image: str) -> Order:
    """The order for one image of an app."""
    reference = parse_reference(image)
    if reference is None:
        raise BadRequest("IMAGE_NAME_INVALID", image=image[:200])
    return Order(name=main.name, version=main.version, image=image, reference=reference, digest=reference.digest,
                 limits=main.limits, repository=main.repository, commit=main.commit, entry=main.entry,
                 parameters=main.parameters)


def _order(app: Mapping[str, Any], limits: PullLimits) -> AppOrder:
    action = app.get("action")
    if action not in ACTIONS:
        raise BadRequest("INPUT_INVALID", problem=f"{str(action)[:40]} is no action")
    main = order_of({"software": {**app, "image": app.get("image") or app.get("name")},
                     "parameters": app.get("parameters"), "pull": pull_input(limits)})
    order = AppOrder(action=str(action), main=main, compose=_document(app, "compose"), env=_document(app, "env"),
                     images=_images(app, main), secrets=_secrets(app, main),
                     settle=_number(app, "settle", 3), health_timeout=_number(app, "healthTimeout", 300),
                     remove_volumes=app.get("removeVolumes") is True)
    if action in {"run", "back"} and not (order.compose and order.images):
        raise BadRequest("INPUT_INVALID", problem=f"{main.name}: compose or images are missing")
    return order


def _images(app: Mapping[str, Any], main: Order) -> tuple[Order, ...]:
    images = app.get("images") or ()
    if not isinstance(images, list | tuple):
        raise BadRequest("INPUT_INVALID", problem="images is no list")
    return tuple(image_order(main, str(image)) for image in images)


def _secrets(app: Mapping[str, Any], main: Order) -> tuple[str, ...]:
    given = app.get("secretValues") or ()
    if not isinstance(given, list | tuple):
        raise BadRequest("INPUT_INVALID", problem="secretValues is no list")
    own = (main.parameters.get(name) for name in secret_names(main.entry))
    return tuple(dict.fromkeys(str(value) for value in (*given, *own) if value not in (None, "")))


def _document(app: Mapping[str, Any], key: str) -> str:
    """The text of a file; every one ends with its last line's end."""
    text = app.get(key) or ""
    if not isinstance(text, str) or "\0" in text:
        raise BadRequest("INPUT_INVALID", problem=f"{key} is no text")
    return text if not text or text.endswith("\n") else text + "\n"


def _number(app: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = app.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_SECONDS:
        raise BadRequest("INPUT_INVALID", problem=f"{key} is no number of seconds")
    return value
