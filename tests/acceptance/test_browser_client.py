"""The contract's example for browsers, run by Node with the real socket.io-client against a real server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import MB, Shell
from tests.demo.serving import Serving
from tests.fleet import Fleet

EXAMPLE = Path(__file__).with_name("node") / "example.mjs"
BESIDE = Path(sys.executable).parent / "node"


def run_example(url: str, soft_id: int) -> list[dict[str, Any]]:
    node = str(BESIDE) if BESIDE.exists() else "node"
    done = subprocess.run([node, str(EXAMPLE), url, str(soft_id)], capture_output=True, text=True, timeout=100,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_example_of_the_contract_sees_bars_and_the_success(softops: Serving, shell: Shell, fleet: Fleet) -> None:
    fleet.slow.rate = 4 * MB
    for name in ("web1", "web2", "web3"):
        # Another test may have brought it there, and there would be nothing to see.
        if f"{fleet.slow.host}/slow:1.0" in fleet.server(name).images():
            fleet.server(name).docker("rmi", "-f", f"{fleet.slow.host}/slow:1.0")
    soft_id = shell("list", "--name", "slow", "--json").document[0]["systemSoftImageId"]
    said = run_example(softops.url, soft_id)
    heard = {what: [line["value"] for line in said if line["what"] == what] for what in {line["what"] for line in said}}
    assert heard["success"] == ["操作完成"]
    assert "error" not in heard
    assert [(answer["code"], answer["data"]) for answer in heard["answer"]] == [(200, True)]
    assert any(bar.startswith("[=") and bar.endswith("%") for bar in heard["bar"])
    first = heard["docker_progress"][0]
    assert {"type", "operation", "imageName", "status", "progress", "id", "timestamp"} <= first.keys()
    (complete,) = heard["docker_complete"]
    assert (complete["type"], complete["operation"], complete["imageName"], complete["success"]) == (
        "docker_complete", "pull", f"{fleet.slow.host}/slow:1.0", True)
