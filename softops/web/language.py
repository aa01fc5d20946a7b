"""Which language a caller reads."""

from __future__ import annotations

from softops.texts import Lang


def language(accept: str | None, default: Lang) -> Lang:
    """The better wished of both languages in an Accept-Language header; `default` when it names neither."""
    best, chosen = 0.0, default
    for part in (accept or "").lower().split(","):
        tag, _, weight = part.partition(";")
        primary, wish = tag.strip().split("-")[0], _quality(weight)
        if primary in {"zh", "en"} and wish > best:
            best, chosen = wish, "zh" if primary == "zh" else "en"
    return chosen


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, float(value))
    except ValueError:
        return 0.0
