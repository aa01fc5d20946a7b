"""Keeps with each job the command that does the same by hand."""

from __future__ import annotations

from pathlib import Path

from softops.entities import Job
from softops.playbooks import HandOrder, command_by_hand
from softops.records import Records
from softops.repositories import Repositories


class Handwork:
    """Knows what a person on this machine would have to say besides the job itself."""

    def __init__(self, *, records: Records, repositories: Repositories, inventory: Path, home: Path,
                 plain_http: tuple[str, ...]) -> None:
        self._records = records
        self._repositories = repositories
        # ansible.cfg names this one.
        self._inventory = None if inventory == home / "inventory" else str(inventory)
        self._home = home
        self._plain_http = plain_http

    def note(self, job: Job, hosts: tuple[str, ...], repository_id: int | None = None) -> Job:
        """The job with its command."""
        where = self._repositories.get(repository_id) if repository_id is not None else None
        # The catalog beside the playbooks needs no word.
        own = where is not None and where.url == str(self._home) and where.path == "catalog"
        # What an apply does is said by the inventory alone; of its commit is the job.
        applied = job.operation == "apply"
        self._records.set_command(job.id, command_by_hand(HandOrder(
            operation=job.operation, hosts=hosts, parameters=job.parameters,
            commit=(where.commit if where else None) if applied else job.commit,
            name="" if applied else job.soft_name, version="" if applied else job.version,
            inventory=self._inventory, plain_http=self._plain_http,
            accepted=tuple(job.options.get("acceptPermissions", ())),
            remove_volumes=bool(job.options.get("removeVolumes")),
            catalog=None if where is None or own else where.url, catalog_path=where.path if where else "")))
        return self._records.job(job.id)
