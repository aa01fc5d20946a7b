"""Keeps secret values sealed: what lies in the database can't be read without the key, which lies elsewhere."""

from __future__ import annotations

import hmac
import json
import os
import tempfile
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from softops.errors import ConfigError

KEY_FILE = "secret.key"


class Vault:
    """Seals and opens with one key (Fernet: AES-128-CBC with HMAC-SHA256).

    Without `key` it is the one in the file `path`, read on the first use, and made by it (mode 0600) where there is
    none; `seals.check_key` sees to it that none is made where one has been lost.
    """

    def __init__(self, key: str, path: Path | None = None) -> None:
        self._key = key
        self.path = path
        if key or path is None:
            _fernet(key)

    @property
    def has_key(self) -> bool:
        """Whether there is a key that would not have to be made first."""
        return bool(self._key) or (self.path is not None and self.path.exists())

    def seal(self, values: Mapping[str, object]) -> str | None:
        """The values as text that tells nothing; None for none."""
        return self._keyed.encrypt(json.dumps(dict(values)).encode()).decode() if values else None

    def open(self, sealed: str | None) -> Mapping[str, object]:
        """What was sealed; ConfigError when that was done with another key."""
        if sealed is None:
            return {}
        try:
            values: Mapping[str, object] = json.loads(self._keyed.decrypt(sealed.encode()))
        except InvalidToken as exc:
            raise ConfigError("SECRET_KEY_OTHER") from exc
        return values

    def derive(self, purpose: str) -> bytes:
        """A key of its own for `purpose`, from which the key itself can't be found."""
        return hmac.digest(urlsafe_b64decode(self._text.strip()), f"softops {purpose}".encode(), "sha256")

    @cached_property
    def _keyed(self) -> Fernet:
        return _fernet(self._text)

    @cached_property
    def _text(self) -> str:
        return self._key or (_kept_key(self.path) if self.path is not None else "")


def make_vault(key: str, directory: Path) -> Vault:
    """The vault with `key`; without one, with the key in `directory`."""
    return Vault(key, directory / KEY_FILE)


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key.strip().encode())
    except ValueError as exc:
        raise ConfigError("SECRET_KEY_INVALID") from exc


def _kept_key(path: Path) -> str:
    try:
        if not path.exists():
            _make(path)
        key = path.read_text(encoding="ascii")
        Fernet(key.strip().encode())
        return key
    except (OSError, ValueError) as exc:
        raise ConfigError("SECRET_KEY_UNREADABLE", path=path, problem=exc) from exc


def _make(path: Path) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        # A link is there at once and whole, and never replaces the key that another process has just made.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
