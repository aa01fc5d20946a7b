"""Files that lie in memory alone, for programs that take what is secret only from a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def in_memory(name: str, text: str) -> Iterator[str]:
    """The path of a file with this text, for this user's processes alone. It is gone with the block, and with this
    process."""
    number = os.memfd_create(name, os.MFD_CLOEXEC)
    try:
        # ssh takes no key that others could read.
        os.fchmod(number, 0o600)
        os.write(number, text.encode())
        yield f"/proc/{os.getpid()}/fd/{number}"
    finally:
        os.close(number)
