"""Hands back to the inventory what people did by hand, so that git stays the truth about the servers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from softops.apps import Apps
from softops.desired import Wanted
from softops.desiredstate import HEALER
from softops.entities import Job, Record
from softops.errors import SoftopsError
from softops.localvars import Apps as LocalApps
from softops.playbooks import RUNNING_AFTER
from softops.records import Records
from softops.statuses import AppState, RecordStatus
from softops.writeback import Message, WriteBack

logger = logging.getLogger(__name__)


class HandBack:
    """Writes the ends of jobs back; jobs that the inventory itself asked for are none of its business."""

    def __init__(self, *, records: Records, apps: Apps, writer: WriteBack) -> None:
        self._records = records
        self._apps = apps
        self._writer = writer

    def job_ended(self, job_id: int) -> tuple[str, ...]:
        """The commits made for what a job did. What can't be written back is logged; the job is as it is."""
        job = self._records.job(job_id)
        if job.user == HEALER or job.options.get("managed"):
            return ()
        commits = []
        for record in self._records.job_records(job_id):
            if record.status is not RecordStatus.SUCCESS:
                continue
            try:
                commits.append(self._record_ended(job, record))
            except SoftopsError as exc:
                logger.warning("What job %s did on %s is not in the inventory: %s", job.id, record.server_name, exc,
                               extra={"action": "write_back", "job": job.id, "record": record.id})
        return tuple(commit for commit in commits if commit is not None)

    def _record_ended(self, job: Job, record: Record) -> str | None:
        content = self._content(record)
        if content is None:
            return None
        subject = f"{record.operation.capitalize()} {record.soft_name} {record.version} on {record.server_name}"
        body = f"Done by {job.user} with softops: job {job.id}, record {record.id}."
        return self._writer.write(record.server_name, lambda apps: _with(apps, record.soft_name, content),
                                  Message(user=job.user, subject=subject, body=body))

    def _content(self, record: Record) -> Mapping[str, Any] | None:
        """What the inventory shall say of the software from now on; None: nothing new."""
        if record.operation == "remove":
            return {"state": Wanted.ABSENT.value}
        app = self._apps.find(record.server_id, record.soft_name)
        if app is None or record.operation not in {*RUNNING_AFTER, "stop", "restart", "install"}:
            return None
        if record.operation == "install" and app.state is not AppState.INSTALLED:
            # Another version lies ready there; what runs is still the same.
            return None
        state = Wanted.RUNNING if app.state is AppState.RUNNING else Wanted.STOPPED
        said: dict[str, Any] = {"version": app.version}
        if app.parameters:
            said["parameters"] = dict(app.parameters)
        if state is Wanted.STOPPED:
            said["state"] = state.value
        return said


def _with(apps: LocalApps, name: str, content: Mapping[str, Any]) -> LocalApps:
    kept = apps.get(name, {})
    # What only a person can say stays.
    own = {key: kept[key] for key in ("repository", "acceptPermissions") if key in kept and "version" in content}
    return {**apps, name: {**content, **own}}
