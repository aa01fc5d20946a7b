"""Real servers on one machine, for tests and the demo: own network, sshd and Docker engine each."""

from tests.fleet.commands import FleetError
from tests.fleet.fleet import Fleet
from tests.fleet.server import Server, ServerSpec, numbered

__all__ = ["Fleet", "FleetError", "Server", "ServerSpec", "numbered"]
