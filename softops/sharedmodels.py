"""One judgement of Compose for all servers of a playbook run that get the same files."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from softops.composer import rendered_model

Model = tuple[Mapping[str, Any], str]
"""What Compose makes of the files, and the directory that stands for the app's own in it."""


class SharedModels:
    """Shares what Compose said between the processes of one run. `directory` belongs to the run alone, only its user
    may read it, and it goes with the run: the models hold the values of .env."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, compose: str, env: str, software: str, hidden: tuple[str, ...]) -> Model:
        """The same as `composer.rendered_model`. An error is not kept."""
        key = hashlib.sha256(json.dumps([compose, env, software]).encode()).hexdigest()[:32]
        path = self._directory / f"softops-model-{key}.json"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                model, folder = json.loads(path.read_text(encoding="utf-8"))
                return model, str(folder)
            made = rendered_model(compose, env, software=software, hidden=hidden)
            path.write_text(json.dumps(made), encoding="utf-8")
            return made
