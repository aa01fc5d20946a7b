"""The application on a real port, for tests that talk to it from outside."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from softops.entities import EventDraft, Job, Record
from softops.messages import Message, topics_of
from softops.records import JobDraft
from softops.service import Service
from softops.web.app import App, create_app
from softops.web.serving import WebServer, bounded
from tests.factories import create_job
from tests.homes import make_home
from tests.waiting import wait_until


class Served:
    """A service and the address where its application answers."""

    def __init__(self, service: Service, app: App, port: int) -> None:
        self.service = service
        self.app = app
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.live = f"ws://127.0.0.1:{port}/socket.io"

    def client(self, **headers: str) -> httpx.Client:
        """A client of its API."""
        return httpx.Client(base_url=f"{self.url}/api/system/soft", headers=headers, timeout=60, trust_env=False)


@contextmanager
def served(service: Service, *, grace: float = 1, change: Callable[[App], None] = lambda app: None) -> Iterator[Served]:
    """The application over `service`, which is not started or stopped here; afterwards no thread of it is left."""
    app = create_app(service)
    change(app)
    with bounded(socket.create_server(("127.0.0.1", 0))) as listener:
        server = WebServer(app, grace=grace)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web-server")
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive())
            yield Served(service, app, listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not end"


def still_service(directory: Path, database_url: str = "") -> Service:
    """A service with its tables and servers that runs no jobs: tests write and publish what a worker would."""
    service = Service(make_home(directory).model_copy(update={"database": database_url}))
    service.database.migrate()
    service.read_servers()
    return service


class Story:
    """A job whose milestones a test tells itself."""

    def __init__(self, service: Service, *, servers: Sequence[str] = ("web1",)) -> None:
        self._service = service
        # A name of its own, so that the servers are never busy with it.
        draft = JobDraft(operation="pull", soft_id=None, soft_name=f"demo-{uuid4().hex}", version="1.0",
                         docker_image="demo:1.0", user="tester")
        job, records = create_job(service.records, draft, service.servers.choose(names=servers), service.clock())
        self.job: Job = job
        self.records: tuple[Record, ...] = records
        self.seq = 0

    def milestone(self, kind: str = "docker_start", record: int = 0, *, publish: bool = True,
                  **more: Any) -> Mapping[str, Any]:
        """Store and publish one; its payload."""
        payload = self._payload(kind, record, more)
        event = self._service.records.append_events(self.job.id, [
            EventDraft(type=kind, payload=payload, record_id=payload["recordId"])])[0]
        self.seq = event.seq
        if publish:
            self._publish(event.payload, record, milestone=True)
        return event.payload

    def progress(self, layer: str, current: int, record: int = 0, **more: Any) -> Mapping[str, Any]:
        """Publish the state of a layer; its payload."""
        payload = self._payload("docker_progress", record, {
            "id": layer, "status": "Downloading", "progress": "", "current": current, "total": 100, **more})
        payload["seq"] = self.seq
        self._publish(payload, record, milestone=False)
        return payload

    def burst(self, seqs: Iterable[int], **more: Any) -> None:
        """Publish milestones that are not stored."""
        topics = topics_of(self.records[0])
        self._service.hub.publish([
            Message(payload=self._payload("docker_start", 0, {"seq": seq, **more}), topics=topics, milestone=True)
            for seq in seqs])

    def _payload(self, kind: str, record: int, more: Mapping[str, Any]) -> dict[str, Any]:
        of = self.records[record]
        return {"type": kind, "operation": "pull", "imageName": "demo:1.0", "timestamp": "2024-01-01T10:00:00",
                "jobId": self.job.id, "recordId": of.id, "serverId": of.server_id, "serverName": of.server_name,
                "at": time.time(), **more}

    def _publish(self, payload: Mapping[str, Any], record: int, *, milestone: bool) -> None:
        self._service.hub.publish([Message(payload=payload, topics=topics_of(self.records[record]),
                                           milestone=milestone)])
