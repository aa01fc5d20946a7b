"""What a client of the live channel asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from softops.containermessages import CONTAINERS
from softops.errors import BadRequest
from softops.web.parameters import Id, Seq
from softops.web.validation import Whole, read_values

NAMES = ("job", "record", "server", "after", "containers", "containerLog", "tail")
"""The names in a query; in a message the first three may also be called jobId, recordId, serverId."""
TAIL = 200
"""Lines of a log that come first, unless said."""
MOST_LINES = 5000


class Subscription(BaseModel):
    """What to watch: a job, record or server, all containers, the log of one; with `after`, the milestones above that
    number come first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Id | None = Field(default=None, validation_alias=AliasChoices("jobId", "job"))
    record: Id | None = Field(default=None, validation_alias=AliasChoices("recordId", "record"))
    server: Id | None = Field(default=None, validation_alias=AliasChoices("serverId", "server"))
    after: Seq | None = None
    containers: bool = False
    log: Id | None = Field(default=None, validation_alias=AliasChoices("containerLog", "log"))
    tail: Annotated[int, Whole(0, MOST_LINES)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, values: Any) -> Any:
        """`containerLog` may be an object with the container's id and `tail`."""
        wanted = values.get("containerLog") if isinstance(values, dict) else None
        if not isinstance(wanted, dict):
            return values
        names = {"containerId": "containerLog", "tail": "tail"}
        return {**{name: value for name, value in values.items() if name != "containerLog"},
                **{names.get(name, f"containerLog.{name}"): value for name, value in wanted.items()}}

    @model_validator(mode="after")
    def _after_belongs_to_a_job(self) -> Self:
        if self.after is not None and self.job is None and self.record is None:
            raise BadRequest("SUBSCRIPTION_AFTER")
        if self.tail is not None and self.log is None:
            raise BadRequest("SUBSCRIPTION_TAIL")
        return self

    @property
    def lines(self) -> int:
        """How many lines of the log come first."""
        return TAIL if self.tail is None else self.tail

    @property
    def topics(self) -> frozenset[str]:
        """The topics of the hub that are meant."""
        given = (("job", self.job), ("record", self.record), ("server", self.server), ("log", self.log))
        named = frozenset(f"{name}:{value}" for name, value in given if value is not None)
        return named | {CONTAINERS} if self.containers else named


def read_subscription(values: Mapping[str, Any]) -> Subscription:
    """The subscription in a message; BadRequest when it does not fit or names nothing."""
    subscription = read_values(Subscription, values)
    if not subscription.topics:
        raise BadRequest("SUBSCRIPTION_EMPTY")
    return subscription


def subscription_in(query: Mapping[str, Sequence[str]], *, others: bool) -> Subscription | None:
    """The subscription in a query; None when it has none. Unless there may be `others`, each name has to fit."""
    given = {name: values for name, values in query.items() if not others or name in NAMES}
    for name, values in given.items():
        if len(values) > 1:
            raise BadRequest("QUERY_TWICE", name=name)
    return read_subscription({name: values[0] for name, values in given.items()}) if given else None
