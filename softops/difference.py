"""The difference of two versions of a software, as far as it matters to those who run it."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from softops.params import ParamBase, declared
from softops.traits import SECTIONS, Pair, Traits, rest_of, traits_of
from softops.versions import Order, order


class Kind(enum.StrEnum):
    """What happened to something between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that is not the same; None stands for what is not there."""

    name: str
    kind: Kind
    before: Any = None
    after: Any = None
    service: str | None = None
    """The container it belongs to; None in a software of one container."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterChange:
    """A parameter that is not declared the same way."""

    name: str
    kind: Kind
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    fields: tuple[str, ...]
    """Which of its properties differ: `type`, `default`, `required`, `min` ...; empty when it was added or removed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two versions."""

    version: str
    image: str
    digest: str | None = None
    size: int | None = None
    """Bytes to download; None: not known."""
    entry: Mapping[str, Any]
    """The stored catalog entry."""
    model: Mapping[str, Any] | None = None
    """What stands in its Compose file; None: not known. A software of one container needs none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Everything that is not the same; what is the same is left out."""

    order: Order
    image: Change | None
    digest: Change | None
    size_delta: int | None
    """Bytes to download, after less before; None: not known."""
    services: tuple[Change, ...]
    """Containers by name, with their images; empty for a software of one container."""
    ports: tuple[Change, ...]
    """By the port in the container."""
    env: tuple[Change, ...]
    volumes: tuple[Change, ...]
    """By the path in the container."""
    resources: tuple[Change, ...]
    settings: tuple[Change, ...]
    """Everything else about containers."""
    parameters: tuple[ParameterChange, ...]
    requires: tuple[Change, ...]
    permissions: tuple[Change, ...]

    @property
    def empty(self) -> bool:
        """Whether the two are the same in all that is known of them."""
        return not any((self.image, self.digest, self.services, self.ports, self.env, self.volumes, self.resources,
                        self.settings, self.parameters, self.requires, self.permissions))


def difference(before: Side, after: Side) -> Difference:
    """What changes for somebody who goes from `before` to `after`."""
    digests = before.digest, after.digest
    sizes = before.size, after.size
    return Difference(
        order=order(before.version, after.version), image=_one("image", before.image, after.image),
        # Where one is not known, nobody can say that they differ.
        digest=_one("digest", *digests) if None not in digests else None,
        size_delta=sizes[1] - sizes[0] if sizes[0] is not None and sizes[1] is not None else None,
        **_containers(before, after),
        parameters=tuple(_parameters(before.entry, after.entry)),
        requires=_words("requires", before.entry, after.entry),
        permissions=_words("permissions", before.entry, after.entry))


def shown_parameter(param: ParamBase) -> dict[str, Any]:
    """What a declaration says about values; labels and descriptions say nothing about them."""
    said = param.model_dump(exclude={"name", "label", "description", "required"}, exclude_none=True)
    return {**said, "required": param.must_be_given()}


def _one(name: str, before: Any, after: Any, service: str | None = None) -> Change | None:
    """The change of one thing, or None when there is none."""
    if before == after and type(before) is type(after):
        return None
    kind = Kind.ADDED if before is None else Kind.REMOVED if after is None else Kind.CHANGED
    return Change(name=name, kind=kind, before=before, after=after, service=service)


def _containers(before: Side, after: Side) -> dict[str, tuple[Change, ...]]:
    """The changes of each section, over all containers."""
    old, new = _services(before), _services(after)
    found: dict[str, list[Change]] = {section: [] for section in SECTIONS}
    if old is None or new is None:
        # Of containers that nobody could look at, nothing can be said.
        return dict.fromkeys(SECTIONS, ())
    for name in dict.fromkeys((*old, *new)):
        if name is not None:
            change = _one(name, _image(old.get(name)), _image(new.get(name)))
            found["services"].extend([change] if change else [])
        traits = _traits(old.get(name)), _traits(new.get(name))
        for section in SECTIONS:
            found[section].extend(_pairs(traits[0].get(section, ()), traits[1].get(section, ()), name))
    found["settings"].extend(_pairs(_rest(before), _rest(after), None))
    return {section: tuple(changes) for section, changes in found.items()}


def _services(side: Side) -> Mapping[str | None, Any] | None:
    """The containers by name; the only one of a software of one container has none. None when not known."""
    if "service" in side.entry:
        return {None: side.entry["service"]}
    if "compose" not in side.entry:
        return {}
    return None if side.model is None else {str(name): service for name, service in side.model["services"].items()}


def _rest(side: Side) -> tuple[Pair, ...]:
    # The volumes of one container are told with it.
    return rest_of(side.model) if side.model is not None and "service" not in side.entry else ()


def _traits(service: Any) -> Traits:
    return traits_of(service) if isinstance(service, Mapping) else {}


def _image(service: Any) -> str | None:
    return str(service.get("image", "-")) if isinstance(service, Mapping) else None


def _pairs(before: Iterable[Pair], after: Iterable[Pair], service: str | None) -> Iterator[Change]:
    """The changes of names with values. Of a name that comes several times, equal values stay out of it."""
    old, new = _grouped(before), _grouped(after)
    for name in dict.fromkeys((*old, *new)):
        gone, come = _without(old[name], new[name]), _without(new[name], old[name])
        for one, other in zip_longest(gone, come):
            change = _one(name, one, other, service)
            if change is not None:
                yield change


def _grouped(pairs: Iterable[Pair]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for name, value in pairs:
        # `None` means that it is not there; an env variable without a value is.
        found[name].append("" if value is None else value)
    return found


def _without(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    """The values that are not among the others, each of which stands for one."""
    left = Counter(map(repr, others))
    kept = []
    for value in values:
        written = repr(value)
        if left[written]:
            left[written] -= 1
        else:
            kept.append(value)
    return kept


def _words(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Added and removed words of a list whose order says nothing."""
    old, new = (tuple(map(str, entry.get(key) or ())) for entry in (before, after))
    return (*(Change(name=word, kind=Kind.REMOVED, before=word) for word in old if word not in new),
            *(Change(name=word, kind=Kind.ADDED, after=word) for word in new if word not in old))


def _parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ParameterChange]:
    old, new = ({param.name: shown_parameter(param) for param in declared(entry)} for entry in (before, after))
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name), new.get(name)
        fields = _fields(one, other) if one is not None and other is not None else ()
        if one is None or other is None or fields:
            kind = Kind.ADDED if one is None else Kind.REMOVED if other is None else Kind.CHANGED
            yield ParameterChange(name=name, kind=kind, before=one, after=other, fields=fields)


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    # 1 and true are equal in Python, not in a file.
    return tuple(key for key in dict.fromkeys((*before, *after))
                 if (type(before.get(key)), before.get(key)) != (type(after.get(key)), after.get(key)))
