"""Private keys for ssh that never lie on a disk: they are files in memory for as long as git runs."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator

from softops.logins import SshKey
from softops.memoryfiles import in_memory


@contextlib.contextmanager
def offered(key: SshKey | None) -> Iterator[str]:
    """The options with which ssh uses the key and no other, as a shell reads them; they hold within the block alone."""
    if key is None:
        yield ""
        return
    with contextlib.ExitStack() as stack:
        private = stack.enter_context(in_memory("key", key.private))
        words = ["-i", private, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
        if key.known_hosts.strip():
            known = stack.enter_context(in_memory("known_hosts", f"{key.known_hosts.strip()}\n"))
            words += ["-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null",
                      "-o", "StrictHostKeyChecking=yes"]
        yield shlex.join(words)
