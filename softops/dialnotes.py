"""A dial written down, so that another process can open lines the same way."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from softops.dials import Certificates, CommandDial, Dial, Password, TcpDial, UnixDial
from softops.errors import EngineUnreachable
from softops.refusals import quoted


def note_of(dial: Dial, directory: str, *, lasting: bool = True) -> Mapping[str, Any]:
    """`dial` as JSON, passwords included: it belongs into a file that only its owner can read. Names of files begin
    in `directory`. EngineUnreachable when the dial needs something that goes with this process."""
    if not lasting:
        raise EngineUnreachable("DIAL_TEMPORARY")
    if isinstance(dial, UnixDial):
        return {"kind": "unix", "path": str(Path(directory, dial.path))}
    if isinstance(dial, TcpDial):
        return {"kind": "tcp", "host": dial.host, "port": dial.port, "certificates": _files(dial, directory)}
    if isinstance(dial, CommandDial):
        return {"kind": "command", "argv": _found(dial), "overSsh": dial.over_ssh, "directory": directory,
                "loginTimeout": dial.login_timeout, "password": _answer(dial.password)}
    raise EngineUnreachable("CONNECTION_UNSUPPORTED", transport=type(dial).__name__)


def dial_of(note: Mapping[str, Any]) -> Dial:
    """The dial that was written down; EngineUnreachable when its certificates can't be read any more."""
    if note["kind"] == "unix":
        return UnixDial(path=note["path"])
    if note["kind"] == "tcp":
        return _tcp(note)
    secret = note["password"]
    return CommandDial(
        argv=tuple(os.fsencode(word) for word in note["argv"]), over_ssh=note["overSsh"],
        login_timeout=note["loginTimeout"], directory=note["directory"],
        password=Password(prompt=secret["prompt"], secret=secret["secret"]) if secret else None)


def _tcp(note: Mapping[str, Any]) -> Dial:
    files = note["certificates"]
    certificates = Certificates(**files) if files else None
    try:
        tls = certificates.context() if certificates is not None else None
    except (OSError, ssl.SSLError) as exc:
        raise EngineUnreachable("DOCKER_HOST_TLS", address=f"{note['host']}:{note['port']}",
                                words=quoted(str(exc))) from exc
    return TcpDial(host=note["host"], port=note["port"], tls=tls, certificates=certificates)


def _files(dial: TcpDial, directory: str) -> Mapping[str, str | None] | None:
    files = dial.certificates
    if files is None:
        return None
    named = {"authority": files.authority, "certificate": files.certificate, "key": files.key}
    return {name: str(Path(directory, path)) if path else None for name, path in named.items()}


def _found(dial: CommandDial) -> list[str]:
    """The words of the command; the program by its path, since the other process may search elsewhere."""
    program, *others = (os.fsdecode(word) for word in dial.argv)
    return [shutil.which(program) or program, *others]


def _answer(password: Password | None) -> Mapping[str, str] | None:
    return None if password is None else {"prompt": password.prompt, "secret": password.secret}
