"""What the present thread or task is about: lines that it logs carry the ids, whoever writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from types import MappingProxyType

_NOTHING: Mapping[str, object] = MappingProxyType({})
_about: ContextVar[Mapping[str, object]] = ContextVar("log_context", default=_NOTHING)


def known() -> Mapping[str, object]:
    """The ids by name: `job`, `record`, `server`, `request`, `user` ..."""
    return _about.get()


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Within the block these ids are known, beside those that were before."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


def note(**ids: object) -> None:
    """These ids are known from here on, until the end of the `about` around it."""
    _about.set({**_about.get(), **ids})


def informed_thread(target: Callable[..., object], *args: object, name: str) -> threading.Thread:
    """A thread, not started yet, that is about the same as this one."""
    return threading.Thread(target=copy_context().run, args=(target, *args), name=name)
