"""What the inventory says that hosts shall run: the variables `softops_apps*` of each host as frozen values.

Everything in them is literal: `{{ }}` in a value is never evaluated by softops. Nothing here knows the catalog;
whether a version exists is for the plan to find out.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from softops.problems import nearest, printable, shortened
from softops.texts import Lang, render

VARIABLE = "softops_apps"
PREFIX = "softops_apps_"
"""Variables with this prefix are merged with `softops_apps`, so that each group can add software."""
LOCAL = "softops_apps_local"
"""What softops itself writes for one host; it wins over the others."""
SETTINGS = frozenset({"softops_apps_dir"})
"""Variables that begin like that and say something else."""
KEYS = ("version", "parameters", "state", "repository", "acceptPermissions")
MAX_APPS = 500
"""Software that one host may list."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
_UNSAFE, _VAULT = "__ansible_unsafe", "__ansible_vault"
"""How `ansible-inventory --list` writes values tagged `!unsafe` and `!vault`."""


class Wanted(enum.StrEnum):
    """What a software shall do on its host."""

    RUNNING = "running"
    STOPPED = "stopped"
    """It may be there, but none of its containers runs."""
    ABSENT = "absent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """One software as a host shall have it."""

    name: str
    version: str
    """Empty only for what shall be absent."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """As written; their types are checked against the catalog."""
    state: Wanted = Wanted.RUNNING
    repository: str | None = None
    accept_permissions: tuple[str, ...] = ()
    variable: str = VARIABLE
    """The variable that says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Misfit:
    """Something in the inventory that somebody should mend."""

    host: str
    variable: str
    """`softops_apps.nginx.version`: the variable and where in it."""
    reason: str
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: Lang) -> str:
        """The sentence, safe to print on a terminal."""
        return printable(render(self.reason, lang, self.params))


@dataclass(frozen=True, kw_only=True, slots=True)
class HostDesire:
    """What one host shall run. With problems it is left alone; the wishes that can be read are there to be judged."""

    host: str
    managed: bool
    """Whether the inventory says anything about software on this host."""
    wishes: tuple[Wish, ...] = ()
    """By name."""
    problems: tuple[Misfit, ...] = ()


