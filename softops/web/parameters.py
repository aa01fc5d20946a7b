"""What callers may send: the queries and bodies of the API, with their limits."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from softops.errors import BadRequest
from softops.logins import MAX_PASSWORD, MAX_USER, CredentialKind
from softops.statuses import ImageStatus, RecordStatus, ServerStatus
from softops.waves import MAX_SETTLE, ROLL_BACK, STOP
from softops.web.validation import DIGITS, PRINTABLE, Printable, Whole, is_printable, whole

LARGEST_ID = 2**63 - 1
LARGEST_PAGE = 2**53
LARGEST_SIZE = 1000
MANY = 10_000
"""The most servers or groups one request may name."""

Id = Annotated[int, Whole(1, LARGEST_ID)]
Seq = Annotated[int, Whole(0, LARGEST_ID)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255), Printable]
User = Annotated[str, StringConstraints(min_length=1, max_length=100), Printable]
WebhookSecret = Annotated[str, StringConstraints(max_length=255, pattern="^[ -~]*$")]
Commit = Annotated[str, StringConstraints(min_length=7, max_length=64), Printable]

DEFAULT_USER = "api"
"""Who asked, where nobody says it: users and rights do not exist yet."""


def read_id(name: str, text: str) -> int:
    """The number in a path; BadRequest when it is none."""
    if not DIGITS.fullmatch(text) or not 1 <= int(text) <= LARGEST_ID:
        raise BadRequest("FIELD_NUMBER", name=name, low=1, high=LARGEST_ID)
    return int(text)


def _server_key(value: object) -> int | str:
    if isinstance(value, str) and 0 < len(value) <= 255 and is_printable(value):
        return value
    number = whole(value)
    if number is not None and 1 <= number <= LARGEST_ID:
        return number
    raise PydanticCustomError("server_key", "not a server")


ServerKey = Annotated[int | str, BeforeValidator(_server_key), WithJsonSchema({"oneOf": [
    {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": PRINTABLE}]})]


class Given(BaseModel):
    """Something a caller sends: camelCase, and nothing that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class PageQuery(Given):
    """Which page of a list."""

    page: Annotated[int, Whole(1, LARGEST_PAGE)] = Field(1, description="Page number")
    size: Annotated[int, Whole(1, LARGEST_SIZE)] = Field(10, description="Rows per page")


class SoftwareQuery(PageQuery):
    """Which software."""

    name: Name | None = Field(None, description="Part of the name")
    status: ImageStatus | None = None


class ReleaseBody(Given):
    """How a lock is to be released."""

    force: StrictBool = Field(False, description="Also while its holder lives")


class RecordQuery(PageQuery):
    """Which records."""

    soft_id: Id | None = None
    server_id: Id | None = None
    job_id: Id | None = None
    status: RecordStatus | None = None


class JobQuery(PageQuery):
    """Which jobs."""

    status: RecordStatus | None = None


class ServerQuery(PageQuery):
    """Which servers."""

    name: Name | None = Field(None, description="Part of the inventory hostname")
    status: ServerStatus | None = None
    group: Name | None = Field(None, description="A group of the inventory")


class PullQuery(Given):
    """On which servers; none: those of the group `default`, or the only one there is."""

    server_id: Annotated[list[Id], Field(max_length=MANY)] = Field([], description="Ids, repeatable")
    server: Annotated[list[Name], Field(max_length=MANY)] = Field([], description="Names, repeatable")
    group: Annotated[list[Name], Field(max_length=MANY)] = Field([], description="Groups, repeatable")
    user: User = DEFAULT_USER


class EventQuery(Given):
    """Which events of a job."""

    after: Seq = Field(0, description="Only those with a number above")
    limit: Annotated[int, Whole(1, LARGEST_SIZE)] = LARGEST_SIZE


class SyncQuery(Given):
    """How to sync."""

    confirm: bool = Field(False, description="Retire entries even when it is more than half of them")
    commit: Commit | None = Field(None, description="Only when the repository is at this commit")


_NOTHING: JsonDict = {"type": "null"}
_WHOLE = {"type": "integer", "minimum": 0, "maximum": 10_000}
Waves = Annotated[dict[str, Any], WithJsonSchema({
    "type": "object", "additionalProperties": False, "properties": {
        "canary": _WHOLE, "maxFailures": _WHOLE, "settle": {**_WHOLE, "maximum": MAX_SETTLE},
        "approval": {"type": "boolean"}, "onFailure": {"enum": [STOP, ROLL_BACK]},
        "batch": {"anyOf": [{**_WHOLE, "minimum": 1}, {"type": "string", "pattern": "^([1-9][0-9]?|100)%$"},
                            {"type": "null"}]}}})]
"""A strategy, which `waves.strategy_of` reads."""


class InstallBody(Given):
    """What to install, where and how."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [
        {"required": ["softId"], "properties": {
            "softId": {"type": "integer"}, "name": _NOTHING, "version": _NOTHING, "repository": _NOTHING}},
        {"required": ["name"], "properties": {"softId": _NOTHING, "name": {"type": "string"}}}]})

    soft_id: Id | None = None
    name: Name | None = None
    version: Name | None = Field(None, description="Without it: the newest that is available")
    repository: Name | None = Field(None, description="Name of the repository, where several have that software")
    servers: Annotated[list[ServerKey], Field(min_length=1, max_length=MANY)] | None = Field(
        None, description="Ids (numbers) or names (texts)")
    groups: Annotated[list[Name], Field(min_length=1, max_length=MANY)] | None = None
    parameters: dict[str, Any] = Field({}, description="Values for the parameters that the software declares")
    strategy: Waves | None = Field(None, description="In which waves: canary, batch, maxFailures, onFailure, "
                                                              "approval, settle")
    user: User = DEFAULT_USER

    @model_validator(mode="after")
    def _one_software(self) -> Self:
        if self.soft_id is None and self.name is None:
            raise BadRequest("SOFTWARE_UNNAMED")
        if self.soft_id is not None and (self.name or self.version or self.repository):
            raise BadRequest("SOFTWARE_TWICE")
        return self


class UserBody(Given):
    """Who asks."""

    user: User = DEFAULT_USER


class ConfirmBody(Given):
    """How to sync."""

    confirm: StrictBool = False
    commit: Commit | None = None


class CredentialQuery(PageQuery):
    """Which credentials."""

    kind: CredentialKind | None = None


class CredentialBody(Given):
    """What softops is to log in with at a registry or, for a catalog repository, at its git server."""

    kind: CredentialKind
    name: Name = Field(description="The registry as images name it (host:port), or the repository's name")
    user: Annotated[str, StringConstraints(max_length=MAX_USER), Printable] = ""
    password: SecretStr | None = Field(None, max_length=MAX_PASSWORD, description="A password or token")
    private_key: SecretStr | None = Field(None, max_length=MAX_PASSWORD, description="For a repository over ssh")
    known_hosts: Annotated[str, StringConstraints(max_length=MAX_PASSWORD)] | None = Field(
        None, description="Host keys of the git server, as in a known_hosts file")


class RepositoryBody(Given):
    """A catalog repository to add, or to change by its name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), Printable]
    url: Annotated[str, StringConstraints(min_length=1, max_length=1000), Printable]
    ref: Name = "HEAD"
    path: Annotated[str, StringConstraints(max_length=500), Printable] = ""
    interval: Annotated[int, Whole(0, 31_536_000)] = Field(60, description="Seconds between two looks; 0: never")
    webhook_secret: WebhookSecret | None = Field(None, repr=False, description="Of its webhook: 16 characters or more; "
                                                                               "empty: none; left out: as it was")
