"""mariadb.py: the database server of the tests leaves nothing behind, even when they are killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.integration.mariadb import MariaDB

CODE = """
import sys, time
from pathlib import Path
from tests.integration.mariadb import MariaDB
with MariaDB(Path(sys.argv[1])) as server:
    print((Path(sys.argv[1]) / "pid").read_text().strip(), flush=True)
    time.sleep(600)
"""


def test_the_server_ends_with_a_killed_test(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CODE, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = Path("/proc") / process.stdout.readline().strip()
        assert runs(server)
        process.kill()
    deadline = time.monotonic() + 30
    while runs(server):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(process: Path) -> bool:
    """Whether the directory in /proc is that of a running mariadbd."""
    try:
        return b"mariadbd" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_what_is_committed_outlives_a_kill(tmp_path: Path) -> None:
    with MariaDB(tmp_path / "m") as server:
        inserts = [f"INSERT INTO kept VALUES ({number})" for number in range(20)]
        for statement in ("CREATE TABLE kept (id INT)", *inserts):
            with server.connect() as connection, connection.cursor() as cursor:
                cursor.execute(statement)
        server.kill()
        server.start()
        with server.connect() as connection, connection.cursor() as cursor:
            assert cursor.execute("SELECT id FROM kept") == 20
