"""What all parts of a catalog file share: strict models and validators that complain with a reason."""

from __future__ import annotations

import re
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from softops.problems import shortened


class Part(BaseModel):
    """A mapping with a closed list of keys; nothing is converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def complain(reason: str, **params: str | int) -> NoReturn:
    """Refuse the value under validation; a param `at` names the key that is meant."""
    # the sentence comes from texts.py, not from here
    raise PydanticCustomError(reason, reason, params)


def fits(pattern: str, reason: str) -> AfterValidator:
    """A validator that refuses texts which `pattern` does not match as a whole."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            complain(reason, value=shortened(value))
        return value

    return AfterValidator(check)


def _given(value: object) -> object:
    if value is None:
        complain("ENTRY_NULL")
    return value


T = TypeVar("T")
Maybe = Annotated[T | None, BeforeValidator(_given)]
"""The type of a key that may be left out; written as null it is refused."""


class Words(Part):
    """A text in both languages; at least one of them."""

    en: Maybe[Annotated[str, Field(max_length=10_000)]] = None
    zh: Maybe[Annotated[str, Field(max_length=10_000)]] = None

    def model_post_init(self, _context: Any, /) -> None:
        """Refuse `{}`."""
        if self.en is None and self.zh is None:
            complain("ENTRY_NO_LANGUAGE")


def _kind(value: object) -> str:
    return "words" if isinstance(value, dict | Words) else "text"


Text = Annotated[
    Annotated[str, Field(max_length=10_000), Tag("text")] | Annotated[Words, Tag("words")],
    Discriminator(_kind)]
"""One text for every language, or one for each."""
