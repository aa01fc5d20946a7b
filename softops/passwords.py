"""Passwords: which are good enough, and their argon2id hashes."""

from __future__ import annotations

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from softops.errors import BadRequest

LEAST = 10
"""Characters."""
MOST = 1024
"""Bytes; more would only cost time."""
AT_ONCE = 2
"""Hashes that are computed at a time, each with 64 MiB; others wait."""
COMMON = frozenset({
    "password12", "password123", "password1234", "password123!", "passw0rd123", "p@ssw0rd123", "1234567890",
    "12345678910", "123456789012", "0123456789", "0987654321", "1q2w3e4r5t", "1q2w3e4r5t6y", "qwertyuiop",
    "qwerty12345", "qwerty123456", "1qaz2wsx3edc", "iloveyou123", "administrator", "admin12345", "admin123456",
    "changeme123", "letmein1234", "welcome123", "welcome1234", "abcdefghij", "abcd123456", "abc1234567",
    "softops123", "softops1234", "softopsadmin", "adminadmin", "rootrootroot", "docker1234", "ansible123"})
"""What is tried first by whoever guesses."""
NO_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$yZN0S5vV1JzRfMAhOXk7Lw$GzIGoSTbJ0YqrO2QgYCywiNgo3crY56cQjfgz0vfi8U"  # noqa: S105
"""Compared with where there is no user, so that the answer takes as long."""

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, type=Type.ID)
_turns = threading.BoundedSemaphore(AT_ONCE)


def checked(password: str, name: str) -> str:
    """The password; BadRequest says what is wrong with it for the user `name`."""
    plain = _normal(password)
    if len(plain) < LEAST:
        raise BadRequest("PASSWORD_SHORT", least=LEAST)
    if len(plain.encode()) > MOST:
        raise BadRequest("PASSWORD_LONG", most=MOST)
    if plain.casefold() == name.casefold():
        raise BadRequest("PASSWORD_NAME")
    if plain.casefold() in COMMON or len(set(plain)) < 4:
        raise BadRequest("PASSWORD_COMMON")
    return plain


def hash_password(password: str) -> str:
    """Its argon2id hash, with a salt of its own."""
    with _turns:
        return _hasher.hash(_normal(password))


def matches(known: str | None, password: str) -> bool:
    """Whether `known` is a hash of the password; None takes as long and is none of any."""
    plain = _normal(password)
    if len(plain.encode()) > MOST:
        # No password is so long.
        known, plain = None, ""
    with _turns:
        try:
            _hasher.verify(NO_PASSWORD if known is None else known, plain)
        except (VerificationError, InvalidHashError):
            return False
    return known is not None


def is_outdated(known: str) -> bool:
    """Whether the hash was made with other costs than those of today."""
    return _hasher.check_needs_rehash(known)


def generated() -> str:
    """A new password for somebody who is to choose their own: 120 random bits."""
    return secrets.token_urlsafe(15)


def _normal(password: str) -> str:
    """As it is whatever keyboard or system it was typed on."""
    # A lone surrogate can be in JSON; it is no character.
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()
