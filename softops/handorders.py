"""An app as a person orders it on the command line: from a catalog directory, checked as softops checks it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from softops.appfiles import app_files
from softops.apporders import AppOrder, app_orders
from softops.byhand import order_by_hand
from softops.composing import AppVersion
from softops.errors import BadRequest
from softops.secretparams import secret_names


def app_by_hand(action: str, said: Mapping[str, Any]) -> AppOrder:
    """The order for what the variables of the playbook say. BadRequest and NotFound name what is wrong."""
    base = {"action": action, "settle": _number(said, "settle", 3), "removeVolumes": _flag(said.get("removeVolumes")),
            "healthTimeout": _number(said, "healthTimeout", 300)}
    if action != "run":
        if not said["name"]:
            raise BadRequest("APP_NAME_MISSING")
        return _order({**base, "name": said["name"], "version": said["version"] or "0"}, said)
    order = order_by_hand(Path(said["catalog"]), said["name"], said["version"], parameters=said["parameters"],
                          pull=said["pull"])
    app = AppVersion(name=order.name, version=order.version, image=order.image, digest=order.digest, commit=None,
                     entry=order.entry)
    files = app_files(app, order.parameters, accepted=tuple(said["accepted"]))
    hidden = [str(order.parameters[name]) for name in secret_names(order.entry) if order.parameters.get(name)]
    return _order({**base, "name": order.name, "version": order.version, "image": order.image, "digest": order.digest,
                   "entry": dict(order.entry), "parameters": dict(order.parameters), "compose": files.compose,
                   "env": files.env, "images": list(files.images), "secretValues": hidden}, said)


def _order(app: Mapping[str, Any], said: Mapping[str, Any]) -> AppOrder:
    return app_orders({"apps": [app]}, {"pull": said["pull"]})[0]


def _number(said: Mapping[str, Any], key: str, otherwise: int) -> Any:
    value = said.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return otherwise if value is None else value


def _flag(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in {"true", "yes", "1"})
