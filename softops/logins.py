"""What softops logs in with at registries and git servers, and how each of them wants to hear it."""

from __future__ import annotations

import enum
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from softops.errors import BadRequest
from softops.locations import HUB, location
from softops.problems import printable, shortened
from softops.references import parse_reference

MAX_LOGINS = 1000
MAX_PASSWORD = 16 * 1024
"""Characters; tokens of registries are a few thousand."""
MAX_USER = 255
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_LINES = re.compile(r"[\x00-\x1f\x7f]")


class CredentialKind(enum.StrEnum):
    """What a credential is for."""

    REGISTRY = "registry"
    REPOSITORY = "repository"


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """That there is one; what it holds is shown to nobody."""

    id: int
    kind: CredentialKind
    name: str
    """The registry as `registry_name` has it, or the repository's name."""
    user: str
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A name and a password, or a token in its place."""

    user: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of the header Authorization for HTTP's own way to log in."""
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"

    def for_engine(self, registry: str) -> str:
        """The value of the header X-Registry-Auth of the Docker Engine API."""
        address = "https://index.docker.io/v1/" if registry == HUB else registry
        said = {"username": self.user, "password": self.password, "serveraddress": address}
        return urlsafe_b64encode(json.dumps(said).encode()).decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class SshKey:
    """A private key for git over ssh."""

    private: str = field(repr=False)
    known_hosts: str = ""
    """The keys of the git server, as in a known_hosts file; empty: those that the user of softops knows."""


def registry_name(text: str) -> str:
    """The registry as image names lead to it, such as `registry.example.com:5000`; a scheme and what follows the
    host are left out, and docker.io is the one that Docker Hub's images come from. BadRequest when it is none."""
    host = _SCHEME.sub("", text.strip(), count=1).partition("/")[0].lower()
    reference = parse_reference(f"{host}/image")
    if not host or reference is None or not reference.registry:
        raise BadRequest("REGISTRY_NAME", registry=printable(shortened(text)))
    return location(reference).registry


def registry_of(image: str) -> str | None:
    """The registry that has the image, by the name under which its login is known."""
    reference = parse_reference(image)
    return None if reference is None else location(reference).registry.lower()


def checked_login(user: object, password: object) -> Login:
    """The login; BadRequest for what can't be sent to a registry or git server."""
    if not isinstance(user, str) or not isinstance(password, str):
        raise BadRequest("LOGIN_FORM")
    if not user or not password or len(user) > MAX_USER or len(password) > MAX_PASSWORD:
        raise BadRequest("LOGIN_FORM")
    if ":" in user or _LINES.search(user) or _LINES.search(password):
        raise BadRequest("LOGIN_FORM")
    return Login(user=user, password=password)


def checked_key(private: str, known_hosts: str) -> SshKey:
    """The key; BadRequest for what ssh could not use, or only with a passphrase."""
    text = private.replace("\r\n", "\n").strip()
    if not text.startswith("-----BEGIN ") or "\0" in text + known_hosts or _has_passphrase(text):
        raise BadRequest("SSH_KEY_FORM")
    return SshKey(private=f"{text}\n", known_hosts=known_hosts)


def _has_passphrase(text: str) -> bool:
    if "ENCRYPTED" in text:
        return True
    if not text.startswith("-----BEGIN OPENSSH"):
        return False
    try:
        start = b64decode("".join(text.splitlines()[1:-1]))[:64]
    except ValueError:
        return True
    # The format's magic, then the name of the cipher with its length.
    return not start.startswith(b"openssh-key-v1\0\0\0\0\4none")


def logins_of(said: object) -> Mapping[str, Login]:
    """Logins by registry from `{registry: {user: ..., password: ...}}`, be it of an input.json or of an inventory.
    No message names a value."""
    if not said:
        return {}
    if not isinstance(said, Mapping) or len(said) > MAX_LOGINS:
        raise BadRequest("LOGINS_FORM")
    return {registry_name(str(name)): _login(one) for name, one in said.items()}


def as_input(logins: Mapping[str, Login]) -> Mapping[str, Any]:
    """What `logins_of` reads."""
    return {name: {"user": one.user, "password": one.password} for name, one in logins.items()}


def _login(said: object) -> Login:
    if not isinstance(said, Mapping) or set(said) - {"user", "username", "password"}:
        raise BadRequest("LOGINS_FORM")
    return checked_login(_text(said.get("user", said.get("username"))), _text(said.get("password")))


def _text(value: object) -> object:
    # Values of !vault are objects that are texts only when asked; YAML reads a password of digits as a number.
    return str(value) if value is not None and not isinstance(value, bool) else value
