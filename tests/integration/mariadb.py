"""A real mariadbd as a process of the test run: own data, own socket, gone when the tests are gone."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import pymysql

USER = "softops"
PASSWORD = "p@ss:w/o%rd"  # has everything that must be quoted in a URL
DATABASE = "softops"
PATIENCE = 60
"""Seconds the server may take to start."""

OPTIONS = (
    "--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF",
    "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M",
    "--aria-pagecache-buffer-size=2M", "--key-buffer-size=1M", "--max-connections=200",
    "--character-set-server=latin1", "--sql-mode=",
)
"""Fast, but what is committed outlives `kill` (not the machine); and wrong where softops must not rely on the
server: latin1 and a lenient sql_mode."""

INIT = (f"CREATE DATABASE {DATABASE};",
        *(statement for host in ("localhost", "127.0.0.1") for statement in (
            f"CREATE USER '{USER}'@'{host}' IDENTIFIED BY '{PASSWORD}';", f"GRANT ALL ON *.* TO '{USER}'@'{host}';")))


class MariaDB:
    """A running server; `with` it. On its socket alone, or on a `port` of 127.0.0.1 too, which is then in its URL."""

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        self._directory = directory
        self._port = port
        self._socket = directory / "s"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> MariaDB:
        self._install()
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def url(self) -> str:
        """What SOFTOPS_DATABASE would be."""
        quoted = PASSWORD.replace("%", "%25").replace("@", "%40").replace(":", "%3A").replace("/", "%2F")
        if self._port is not None:
            return f"mysql+pymysql://{USER}:{quoted}@127.0.0.1:{self._port}/{DATABASE}"
        return f"mysql+pymysql://{USER}:{quoted}@localhost/{DATABASE}?unix_socket={self._socket}"

    def start(self) -> None:
        """Start the server and return when it answers."""
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["mariadbd", "--no-defaults", *self._where(), *OPTIONS, f"--socket={self._socket}",
                 *(["--skip-networking"] if self._port is None
                   else [f"--port={self._port}", "--bind-address=127.0.0.1"]),
                 f"--pid-file={self._directory / 'pid'}", f"--init-file={self._init_file()}"],
                stdout=subprocess.DEVNULL, stderr=log, preexec_fn=_die_with_parent)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._directory / "log").read_text(errors="replace")[:5000])
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server in good order; everything committed is kept."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it answer nothing any more, as a host does that is out of reach."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the server at once, as the kernel does when memory is short; everything committed is kept."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def connect(self) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        """A connection beside those of softops."""
        return pymysql.connect(unix_socket=str(self._socket), user=USER, password=PASSWORD, charset="utf8mb4",
                               database=DATABASE, autocommit=True)

    def recreate(self) -> None:
        """An empty database without tables."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {DATABASE}")
            cursor.execute(f"CREATE DATABASE {DATABASE}")

    def empty(self) -> None:
        """No rows, and ids that begin at 1 again."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            cursor.execute("SELECT table_name, auto_increment FROM information_schema.tables "
                           "WHERE table_schema = DATABASE() AND table_name <> 'alembic_version'")
            for table, following in cursor.fetchall():
                if table == "system_soft_audit":
                    # Its rows can't be deleted.
                    if following not in (None, 1):
                        cursor.execute(f"TRUNCATE TABLE {table}")
                    continue
                cursor.execute(f"DELETE FROM {table}")
                if following is not None and following != 1:
                    cursor.execute(f"ALTER TABLE {table} AUTO_INCREMENT = 1")

    def _install(self) -> None:
        subprocess.run(["mariadb-install-db", "--no-defaults", *self._where(), "--skip-test-db",
                        "--auth-root-authentication-method=normal", "--innodb-log-file-size=16M"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def _where(self) -> list[str]:
        # Only root must say as whom the server is to run.
        return [f"--datadir={self._directory / 'data'}", *(["--user=root"] if os.getuid() == 0 else [])]

    def _init_file(self) -> Path:
        path = self._directory / "init.sql"
        statements = INIT if not path.exists() else ()
        path.write_text("\n".join(statements), encoding="utf-8")
        return path

    def _answers(self) -> bool:
        # PyMySQL leaves its socket open when nobody listens, so that is found out first.
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self._socket)) != 0:
                return False
        self.connect().close()
        return True


def _die_with_parent() -> None:
    """Asked of the kernel, so that the server ends however the test run ends."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
