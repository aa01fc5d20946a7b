"""Backups and restores: done on the database itself, so that they need no server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from softops.auditseen import FILE as SEEN
from softops.auditseen import Seen
from softops.backup import back_up
from softops.cli.labels import Words
from softops.cli.output import Output
from softops.cli.session import settings, user
from softops.clock import utc_now
from softops.config import Settings
from softops.language import person_language
from softops.restore import restore as bring_back
from softops.trail import tell_alone
from softops.vault import KEY_FILE


def backup(file: Path, *, with_key: bool, as_json: bool) -> None:
    """Write the file, and say what is not in it."""
    with _alone(as_json) as (output, chosen):
        made = back_up(chosen, file.absolute(), clock=utc_now, with_key=with_key)
        tell_alone(chosen, utc_now, user(), "backup", str(made.path), after={"withKey": made.has_key})
        if as_json:
            output.document({"file": str(made.path), "schema": made.schema, "rows": made.rows,
                             "hasKey": made.has_key})
            return
        output.line("BACKED_UP", path=made.path, schema=made.schema, **_counts(made.rows))
        output.line("NOT_IN_BACKUP")
        if made.has_key:
            output.line("KEY_IN_BACKUP")
        else:
            output.line("KEY_NOT_IN_BACKUP",
                        key="SOFTOPS_SECRET_KEY" if chosen.secret_key else chosen.var_dir / KEY_FILE)


def restore(file: Path, *, force: bool, as_json: bool) -> None:
    """Bring the file back, and say what has become of what was there."""
    with _alone(as_json) as (output, chosen):
        done = bring_back(chosen, file.absolute(), clock=utc_now, force=force)
        # The audit is the one of the backup now, and shows where it was put back.
        gone = Seen(chosen.var_dir / SEEN).forget()
        tell_alone(chosen, utc_now, user(), "restore", str(file.absolute()), before=asdict(gone),
                   after={"made": done.made, "force": force, "jobsEnded": done.ended,
                          "copy": str(done.copy) if done.copy else None})
        problem = done.key_problem.text(output.words.lang) if done.key_problem else None
        if as_json:
            output.document({"made": done.made, "rows": done.rows, "jobsEnded": done.ended, "keyProblem": problem,
                             "copy": str(done.copy) if done.copy else None,
                             "key": str(done.key) if done.key else None})
            return
        output.line("RESTORED", made=done.made, **_counts(done.rows))
        if done.ended:
            output.line("RESTORED_ENDED", count=done.ended)
        if done.copy:
            output.line("RESTORED_COPY", path=done.copy)
        if done.key:
            output.line("RESTORED_KEY", path=done.key)
        if problem:
            output.note("RESTORED_NO_KEY", problem=problem)


@contextmanager
def _alone(as_json: bool) -> Iterator[tuple[Output, Settings]]:
    with Output(Words(person_language()), as_json=as_json).reporting() as output:
        yield output, settings(output)


def _counts(rows: Mapping[str, int]) -> Mapping[str, Any]:
    names = {"jobs": "job", "records": "record", "software": "image", "servers": "server"}
    return {word: rows.get(f"system_soft_{name}", 0) for word, name in names.items()}
