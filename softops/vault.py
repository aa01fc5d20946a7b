"""Keeps secret values sealed: what lies in the database can't be read without the key, which lies elsewhere."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from softops.errors import ConfigError

KEY_FILE = "secret.key"


class Vault:
    """Seals and opens with one key (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key.strip().encode())
        except ValueError as exc:
            raise ConfigError("SECRET_KEY_INVALID") from exc

    def seal(self, values: Mapping[str, object]) -> str | None:
        """The values as text that tells nothing; None for none."""
        return self._fernet.encrypt(json.dumps(dict(values)).encode()).decode() if values else None

    def open(self, sealed: str | None) -> Mapping[str, object]:
        """What was sealed; ConfigError when that was done with another key."""
        if sealed is None:
            return {}
        try:
            values: Mapping[str, object] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as exc:
            raise ConfigError("SECRET_KEY_OTHER") from exc
        return values


def make_vault(key: str, directory: Path) -> Vault:
    """The vault with `key`; without one, with the key in `directory`, which is made on the first use (mode 0600)."""
    return Vault(key or _kept_key(directory / KEY_FILE))


def _kept_key(path: Path) -> str:
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as exc:
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
