"""What actions write down while a person runs a playbook, for softops to hear of: JSON lines in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from softops.apporders import AppOrder
from softops.orders import Order

SPOOL = "SOFTOPS_SPOOL"
"""Environment variable with the path of the file; set by the callback plugin for the actions of its run."""
OPERATION_OF = {"run": "start", "back": "start", "start": "start", "stop": "stop", "restart": "restart",
                "remove": "remove"}


def order_line(host: str, operation: str, order: Order) -> Mapping[str, Any]:
    """Work on a software begins on a host."""
    return {"softops": 1, "kind": "order", "host": host, "software": order.name, "operation": operation,
            "version": order.version, "image": order.image, "digest": order.digest, "commit": order.commit}


def state_line(host: str, order: AppOrder) -> Mapping[str, Any]:
    """The state that a start is to bring about. It has the values of secrets: the file is for its owner alone."""
    return {"softops": 1, "kind": "state", "host": host, "software": order.name,
            "repository": order.main.repository, "digest": order.main.digest, "entry": dict(order.main.entry),
            "parameters": dict(order.main.parameters), "compose": order.compose,
            "images": [image.image for image in order.images]}


def spool(path: str, line: Mapping[str, Any]) -> None:
    """Write a line down for softops to hear; never fails."""
    spool_text(path, json.dumps(line, separators=(",", ":")))


def spool_text(path: str, text: str) -> None:
    """Append one line. One write is whole on a local disk also when many processes append at once."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.write(descriptor, f"{text}\n".encode())
    except OSError:
        pass
    finally:
        os.close(descriptor)
