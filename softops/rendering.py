"""Compose templates are rendered in a process of their own, with little time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from softops.documents import MAX_BYTES
from softops.errors import BadRequest, Unavailable
from softops.problems import shortened

PROGRAM = Path(__file__).with_name("templating.py")
_LIBRARIES = sorted({str(Path(str(library.__file__)).parents[1]) for library in (jinja2, markupsafe)})
_BEGIN = "import runpy, sys; sys.path += sys.argv[2:]; runpy.run_path(sys.argv[1], run_name='__main__')"
"""Of all that Python may import, the child needs two libraries, wherever they are installed."""
TIMEOUT = 20.0
"""Seconds on the clock; of the processor it gets two."""


def render_template(text: str, *, software: str, path: str, name: str, version: str, image: str,
                    params: Mapping[str, Any], secrets: Collection[str] = ()) -> str:
    """The text of a template with these four variables; `params` has every declared parameter, None for one that
    was not given. Values of those in `secrets` do not reach it. About 50 ms. BadRequest says what is wrong with the
    template and where."""
    seen = {param: bool(value) if param in secrets and value is not None else value for param, value in params.items()}
    task = {"text": text, "limit": MAX_BYTES,
            "given": {"name": name, "version": version, "image": image, "params": seen, "secrets": sorted(secrets)}}
    answer = _answer(json.dumps(task).encode(), software=software, path=path)
    if "text" in answer:
        return str(answer["text"])
    raise BadRequest(answer["reason"], software=software, path=path, line=answer["line"], limit=MAX_BYTES // 1024,
                     detail=shortened(answer["detail"], 200))


def _answer(task: bytes, *, software: str, path: str) -> Mapping[str, Any]:
    try:
        done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", _BEGIN, str(PROGRAM), *_LIBRARIES], input=task,
                              capture_output=True, env={}, cwd="/", timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as exc:
        raise BadRequest("TEMPLATE_TOO_MUCH", software=software, path=path) from exc
    except OSError as exc:
        raise Unavailable("TEMPLATE_NOT_RENDERED", problem=exc.strerror or str(exc)) from exc
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise BadRequest("TEMPLATE_TOO_MUCH", software=software, path=path)
    if done.returncode:
        raise Unavailable("TEMPLATE_NOT_RENDERED", problem=shortened(done.stderr.decode(errors="replace")[-200:], 200))
    answer = json.loads(done.stdout)
    return answer if isinstance(answer, dict) else {}
