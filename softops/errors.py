"""Every error softops raises on purpose, in one tree.

An error is a class (which code it has and what can happen next) and a `reason`: the key of a
sentence in `texts.py`. Foreign errors are wrapped once, at the border module that meets them,
always with `raise ... from exc`.
"""

from __future__ import annotations

import enum
from typing import ClassVar

from softops.texts import Lang, render


class Then(enum.Enum):
    """What has to happen after a failure before the same thing can work."""

    HUMAN = "human"
    """Somebody has to change something; trying again alone is useless."""
    RETRY = "retry"
    """Trying again later may work."""
    NOTHING = "nothing"
    """Nothing was changed and nothing needs to be."""


class SoftopsError(Exception):
    """Base of all errors of softops; `code` is the contract's code of the answer."""

    code: ClassVar[int] = 500
    then: ClassVar[Then] = Then.HUMAN

    def __init__(self, reason: str, /, **params: object) -> None:
        self.reason = reason
        self.params = params
        super().__init__(render(reason, "en", params))

    def text(self, lang: Lang) -> str:
        """The sentence for a person, in their language."""
        return render(self.reason, lang, self.params)


class InternalError(SoftopsError):
    """Something softops did not foresee; the log has the traceback."""


class ConfigError(SoftopsError, ValueError):
    """A setting is missing or wrong."""


class BadRequest(SoftopsError, ValueError):
    """The caller's parameters can't be used."""

    code = 400


class Unauthorized(SoftopsError):
    """The caller has to say who they are."""

    code = 401


class Forbidden(SoftopsError):
    """The caller may not do this."""

    code = 403


class NotFound(SoftopsError, LookupError):
    """The named thing does not exist."""

    code = 404


class NotAllowed(SoftopsError):
    """The path exists, but not for this method."""

    code = 405


class Conflict(SoftopsError):
    """The thing is in a state that does not allow this now."""

    code = 409
    then = Then.RETRY


class TooLarge(SoftopsError, ValueError):
    """The input is over a limit."""

    code = 413


class TooMany(SoftopsError):
    """The caller has tried too often; `seconds` is after how long they may try again."""

    code = 429
    then = Then.RETRY

    def __init__(self, reason: str, /, *, seconds: int, **params: object) -> None:
        super().__init__(reason, seconds=seconds, **params)
        self.seconds = seconds


class Unavailable(SoftopsError):
    """softops itself can't answer now."""

    code = 503
    then = Then.RETRY


class GitError(SoftopsError):
    """A repository can't be read at the wished commit."""

    then = Then.RETRY


class InventoryError(SoftopsError):
    """The inventory can't be read as Ansible reads it."""


class DatabaseError(SoftopsError):
    """The database does not answer."""

    code = 503
    then = Then.RETRY


class DatabaseRefused(DatabaseError):
    """The database works, but does not take this, however often it is asked."""

    code = 500
    then = Then.HUMAN


class ConstraintViolated(DatabaseRefused):
    """The rows would break a rule that the database guards; `constraint` names it."""

    def __init__(self, reason: str, /, *, constraint: str, **params: object) -> None:
        super().__init__(reason, constraint=constraint, **params)
        self.constraint = constraint


class BackupFailed(SoftopsError):
    """A backup could not be written, or not be brought back."""


class RegistryError(SoftopsError):
    """A registry does not answer as the distribution API says (contract code 1002)."""

    code = 1002
    then = Then.RETRY


class EngineUnreachable(SoftopsError):
    """The Docker engine of a server can't be reached (contract code 1001)."""

    code = 1001
    then = Then.RETRY


class ServerUnreachable(EngineUnreachable):
    """The server itself can't be reached or logged in to, whatever its engine does."""


class PullFailed(SoftopsError):
    """An image could not be pulled completely (contract code 1002)."""

    code = 1002
    then = Then.RETRY


class StartFailed(SoftopsError):
    """A container could not be started or did not become healthy (contract code 1003)."""

    code = 1003
    log: str = ""
    """The newest lines of the container at fault, without secrets."""


class RunFailed(SoftopsError):
    """A playbook run ended badly for another reason than the engine or the image."""


class ServerUnavailable(SoftopsError):
    """The softops server the command line wants to talk to does not answer."""

    then = Then.RETRY


class Refused(SoftopsError):
    """The softops server answered with another code than success; `answer` is that code."""

    def __init__(self, answer: int, message: str) -> None:
        self.answer = answer
        super().__init__("SERVER_REFUSED", message=message)

    def text(self, lang: Lang) -> str:  # noqa: ARG002
        """The server's own sentence, which is in the language it was asked in."""
        return str(self.params["message"])


class IllegalTransition(SoftopsError, RuntimeError):
    """A state was asked to move where its transition table does not lead."""


HTTP_STATUS = {200: 200, 202: 202, 302: 302, 400: 400, 401: 401, 403: 403, 404: 404, 405: 405, 409: 409, 413: 413,
               429: 429, 500: 500, 503: 503, 1001: 503, 1002: 502, 1003: 502}
"""The HTTP status that agrees with a code of the envelope."""
