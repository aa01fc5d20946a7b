"""What all tests share: the fleet of real servers, started when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet import Fleet


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests that use the fleet go to one worker, so that it is started once per run."""
    for item in items:
        if "fleet" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("fleet"))


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Three real servers web1, web2 and web3 with a registry; shared, so a test names its things its own."""
    with Fleet(3) as running:
        yield running
