"""What a server keeps about an installed software: a file for people and for the next run, written by a shell there."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from pathlib import PurePosixPath

from softops.errors import BadRequest
from softops.orders import Order
from softops.secretparams import secret_names

SAME, WRITTEN = "softops-same", "softops-written"
"""What the script says when it ended well."""

_NOTED = re.compile(r"softops-noted ([0-9a-f]{64}) ")
_SCRIPT = """\
set -e; umask 022; d={directory}; f="$d"/{file}; t="$d"/.{file}.$$; \
mkdir -p -- "$d"; trap 'rm -f -- "$t"' EXIT; cat >"$t"; \
if [ "$(wc -c <"$t")" -ne {size} ]; then echo incomplete >&2; exit 1; fi; \
if [ "$(cat -- "$f" 2>/dev/null)" = "$(cat -- "$t")" ]; then echo {same}; else mv -f -- "$t" "$f"; echo {written}; fi"""


def manifest_of(order: Order, digest: str) -> str:
    """The content of the file: JSON without any secret parameter."""
    secret = secret_names(order.entry)
    shown = {name: value for name, value in order.parameters.items() if name not in secret}
    content = {"name": order.name, "version": order.version, "image": order.image, "digest": digest,
               "repository": order.repository, "commit": order.commit, "parameters": shown, "entry": order.entry}
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def manifest_path(apps_dir: str, order: Order) -> PurePosixPath:
    """Where the file lies on the server; BadRequest for a directory that depends on who logs in."""
    if not apps_dir.startswith("/"):
        raise BadRequest("INPUT_INVALID", problem=f"softops_apps_dir {apps_dir} is no absolute path")
    return PurePosixPath(apps_dir) / order.name / "installed" / f"{order.version}.json"


def write_command(path: PurePosixPath, content: str) -> str:
    """The shell command that makes its stdin the content of `path` at once, or leaves the file as it was.

    It prints SAME or WRITTEN; a stdin that ended early changes nothing.
    """
    return _SCRIPT.format(directory=shlex.quote(str(path.parent)), file=shlex.quote(path.name),
                          size=len(content.encode()), same=SAME, written=WRITTEN)


def noted_command(path: PurePosixPath) -> str:
    """The shell command that says in one line which content `path` has; `noted_in` understands it."""
    return f"printf 'softops-noted %s\\n' \"$(sha256sum -- {shlex.quote(str(path))} 2>/dev/null)\""


def noted_in(output: str) -> str | None:
    """The fingerprint that `noted_command` printed; None when there is no such file or no way to tell."""
    found = _NOTED.search(output)
    return found[1] if found else None


def fingerprint(content: bytes) -> str:
    """By which two contents are the same."""
    return hashlib.sha256(content).hexdigest()


def compare_command(path: PurePosixPath) -> str:
    """The shell command that prints SAME when its stdin is the content of `path`, and changes nothing."""
    return f'if [ "$(cat -- {shlex.quote(str(path))} 2>/dev/null)" = "$(cat)" ]; then echo {SAME}; fi'
