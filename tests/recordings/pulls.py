"""Records what a real engine says while it pulls: `python -m tests.recordings.pulls` writes pulls/*.jsonl anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from softops.dials import UnixDial
from softops.engine import Engine
from tests.fleet import Fleet, ServerSpec
from tests.fleet.images import build

FOLDER = Path(__file__).parent / "pulls"
MB = 1_000_000


def main() -> None:
    """Play every case on one server and write what its engine said."""
    FOLDER.mkdir(exist_ok=True)
    with Fleet([ServerSpec(name="web1", engine_options={"max-download-attempts": 2})]) as fleet:
        record = _recorder(fleet)
        fleet.registry.push("app/demo", "1.0", layers=[MB, 3 * MB, 6 * MB])
        second = fleet.registry.push("app/demo", "2.0", layers=[MB, 3 * MB, 7 * MB])
        fleet.slow.rate = 8 * MB
        record("fresh", "app/demo", "1.0")
        record("shared", "app/demo", "2.0")
        record("current", "app/demo", "2.0")
        record("digest", "app/demo", second)
        record("missing", "app/demo", "9.9")
        broken = build(layers=[MB], text="broken", seed="broken")
        fleet.registry.put("app/broken", "1.0", broken)
        fleet.registry.corrupt(broken.layers[-1].digest)
        record("corrupt", "app/broken", "1.0")
        fleet.registry.push("app/cut", "1.0", layers=[4 * MB])
        fleet.slow.cut_after(MB)
        record("cut", "app/cut", "1.0")
        record("unreachable", "app/cut", "1.0")


def _recorder(fleet: Fleet) -> Callable[[str, str, str], None]:
    def record(case: str, name: str, tag: str) -> None:
        with Engine(UnixDial(path=str(fleet.server("web1").path("run/docker.sock"))), timeout=10) as engine:
            engine.about()
            messages = [json.dumps(message) for message in engine.pull(f"{fleet.slow.host}/{name}", tag)]
        text = "\n".join(messages).replace(fleet.slow.host, "registry.test:5000")
        (FOLDER / f"{case}.jsonl").write_text(f"{text}\n", encoding="utf-8")

    return record


if __name__ == "__main__":
    main()
