"""What playbooks/site.yml does by hand on one server: the wishes of the inventory as orders, made so that what softops
has brought there before is recognized."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from softops.appfiles import app_files
from softops.apporders import AppOrder, app_orders
from softops.byhand import order_by_hand
from softops.composing import AppVersion
from softops.desired import HostDesire, Misfit, Wanted, Wish
from softops.errors import BadRequest, NotFound
from softops.orders import Order
from softops.params import declared
from softops.requirements import in_order, required_by
from softops.secretparams import secret_names
from softops.serverfiles import Found, same_files

_LINE = re.compile(r'^(\w+)="((?:[^"\\]|\\.)*)"$', re.MULTILINE)
_ESCAPES = {"n": "\n", "r": "\r"}

EnvOf = Callable[[str], str]
"""The text of an app's .env on the server."""


def site_orders(desire: HostDesire, found: Mapping[str, Found], env_of: EnvOf,
                said: Mapping[str, Any]) -> tuple[AppOrder, ...]:
    """The orders for everything a host wishes for: what frees ports first, and what is required before what requires
    it. BadRequest naming all that is wrong. `said` are the other variables of the playbook."""
    problems: list[Misfit] = []
    built: dict[str, AppOrder] = {}
    for wish in desire.wishes:
        try:
            built[wish.name] = _order(wish, found.get(wish.name, Found()), env_of, said)
        except (BadRequest, NotFound) as exc:
            problems.append(Misfit(host=desire.host, variable=f"{wish.variable}.{wish.name}", reason=exc.reason,
                                   params=exc.params))
    if problems:
        raise BadRequest("SITE_PROBLEMS", problems=told(problems))
    return tuple(_in_order(built))


def told(problems: Sequence[Misfit]) -> str:
    """All problems of a host in one line."""
    return "; ".join(f"{one.variable}: {one.text('en')}" for one in problems)


def env_values(text: str) -> Mapping[str, str]:
    """What `composing.env_file` wrote, read back."""
    return {name: re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), value)
            for name, value in _LINE.findall(text)}


def _order(wish: Wish, found: Found, env_of: EnvOf, said: Mapping[str, Any]) -> AppOrder:
    if wish.state is not Wanted.RUNNING:
        action = "stop" if wish.state is Wanted.STOPPED else "remove"
        return _app({"action": action, "name": wish.name, "version": wish.version or "0"}, said)
    order = order_by_hand(Path(said["catalog"]), wish.name, wish.version, pull=said["pull"],
                          parameters={**wish.parameters, **_secrets(wish, found, env_of, said)})
    for param in declared(order.entry):
        if param.generated() is not None and param.name not in order.parameters:
            raise BadRequest("SECRET_BY_HAND", software=wish.name, name=param.name)
    # One after the other, for Compose is asked about each: mostly the first is what the server has.
    candidates = (_running(order, digest, commit, wish, said) for digest, commit in _noted(order, found))
    same = (one for one in candidates if same_files(found, one.compose, one.env))
    return next(same, None) or _running(order, order.digest, None, wish, said)


def _noted(order: Order, found: Found) -> Iterator[tuple[str | None, str | None]]:
    """Digest and commit with which softops may have carried the order out, as they are noted there."""
    noted = found.revision or {}
    if (noted.get("version"), noted.get("image")) == (order.version, order.image):
        for digest in dict.fromkeys((order.digest or noted.get("digest"), order.digest)):
            yield digest, noted.get("commit")


def _running(order: Order, digest: str | None, commit: str | None, wish: Wish, said: Mapping[str, Any]) -> AppOrder:
    app = AppVersion(name=order.name, version=order.version, image=order.image, digest=digest, commit=commit,
                     entry=order.entry)
    files = app_files(app, order.parameters, accepted=wish.accept_permissions, judge=said.get("judge"))
    hidden = [str(order.parameters[name]) for name in secret_names(order.entry) if order.parameters.get(name)]
    return _app({"action": "run", "name": order.name, "version": order.version, "image": order.image, "digest": digest,
                 "commit": commit, "entry": dict(order.entry), "parameters": dict(order.parameters),
                 "compose": files.compose, "env": files.env, "images": list(files.images),
                 "secretValues": hidden}, said)


def _app(app: Mapping[str, Any], said: Mapping[str, Any]) -> AppOrder:
    patience = {key: int(said[key]) for key in ("settle", "healthTimeout") if said.get(key) not in (None, "")}
    return app_orders({"apps": [{**app, **patience}]}, {"pull": said["pull"]})[0]


def _secrets(wish: Wish, found: Found, env_of: EnvOf, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The secret values: those the person gives, or else those that the app has on the server."""
    given = said.get("secrets") or {}
    mine = given.get(wish.name) if isinstance(given, Mapping) else None
    there = env_values(env_of(wish.name)) if found.secrets else {}
    kept = {name: value for name, value in there.items() if name in found.secrets and value}
    return {**kept, **(mine if isinstance(mine, Mapping) else {})}


def _in_order(built: Mapping[str, AppOrder]) -> Sequence[AppOrder]:
    running = [name for name, order in built.items() if order.action == "run"]

    def requires(name: str) -> list[str]:
        return [one for one in required_by(built[name].main.entry) if one in running]

    placed = [order for order in built.values() if order.action != "run"]
    for name in running:
        placed += [built[one] for one in (*in_order(name, requires), name) if built[one] not in placed]
    return placed
