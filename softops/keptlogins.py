"""The tokens that `softops login` has kept for this user of the operating system, by the URL of the server."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from softops.errors import ConfigError


class KeptLogins:
    """A file that only its owner reads. One that cannot be read as such is ConfigError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, url: str) -> str | None:
        """The token for the server; None when none is kept."""
        return self._read().get(_plain(url))

    def keep(self, url: str, token: str) -> None:
        """Keep a token, instead of the one there was for this server."""
        self._write({**self._read(), _plain(url): token})

    def forget(self, url: str) -> None:
        """Keep none for the server."""
        self._write({key: token for key, token in self._read().items() if key != _plain(url)})

    def _read(self) -> Mapping[str, str]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as exc:
            raise ConfigError("LOGINS_UNREADABLE", path=self.path, problem=_problem(exc)) from exc
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise ConfigError("LOGINS_UNREADABLE", path=self.path, problem="JSON")
        return found

    def _write(self, logins: Mapping[str, str]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # It is 0600 from its first byte on, and never there in part.
            number, name = tempfile.mkstemp(dir=self.path.parent)
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    json.dump(dict(logins), file, indent=1)
                Path(name).replace(self.path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as exc:
            raise ConfigError("LOGINS_UNREADABLE", path=self.path, problem=_problem(exc)) from exc


def my_logins() -> KeptLogins:
    """Those of whoever runs this."""
    try:
        home = Path.home()
    except RuntimeError as exc:
        raise ConfigError("LOGINS_UNREADABLE", path="~", problem=exc) from exc
    return KeptLogins(home / ".config" / "softops" / "credentials.json")


def _plain(url: str) -> str:
    return url.rstrip("/").lower()


def _problem(exc: Exception) -> object:
    return exc.strerror if isinstance(exc, OSError) else exc
