"""The log on standard error: lines for people, or one JSON object per line for machines."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from softops.config import Settings
from softops.logcontext import known
from softops.problems import printable

IDS = ("job", "record", "server", "request", "user")
"""What a line says of itself beside its message, in this order."""
TEXT_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
TALKATIVE = ("alembic", "uvicorn")
"""What tells of every step it takes; only what is wrong is of interest."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

logger = logging.getLogger(__name__)


def configure_logging(settings: Settings, level: str | None = None) -> None:
    """Log as the settings say, from all threads and libraries of this process; `level`: not as they say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    handler.addFilter(inform)
    logging.basicConfig(level=level or settings.log_level, handlers=[handler])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def log_ends_of_threads() -> None:
    """Log a thread that ends by an error as anything else, from now on."""
    threading.excepthook = _log_thread_end


def formatter(form: str) -> logging.Formatter:
    """What makes lines: of JSON when `form` is `json`, for people otherwise."""
    return JsonLines() if form == "json" else TextLines(TEXT_FORMAT)


def inform(record: logging.LogRecord) -> bool:
    """Give the record the ids that are known in its thread; what it says itself counts more."""
    for name, value in known().items():
        if name not in vars(record):
            setattr(record, name, value)
    return True


class TextLines(logging.Formatter):
    """Lines for people. Whatever a message holds, nothing of it passes for a line of its own or steers a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's own name
        """The line, with its ids at the end."""
        ids = " ".join(f"{name}={getattr(record, name)}" for name in IDS if hasattr(record, name))
        return f"{super().formatMessage(record)} [{ids}]" if ids else super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """All of it; what comes after the first line is set in."""
        return printable(super().format(record).replace("\r\n", "\n")).replace("\n", "\n    ")


class JsonLines(logging.Formatter):
    """One object per line, in ASCII: time, level, logger, message, ids and what else the line says, and an
    exception with all its lines as one text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = {name: value for name, value in vars(record).items() if name not in _STANDARD and value is not None}
        line = {"time": _time(record.created), "level": record.levelname, "logger": record.name,
                "message": record.getMessage(), **_in_order(said)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, default=str)


def _in_order(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in (*IDS, *sorted(said.keys() - set(IDS))) if name in said}


def _time(created: float) -> str:
    return datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _log_thread_end(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit and args.exc_value is not None:
        logger.critical("The thread %s ended", args.thread.name if args.thread else "-",
                        exc_info=(args.exc_type, args.exc_value, args.exc_traceback), extra={"action": "thread"})
