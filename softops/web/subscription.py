"""What a client of the live channel asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from softops.errors import BadRequest
from softops.web.parameters import Id, Seq
from softops.web.validation import read_values

NAMES = ("job", "record", "server", "after")
"""The names in a query; in a message they may also be called jobId, recordId, serverId."""


class Subscription(BaseModel):
    """Jobs, records and servers to watch; with `after`, the milestones above that number come first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Id | None = Field(default=None, validation_alias=AliasChoices("jobId", "job"))
    record: Id | None = Field(default=None, validation_alias=AliasChoices("recordId", "record"))
    server: Id | None = Field(default=None, validation_alias=AliasChoices("serverId", "server"))
    after: Seq | None = None

    @model_validator(mode="after")
    def _after_belongs_to_a_job(self) -> Self:
        if self.after is not None and self.job is None and self.record is None:
            raise BadRequest("SUBSCRIPTION_AFTER")
        return self

    @property
    def topics(self) -> frozenset[str]:
        """The topics of the hub that are meant."""
        given = (("job", self.job), ("record", self.record), ("server", self.server))
        return frozenset(f"{name}:{value}" for name, value in given if value is not None)


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
