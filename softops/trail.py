"""What is done leaves an entry in the audit, also when the database is away in that very moment."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from dataclasses import asdict
from datetime import datetime

from softops.actors import SOFTOPS, Actor
from softops.audit import Audit
from softops.auditchain import AuditDraft, AuditEntry, Outcome
from softops.auditnotes import note_of
from softops.auditseen import FILE, Seen
from softops.clock import Clock
from softops.config import Settings
from softops.db import Database
from softops.errors import DatabaseError, DatabaseRefused, SoftopsError
from softops.seals import check_key
from softops.vault import make_vault

logger = logging.getLogger(__name__)

MOST = 10_000
"""Entries that wait for the database."""
PAUSE = 1.0
"""Seconds between two tries to store them."""


class Trail:
    """Adds entries to the audit.

    What is about to be done is stored before it is done, or it is not done (`begin`). What has happened already is
    stored as soon as the database takes it (`note`); the log has what never could be.
    """

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._waiting: deque[AuditDraft] = deque()
        self._lock = threading.Lock()
        self._storing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        """The time that entries get."""
        return self._clock()

    def begin(self, draft: AuditDraft) -> AuditEntry:
        """Say that something begins, before it does. SoftopsError when that can't be stored: then it must not."""
        return self._audit.append(draft)

    def note(self, draft: AuditDraft) -> None:
        """Say what has happened, now or as soon as that is possible, and after what happened before."""
        with self._lock:
            waits = bool(self._waiting)
        if waits or not self._store(draft):
            self._keep(draft)

    def tell(self, action: str, target: str, outcome: Outcome = Outcome.SUCCESS, actor: Actor = SOFTOPS,
             **more: object) -> None:
        """The same for what is not part of a request."""
        self.note(note_of(actor, self._clock(), action, target, outcome, **more))

    def stop(self) -> None:
        """Store what waits, or leave it to the log; nothing is stored afterwards."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._flush()
        while self._waiting:
            _lose(self._waiting.popleft(), "the database does not answer")

    def _keep(self, draft: AuditDraft) -> None:
        with self._lock:
            if len(self._waiting) >= MOST:
                _lose(draft, f"{MOST} others wait already")
                return
            self._waiting.append(draft)
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        """Until nothing waits any more."""
        while not self._stopping.wait(PAUSE):
            self._flush()
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return

    def _flush(self) -> None:
        with self._storing:
            while self._waiting and self._store(self._waiting[0]):
                with self._lock:
                    self._waiting.popleft()

    def _store(self, draft: AuditDraft) -> bool:
        """Whether nothing has to be done about the entry any more."""
        try:
            self._audit.append(draft)
        except DatabaseRefused as exc:
            _lose(draft, exc)
        except DatabaseError as exc:
            logger.warning("An entry of the audit waits for the database: %s", exc, extra={"action": "audit"})
            return False
        except SoftopsError as exc:
            _lose(draft, exc)
        return True


def tell_alone(settings: Settings, clock: Clock, user: str, action: str, target: str, **more: object) -> None:
    """Say what a command has done that works on the database itself. Where that can't be stored, as when the key is
    not there, the log says so."""
    vault, database = make_vault(settings.secret_key, settings.var_dir), Database(settings.database_url)
    draft = note_of(Actor(name=user, role="", via="cli"), clock(), action, target, Outcome.SUCCESS, **more)
    try:
        if not vault.has_key:
            _lose(draft, "there is no key")
            return
        # With another key the chain would look as if somebody had broken it.
        check_key(database, vault)
        Audit(database, vault.derive, Seen(settings.var_dir / FILE)).append(draft)
    except SoftopsError as exc:
        _lose(draft, exc)
    finally:
        database.close()


def _lose(draft: AuditDraft, problem: object) -> None:
    logger.error("An entry of the audit could not be stored (%s): %s", problem,
                 json.dumps(asdict(draft), ensure_ascii=False, default=str), extra={"action": "audit"})
