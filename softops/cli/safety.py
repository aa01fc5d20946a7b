"""The commands about locks, backups and restores, as they are declared. What they do is imported when they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from softops.cli.arguments import Json, say


def locks(release: Annotated[int | None, typer.Option("--release", min=1, help=say("LOCKS_RELEASE"), metavar="RECORD",
                                                      show_default=False)] = None,
          force: Annotated[bool, typer.Option("--force", help=say("LOCKS_FORCE"))] = False,
          as_json: Json = False) -> None:
    if force and release is None:
        raise typer.BadParameter(say("LOCKS_ONLY"))
    from softops.cli import locks

    if release is None:
        locks.show(as_json=as_json)
    else:
        locks.release(release, force=force, as_json=as_json)


def backup(file: Annotated[Path, typer.Argument(help=say("BACKUP_FILE"), metavar="FILE", show_default=False)],
           with_key: Annotated[bool, typer.Option("--with-key", help=say("WITH_KEY"))] = False,
           as_json: Json = False) -> None:
    from softops.cli import backups

    backups.backup(file, with_key=with_key, as_json=as_json)


def restore(file: Annotated[Path, typer.Argument(help=say("RESTORE_FILE"), metavar="FILE", show_default=False)],
            force: Annotated[bool, typer.Option("--force", help=say("RESTORE_FORCE"))] = False,
            as_json: Json = False) -> None:
    from softops.cli import backups

    backups.restore(file, force=force, as_json=as_json)


COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (("LOCKS", locks), ("BACKUP", backup), ("RESTORE", restore))


def register(app: Any) -> None:
    """Add the commands to the application."""
    for key, command in COMMANDS:
        app.command(help=say(key))(command)
