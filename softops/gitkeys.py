"""Private keys for ssh that never lie on a disk: they are files in memory for as long as git runs."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator

from softops.logins import SshKey


@contextlib.contextmanager
def offered(key: SshKey | None) -> Iterator[str]:
    """The options with which ssh uses the key and no other, as a shell reads them; they hold within the block alone."""
    if key is None:
        yield ""
        return
    with contextlib.ExitStack() as stack:
        private = stack.enter_context(_in_memory("key", key.private))
        words = ["-i", private, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
        if key.known_hosts.strip():
            known = stack.enter_context(_in_memory("known_hosts", f"{key.known_hosts.strip()}\n"))
            words += ["-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null",
                      "-o", "StrictHostKeyChecking=yes"]
        yield shlex.join(words)


@contextlib.contextmanager
def _in_memory(name: str, text: str) -> Iterator[str]:
    """The path of a file that is gone with the block, and with this process."""
    number = os.memfd_create(name, os.MFD_CLOEXEC)
    try:
        # ssh takes no key that others could read.
        os.fchmod(number, 0o600)
        os.write(number, text.encode())
        yield f"/proc/{os.getpid()}/fd/{number}"
    finally:
        os.close(number)
