"""Which language the person at this terminal reads."""

from __future__ import annotations

import os
from collections.abc import Mapping

from softops.texts import Lang


def person_language(environ: Mapping[str, str] = os.environ) -> Lang:
    """SOFTOPS_LANGUAGE where it is set, else what the locale says: Chinese for zh*, English for all others.

    Kept apart from the settings so that `softops --help` does not have to load them.
    """
    chosen = environ.get("SOFTOPS_LANGUAGE", "")
    if chosen in {"zh", "en"}:
        return "zh" if chosen == "zh" else "en"
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"
