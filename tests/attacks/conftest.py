"""Fuzzing that does the same in every run, and ends."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# Before any test is imported: each takes its settings from the profile that is in force then. For a search of one's
# own there is `pytest --hypothesis-profile=default tests/attacks`.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None,
                          phases=[Phase.explicit, Phase.generate, Phase.shrink],
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.load_profile("repeatable")
