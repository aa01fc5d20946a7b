"""Fuzzing that does the same in every run, and ends."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings


@pytest.fixture(scope="session", autouse=True)
def _repeatable() -> None:
    """The profile `repeatable`: the same examples each time, nothing kept on disk, slow machines forgiven. For a
    search of one's own: `pytest --hypothesis-profile=default tests/attacks`."""
    settings.register_profile("repeatable", derandomize=True, database=None, deadline=None,
                              phases=[Phase.explicit, Phase.generate, Phase.shrink],
                              suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
    if settings.get_current_profile_name() == "default":
        settings.load_profile("repeatable")
