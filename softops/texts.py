"""The sentences people read, by reason, in English and Chinese.

Every reason used anywhere in softops has its sentence here (a test checks it, and that both
languages use the same placeholders). Placeholders are filled by plain substitution of `{name}`:
values are data and are never formatted again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Lang = Literal["en", "zh"]


class Text(NamedTuple):
    """One sentence in both languages."""

    en: str
    zh: str


TEXTS: Mapping[str, Text] = {
    "INTERNAL": Text("Something went wrong inside softops ({detail}). The log has the details.",
                     "softops 内部出错（{detail}），详情见日志。"),
    "ILLEGAL_TRANSITION": Text("{what} can't go from {actual} to {wanted}.", "{what} 不能从 {actual} 变为 {wanted}。"),
}

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def render(reason: str, lang: Lang, params: Mapping[str, object]) -> str:
    """The sentence of `reason`; a placeholder without a value stays visible instead of failing."""
    text = TEXTS.get(reason)
    if text is None:
        return f"{reason} {dict(params)}" if params else reason
    template = text.en if lang == "en" else text.zh
    return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], match[0])), template)
