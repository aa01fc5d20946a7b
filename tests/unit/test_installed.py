"""installed.py: the file a server keeps, and the shell commands around it (run here, in a directory of the test)."""

import json
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from softops.errors import BadRequest
from softops.installed import (
    compare_command,
    fingerprint,
    manifest_of,
    manifest_path,
    noted_command,
    noted_in,
    write_command,
)
from softops.orders import Order, order_of

DIGEST = "sha256:" + "b" * 64
INJECTION = "{{ lookup('pipe', 'touch MARKER') }} $(touch MARKER) `touch MARKER` ' \" \\ %s"


def order(**parameters: Any) -> Order:
    entry = {"name": "demo", "service": {"env": {"X": INJECTION}},
             "params": [{"name": "TZ", "type": "string"}, {"name": "PASSWORD", "type": "secret"}]}
    return order_of({"parameters": parameters, "software": {
        "name": "demo", "version": "1.0", "image": "r:5000/demo:1.0", "repository": "catalog", "commit": "4f2c",
        "entry": entry}})


def shell(command: str, stdin: str, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(["/bin/sh", "-c", command], input=stdin, capture_output=True, text=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.strip()


def test_the_file_says_everything_but_secrets() -> None:
    content = json.loads(manifest_of(order(TZ="UTC", PASSWORD="geheim"), DIGEST))
    assert content == {
        "name": "demo", "version": "1.0", "image": "r:5000/demo:1.0", "digest": DIGEST, "repository": "catalog",
        "commit": "4f2c", "parameters": {"TZ": "UTC"}, "entry": dict(order().entry)}


def test_the_file_is_written_once_and_then_the_same(tmp_path: Path) -> None:
    path = manifest_path(f"{tmp_path}/it's here", order())
    content = manifest_of(order(), DIGEST)
    command = write_command(path, content)
    assert shell(compare_command(path), content, tmp_path) == (0, "")
    assert noted_in(shell(noted_command(path), "", tmp_path)[1]) is None
    assert shell(command, content, tmp_path) == (0, "softops-written")
    assert shell(command, content, tmp_path) == (0, "softops-same")
    assert shell(compare_command(path), content, tmp_path) == (0, "softops-same")
    assert noted_in("motd\n" + shell(noted_command(path), "", tmp_path)[1]) == fingerprint(content.encode())
    file = Path(path)
    assert file.read_text() == content
    assert [entry.name for entry in file.parent.iterdir()] == ["1.0.json"]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    assert not (tmp_path / "MARKER").exists()


def test_a_connection_that_ended_early_leaves_the_old_file(tmp_path: Path) -> None:
    path = manifest_path(str(tmp_path), order())
    content = manifest_of(order(), DIGEST)
    shell(write_command(path, content), content, tmp_path)
    assert shell(write_command(path, content + "more"), content[:10], tmp_path)[0] == 1
    assert Path(path).read_text() == content
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["1.0.json"]


def test_the_path_is_below_the_directory_of_the_software() -> None:
    assert manifest_path("/opt/softops/apps", order()) == PurePosixPath("/opt/softops/apps/demo/installed/1.0.json")


@pytest.mark.parametrize("apps_dir", ["", "apps", "~/apps"])
def test_a_path_that_depends_on_the_login_is_refused(apps_dir: str) -> None:
    with pytest.raises(BadRequest):
        manifest_path(apps_dir, order())
