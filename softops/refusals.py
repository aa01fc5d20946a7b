"""What ssh, sudo, engines and registries say when they refuse, as errors of softops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from softops.errors import EngineUnreachable, PullFailed, ServerUnreachable, SoftopsError
from softops.problems import printable, shortened

_SSH: Sequence[tuple[str, str]] = (
    (r"host key verification failed|remote host identification has changed|host key is not cached", "SSH_HOST_KEY"),
    (r"permission denied|too many authentication failures|no supported authentication", "SSH_DENIED"),
    (r"could not resolve hostname|name or service not known", "SSH_NAME"),
    (r"connection refused", "SSH_REFUSED"),
    (r"timed? ?out|no route to host|network is unreachable|host is down", "SSH_TIMEOUT"),
)
_BECOME = re.compile(r"password is required|sorry, try again|not in the sudoers|not allowed to|may not run sudo"
                     r"|incorrect password|sudo: |doas: |must be run from a terminal|authentication failure")
_NOISE = re.compile(r"sudo: unable to resolve host|Warning: Permanently added")
_ENGINE: Sequence[tuple[str, str]] = (
    (r"permission denied", "ENGINE_DENIED"),
    (r"docker.{0,20}(?:command )?not found|not found.{0,20}docker|no such file or directory.{0,20}docker$"
     r"|is not a docker command", "ENGINE_NOT_INSTALLED"),
    (r"cannot connect to the docker daemon|is the docker daemon running|connection refused|no such file or directory"
     r"|no route to host|network is unreachable|timed out|not known", "ENGINE_DOWN"),
)
_PULL: Sequence[tuple[str, str]] = (
    (r"manifest verification failed", "PULL_CORRUPT"),
    (r"no space left on device|disk quota exceeded", "PULL_NO_SPACE"),
    (r"server gave http response to https client", "PULL_PLAIN_HTTP"),
    (r"toomanyrequests|too many requests|rate limit|http 429|http status: 429", "PULL_RATE_LIMIT"),
    (r"no matching manifest for|does not match the specified platform|does not provide the specified platform",
     "PULL_NO_PLATFORM"),
    (r"x509|certificate", "PULL_CERTIFICATE"),
    (r"verification failed|failed to register layer: .*checksum|unexpected commit digest", "PULL_CORRUPT"),
    (r"unknown blob|blob unknown", "PULL_PART_MISSING"),
    (r"manifest unknown|name unknown|repository name not known|manifest for .* not found|: not found", "PULL_NO_IMAGE"),
    (r"denied|unauthorized|authentication required|no basic auth credentials|forbidden|http 40[13]", "PULL_DENIED"),
    (r"connection refused|no such host|i/o timeout|timeout exceeded|no route to host|network is unreachable"
     r"|connection reset|server misbehaving|(?:^|[: ])eof$|broken pipe|tls handshake"
     r"|unexpected eof", "PULL_NO_REGISTRY"),
    (r"http (?:status: )?5\d\d|bad gateway|service unavailable|internal server error|gateway timeout",
     "PULL_REGISTRY_FAILED"),
    (r"unexpected http status|missing signature key|invalid character|manifest invalid|unsupported manifest"
     r"|mediatype in manifest should be", "PULL_NOT_A_REGISTRY"),
)


def login_refusal(said: str, code: int | None, *, over_ssh: bool) -> SoftopsError:
    """Why the way to the engine ended before it began. `code` is the exit code of ssh or of the shell there."""
    words, text = quoted(said), said.lower()
    if over_ssh and code == 255:
        reason = _reason(_SSH, text, "SERVER_UNREACHABLE")
        return ServerUnreachable(reason, **{"message" if reason == "SERVER_UNREACHABLE" else "words": words})
    if _BECOME.search(text):
        return ServerUnreachable("BECOME_FAILED", words=words)
    return ServerUnreachable("SERVER_UNREACHABLE", message=words or f"exit code {code}")


def engine_refusal(said: str) -> EngineUnreachable:
    """Why there is no talking to an engine whose server can be reached."""
    return EngineUnreachable(_reason(_ENGINE, said.lower(), "ENGINE_LOST"), words=quoted(said) or "-")


def server_lost(said: str) -> ServerUnreachable:
    """A server that was there and is gone in the middle of the work."""
    return ServerUnreachable("SSH_LOST", words=quoted(said) or "ssh")


def is_disk_full(said: str) -> bool:
    """Whether these are the words of a program that found no room on its disk."""
    return re.search(r"no space left on device|disk quota exceeded", said.lower()) is not None


def pull_refusal(said: str, *, image: str, platform: str) -> PullFailed:
    """Why an engine could not pull `image`."""
    reason = _reason(_PULL, said.lower(), "PULL_FAILED")
    return PullFailed(reason, image=image, words=quoted(said) or "-", platform=platform)


def quoted(said: str) -> str:
    """Foreign words fit to be quoted in a sentence: one printable line of at most 500 characters."""
    lines = [line for line in said.splitlines() if set(line) - set(" @#-=") and not _NOISE.match(line)]
    return shortened(printable(" ".join(lines)), 500).rstrip(" .")


def _reason(patterns: Sequence[tuple[str, str]], text: str, otherwise: str) -> str:
    return next((reason for pattern, reason in patterns if re.search(pattern, text)), otherwise)
