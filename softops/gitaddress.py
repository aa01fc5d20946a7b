"""Addresses, refs and folders of catalog repositories: only such that git can't take for anything else."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, unquote, urlsplit

from softops.errors import GitError
from softops.logins import Login, SshKey
from softops.problems import printable, shortened

MAX_LENGTH = 1000
PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_SCP = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*@)?[A-Za-z0-9_][A-Za-z0-9_.-]*:[^:\-].*")
_SSH_NAME = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*")
_REF = re.compile(r"(?!-)(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]{1,255}(?<![./])")
_COMMIT = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A repository that git can be sent to."""

    url: str
    """Without credentials; safe to show."""
    credentials: str | None = field(default=None, repr=False)
    """`user:password` for HTTP."""
    key: SshKey | None = field(default=None, repr=False)
    """What ssh logs in with; None: what the user of softops has."""

    def with_access(self, access: Login | SshKey | None) -> Address:
        """The same address with what is logged in with there, unless it says that itself."""
        if isinstance(access, Login) and self.credentials is None and self.url.startswith(("http://", "https://")):
            return replace(self, credentials=f"{access.user}:{access.password}")
        return replace(self, key=access) if isinstance(access, SshKey) else self

    def settings(self) -> dict[str, str]:
        """The git settings that carry the credentials; never put them on a command line."""
        if self.credentials is None:
            return {}
        token = b64encode(self.credentials.encode()).decode()
        return {f"http.{self.url}.extraHeader": f"Authorization: Basic {token}"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where on the network a repository is."""

    scheme: str
    host: str
    port: int
    user: str = ""
    given_port: bool = False
    """Whether the port stands in the address."""


def site_of(address: Address) -> Site | None:
    """The site of an address; None for one on this machine's disk."""
    if address.url.startswith("/") or address.url.startswith("file:"):
        return None
    if "://" not in address.url:
        user, _, host = address.url.partition(":")[0].rpartition("@")
        return Site(scheme="ssh", host=host, port=PORTS["ssh"], user=user)
    parts = urlsplit(address.url)
    return Site(scheme=parts.scheme, host=parts.hostname or "", port=parts.port or PORTS[parts.scheme],
                user=parts.username or "", given_port=parts.port is not None)


def parse_address(text: str) -> Address:
    """The address in `text`: an absolute path, a file, http(s), ssh or git URL, or user@host:path. GitError for
    anything else."""
    if len(text) <= MAX_LENGTH and not _CONTROL.search(text):
        if text.startswith("/"):
            return Address(url=text)
        scheme = text.partition("://")[0]
        if scheme in {"http", "https", "ssh", "git", "file"} and "://" in text and " " not in text:
            found = _split(text)
            if found is not None:
                return found
        elif "://" not in text and _SCP.fullmatch(text):
            return Address(url=text)
    raise GitError("GIT_URL", url=shown(text))


def split_login(text: str) -> tuple[str, Login | None]:
    """The address without what is logged in with there, and that. What can't be an address stays as it is."""
    try:
        found = parse_address(text)
    except GitError:
        return text, None
    if found.credentials is None:
        return text, None
    user, _, password = found.credentials.partition(":")
    return found.url, Login(user=user, password=password)


def logs_in_by(text: str) -> type[Login | SshKey] | None:
    """What git can log in with at the address; None where nobody logs in."""
    try:
        site = site_of(parse_address(text))
    except GitError:
        return None
    if site is None or site.scheme == "git":
        return None
    return SshKey if site.scheme == "ssh" else Login


def same_site(one: str, other: str) -> bool:
    """Whether both addresses lead to the same server, by the same way."""
    return _server(one) == _server(other)


def _server(text: str) -> tuple[str, str, int] | None:
    try:
        site = site_of(parse_address(text))
    except GitError:
        return None
    return (site.scheme, site.host, site.port) if site is not None else None


def shown(text: str) -> str:
    """`text` without credentials and control characters, for a sentence."""
    return printable(shortened(_CREDENTIALS.sub("//", text), 200))


def check_ref(ref: str) -> str:
    """`ref` if it can be the name of a branch, tag or commit; GitError otherwise."""
    if not _REF.fullmatch(ref):
        raise GitError("GIT_REF", ref=shown(ref))
    return ref


def is_commit(ref: str) -> bool:
    """Whether `ref` looks like a commit, full or shortened."""
    return _COMMIT.fullmatch(ref) is not None


def check_folder(path: str) -> str:
    """`path` inside a repository without slashes at its ends, "" for the whole; GitError when it can't be one."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if len(path) > MAX_LENGTH or ".." in parts or _CONTROL.search(path):
        raise GitError("GIT_PATH", path=shown(path))
    return "/".join(parts)


def _split(text: str) -> Address | None:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme == "file":
        return Address(url=text) if not host and parts.path.startswith("/") else None
    if not _SSH_NAME.fullmatch(host) or not parts.path.strip("/") or parts.path.startswith("/-"):
        return None
    if parts.scheme in {"http", "https"}:
        return Address(url=_without_user(parts), credentials=_credentials(parts))
    if parts.username is not None and not _SSH_NAME.fullmatch(parts.username):
        return None
    user = f"{parts.username}@" if parts.username else ""
    return Address(url=_without_user(parts, user))


def _without_user(parts: SplitResult, user: str = "") -> str:
    return parts._replace(netloc=user + parts.netloc.rpartition("@")[2]).geturl()


def _credentials(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"
