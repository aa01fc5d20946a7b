"""What must agree within one catalog entry: names, parameters and their uses, files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from softops.documents import MAX_PROBLEMS, Document, Loc
from softops.entries import COMPOSE_PATH, WORDS_OF_COMPOSE, Software, Version
from softops.problems import UNDECLARED, Problem, nearest, shortened, undeclared
from softops.templates import template_problems

_DOLLAR = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|)")

Data = Mapping[str, Any]


def manner_of(data: Data, version: str) -> dict[str, Any]:
    """How one version runs. The version's service keys replace those of the file one by one, its parameters
    those of the same name; its compose replaces a service and the other way round."""
    own = _mapping(_mapping(data.get("versions")).get(version))
    manner: dict[str, Any] = {}
    if "compose" in own or ("compose" in data and "service" not in own):
        manner["compose"] = own.get("compose", data.get("compose"))
    elif "service" in own or "service" in data:
        manner["service"] = {**_mapping(data.get("service")), **_mapping(own.get("service"))}
    params = {_name(param): param for param in (*_list(data.get("params")), *_list(own.get("params")))}
    permissions = own.get("permissions", data.get("permissions"))
    if permissions:
        manner["permissions"] = permissions
    return {**manner, "params": list(params.values()), "requires": own.get("requires", data.get("requires", []))}


def check_entry(document: Document, data: Data, *, folder: str, files: Mapping[str, bytes],
                taken: Set[str]) -> tuple[Problem, ...]:
    """Everything in the entry that disagrees. Parts of the wrong type are left to the models.
    `taken` are the folders that describe a software."""
    checks = _Checks(document, data, files)
    name = data.get("name")
    if isinstance(name, str) and name != folder:
        reason = "ENTRY_NAME_TAKEN" if name in taken else "ENTRY_FOLDER"
        checks.add(document.problem(reason, ("name",), name=shortened(name), folder=folder))
    checks.parts(())
    for version in _mapping(data.get("versions")):
        checks.parts(("versions", version))
        checks.uses(version)
    return tuple(checks.found.values())[:MAX_PROBLEMS]


def _misspelt_params(part: Data, known: Iterable[str]) -> bool:
    """Whether an unknown key stands where somebody meant params."""
    return any(WORDS_OF_COMPOSE.get(key) == "params" or get_close_matches(key.lower()[:80], ["params"], cutoff=0.6)
               for key in map(str, part) if key not in known)


class _Checks:
    """The problems of one entry; the same one seen from several versions is noted once."""

    def __init__(self, document: Document, data: Data, files: Mapping[str, bytes]) -> None:
        self.found: dict[tuple[str, int, int, str], Problem] = {}
        self._document = document
        self._data = data
        self._files = files
        self._lost = _misspelt_params(data, Software.model_fields)
        self._silent = self._lost
        self._seen: set[tuple[Any, ...]] = set()

    def add(self, problem: Problem) -> None:
        """Note a problem once."""
        self.found.setdefault((problem.path, problem.line, problem.column, problem.reason), problem)

    def parts(self, loc: Loc) -> None:
        """What can be said about the file or one version of it alone."""
        part = _at(self._data, loc)
        names: set[str] = set()
        for index, param in enumerate(_list(part.get("params"))):
            name = _name(param)
            if name in names:
                self.add(self._document.problem("ENTRY_PARAM_TWICE", (*loc, "params", index, "name"), name=name))
            names.add(name)
        for index, required in enumerate(_list(part.get("requires"))):
            if required == self._data.get("name"):
                self.add(self._document.problem("ENTRY_REQUIRES_ITSELF", (*loc, "requires", index)))

    def uses(self, version: str) -> None:
        """Whether a version's service or template uses only parameters that the version has."""
        own = _at(self._data, ("versions", version))
        # Without its params every use in it would be told as well, and none of them is wrong.
        self._silent = self._lost or _misspelt_params(own, Version.model_fields)
        # Versions that replace nothing are all alike; a file may have hundreds of them.
        key = (self._silent, *(id(own.get(name)) if name in own else None
                               for name in ("service", "compose", "params", "permissions")))
        if key in self._seen:
            return
        self._seen.add(key)
        manner = manner_of(self._data, version)
        names = {_name(param) for param in manner["params"]}
        if "compose" in manner:
            self._template(manner["compose"], names, ("versions", version) if "compose" in own else ())
        for name, value in _mapping(manner.get("service")).items():
            base: Loc = ("versions", version) if name in _mapping(own.get("service")) else ()
            for loc, text in _texts(value, (*base, "service", name)):
                self._text(loc, text, names)
        where: Loc = ("versions", version) if "permissions" in own else ()
        for loc, text in _texts(manner.get("permissions"), (*where, "permissions")):
            self._text(loc, text, names)

    def _text(self, loc: Loc, text: str, names: Set[str]) -> None:
        for match in _DOLLAR.finditer(text):
            name = match["name"]
            if match[0] == "$":
                self.add(self._document.problem("ENTRY_DOLLAR", loc, value=shortened(text)))
            elif name is not None and name not in names and not self._silent:
                reason, params = undeclared(name, names)
                self.add(replace(self._document.problem(reason, loc), params=params))

    def _template(self, path: Any, names: Set[str], base: Loc) -> None:
        if not isinstance(path, str) or not re.fullmatch(COMPOSE_PATH, path):
            return
        content = self._files.get(path)
        if content is None:
            self.add(self._document.problem("ENTRY_COMPOSE_MISSING", (*base, "compose"), value=shortened(path),
                                            nearest=nearest(path, self._files)))
            return
        folder = self._document.path.rpartition("/")[0]
        for problem in template_problems(f"{folder}/{path}", content, names):
            if not (self._silent and problem.reason in UNDECLARED):
                self.add(problem)


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        if "$" in value:
            yield loc, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*loc, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, (*loc, index))


def _at(data: Data, loc: Loc) -> Data:
    for step in loc:
        data = _mapping(data.get(str(step)))
    return data


def _mapping(value: Any) -> Data:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(param: Any) -> str:
    return str(_mapping(param).get("name"))
