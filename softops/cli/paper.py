"""Standard output and errors: a stream that can't take more is an error with a sentence."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import IO, Any, cast

from softops.errors import SoftopsError


class Paper:
    """A text stream; a SoftopsError when it is full or gone. A pipe that nobody reads any more stays a
    BrokenPipeError, which ends a command without a word."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            # A name that this terminal's encoding does not have is no reason to show nothing.
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        """Write all of `text`."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise self.full(exc) from exc

    def flush(self) -> None:
        """Let nothing wait to be written."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise self.full(exc) from exc

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def full(self, exc: OSError) -> SoftopsError:
        """The error for `exc`; what is written from now on goes nowhere."""
        # What is still waiting can't be written either, and Python would try it once more at the end.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())
        return SoftopsError("OUTPUT_FAILED", problem=exc.strerror)


def paper(*, stderr: bool) -> IO[str]:
    """Standard output or errors as it is now."""
    return cast("IO[str]", Paper(sys.stderr if stderr else sys.stdout))