def app_variables(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of a host's variables that say what it shall run."""
    return {name: value for name, value in variables.items()
            if name == VARIABLE or (name.startswith(PREFIX) and name not in SETTINGS)}


def desire_of(host: str, variables: Mapping[str, Any]) -> HostDesire:
    """What `host` shall run by its variables `softops_apps*`; all problems at once."""
    reading = _Reading(host)
    found: dict[str, tuple[str, object]] = {}
    # The local variable comes last and replaces what the others say.
    for variable in sorted(variables, key=lambda name: (name == LOCAL, name)):
        for name, content in reading.listed(variable, variables[variable]):
            before = found.get(name)
            if before is not None and variable != LOCAL and before[1] != content:
                reading.complain(f"{variable}.{name}", "DESIRED_TWICE", software=name, other=before[0])
            found[name] = (variable, content)
    if len(found) > MAX_APPS:
        reading.complain(VARIABLE, "DESIRED_TOO_MANY", count=len(found), limit=MAX_APPS)
        return HostDesire(host=host, managed=True, problems=tuple(reading.problems))
    wishes = [reading.wish(variable, name, content) for name, (variable, content) in sorted(found.items())]
    # Without a version there is nothing that the rest of a wish could be held against.
    readable = tuple(one for one in wishes if one is not None and (one.version or one.state is Wanted.ABSENT))
    return HostDesire(host=host, managed=bool(variables), problems=tuple(reading.problems), wishes=readable)


class _Reading:
    """Reads the variables of one host and collects what is wrong with them."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.problems: list[Misfit] = []

    def complain(self, where: str, reason: str, **params: object) -> None:
        """Note a problem at a place such as `softops_apps.nginx.version`."""
        self.problems.append(Misfit(host=self.host, variable=printable(shortened(where, 200)), reason=reason,
                                    params=params))

    def listed(self, variable: str, value: object) -> Iterator[tuple[str, object]]:
        """The software that one variable lists, by name and each once."""
        if isinstance(value, Mapping) and not {_UNSAFE, _VAULT} & value.keys():
            yield from value.items()
        elif isinstance(value, list):
            yield from self._of_list(variable, value)
        else:
            self.complain(variable, "DESIRED_NO_MAPPING", variable=variable, kind=_kind(value))

    def _of_list(self, variable: str, rows: list[Any]) -> Iterator[tuple[str, object]]:
        seen = set()
        for number, row in enumerate(rows):
            name = _literal(row.get("name")) if isinstance(row, Mapping) else None
            if not isinstance(name, str):
                self.complain(f"{variable}[{number}]", "DESIRED_NO_NAME", number=number + 1)
            elif name in seen:
                self.complain(f"{variable}[{number}]", "DESIRED_LISTED_TWICE", software=shortened(name))
            else:
                seen.add(name)
                yield name, {key: content for key, content in row.items() if key != "name"}

    def wish(self, variable: str, name: str, content: object) -> Wish | None:
        """The wish that a software's content is; None when it is none."""
        where = f"{variable}.{name}"
        if not _NAME.fullmatch(name):
            self.complain(where, "DESIRED_NAME", name=shortened(name))
            return None
        if not isinstance(content, Mapping) or {_UNSAFE, _VAULT} & content.keys():
            self.complain(where, "DESIRED_FORM", software=name, kind=_kind(content))
            return None
        for key in content:
            if key not in KEYS:
                self.complain(f"{where}.{key}", "DESIRED_KEY", key=shortened(key), nearest=nearest(key, KEYS))
        values = {key: value for key, value in self._values(where, content) if value is not None}
        state = self._state(where, values.get("state", Wanted.RUNNING.value))
        return Wish(name=name, version=self._version(where, name, state, values.get("version")), state=state,
                    parameters=self._parameters(where, values.get("parameters", {})), variable=variable,
                    repository=self._repository(where, values.get("repository")),
                    accept_permissions=self._permissions(where, values.get("acceptPermissions", [])))

    def _values(self, where: str, content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The values without Ansible's tags; encrypted ones are complained about and left out."""
        for key, value in content.items():
            literal = _literal(value)
            if isinstance(literal, Mapping) and _VAULT in literal:
                self.complain(f"{where}.{key}", "DESIRED_VAULT", name=key)
            else:
                yield key, literal

    def _state(self, where: str, value: object) -> Wanted:
        try:
            return Wanted(str(value))
        except ValueError:
            known = ", ".join(Wanted)
            self.complain(f"{where}.state", "DESIRED_STATE", value=shortened(str(value)), known=known)
            return Wanted.RUNNING

    def _version(self, where: str, name: str, state: Wanted, value: object) -> str:
        if value is None:
            if state is not Wanted.ABSENT:
                self.complain(f"{where}.version", "DESIRED_NO_VERSION", software=name)
        elif isinstance(value, bool | int | float):
            self.complain(f"{where}.version", "DESIRED_VERSION_NUMBER", software=name, value=str(value).lower())
        elif not isinstance(value, str) or not _VERSION.fullmatch(value):
            self.complain(f"{where}.version", "DESIRED_VERSION", software=name, value=shortened(str(value)))
        else:
            return value
        return ""

    def _parameters(self, where: str, value: object) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.complain(f"{where}.parameters", "DESIRED_PARAMETERS", kind=_kind(value))
            return {}
        return dict(self._values(f"{where}.parameters", value))

    def _repository(self, where: str, value: object) -> str | None:
        if value is None or (isinstance(value, str) and value):
            return value
        self.complain(f"{where}.repository", "DESIRED_REPOSITORY", value=shortened(str(value)))
        return None

    def _permissions(self, where: str, value: object) -> tuple[str, ...]:
        words = tuple(_literal(word) for word in value) if isinstance(value, list) else (None,)
        if all(isinstance(word, str) for word in words):
            return words
        self.complain(f"{where}.acceptPermissions", "DESIRED_PERMISSIONS", value=shortened(str(value)))
        return ()


def _literal(value: object) -> Any:
    """A value without the tag `!unsafe`: nothing is evaluated here anyway."""
    if isinstance(value, Mapping) and value.keys() == {_UNSAFE}:
        return value[_UNSAFE]
    return value


def _kind(value: object) -> str:
    """What a value is, in words of YAML that are the same in every language."""
    if isinstance(value, Mapping):
        return "!vault" if _VAULT in value else "!unsafe" if _UNSAFE in value else "mapping"
    kinds = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "list"}
    return kinds.get(type(value), type(value).__name__)

