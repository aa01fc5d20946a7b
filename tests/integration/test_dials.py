"""dials.py: lines over sockets and over processes, without any engine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from softops.dials import MARK, CommandDial, Password, TcpDial, UnixDial
from softops.errors import EngineUnreachable, ServerUnreachable

ECHO = f"echo {MARK.decode().strip()}; exec cat"


def shell(script: str, *, over_ssh: bool = False, login_timeout: float = 5,
          password: Password | None = None) -> CommandDial:
    return CommandDial(argv=("/bin/sh", "-c", script), over_ssh=over_ssh, login_timeout=login_timeout,
                       password=password)


def refusal(dial: CommandDial | UnixDial | TcpDial) -> EngineUnreachable:
    with pytest.raises(EngineUnreachable) as caught:
        dial.open(2)
    return caught.value


def echoed(dial: CommandDial | UnixDial | TcpDial, words: bytes = b"GET / HTTP/1.1\r\n") -> bytes:
    with closing(dial.open(2)) as line:
        line.sock.sendall(words)
        return line.sock.recv(100)


@pytest.fixture
def echo_socket(tmp_path: Path) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(client.recv(100))

        thread = threading.Thread(target=serve)
        thread.start()
        yield tmp_path / "s"
        thread.join()


def test_a_socket_is_a_line(echo_socket: Path) -> None:
    assert echoed(UnixDial(path=str(echo_socket)), b"ping") == b"ping"


def test_a_socket_that_is_not_there_is_a_stopped_engine(tmp_path: Path) -> None:
    assert refusal(UnixDial(path=str(tmp_path / "none"))).reason == "ENGINE_DOWN"


def test_a_port_that_nobody_listens_on_is_a_stopped_engine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refusal(TcpDial(host="127.0.0.1", port=port)).reason == "ENGINE_DOWN"


@pytest.mark.parametrize("noise", ["", "echo 'Welcome to this server!';", "printf 'BECOME-SUCCESS-abc\\n';",
                                   "printf 'no newline, then ';"])
def test_a_command_is_a_line_whatever_its_shell_prints_first(noise: str) -> None:
    assert echoed(shell(noise + ECHO)) == b"GET / HTTP/1.1\r\n"


def test_closing_a_line_ends_its_command(tmp_path: Path) -> None:
    line = shell(f"echo $$ > {tmp_path}/pid; {ECHO}").open(2)
    pid = int((tmp_path / "pid").read_text())
    line.close()
    assert not Path(f"/proc/{pid}").exists()


def test_closing_a_line_wakes_up_who_reads_from_it() -> None:
    line = shell(ECHO).open(30)

    def read() -> None:
        with suppress(OSError):  # closed before the thread came to reading
            line.sock.recv(1)

    reader = threading.Thread(target=read)
    reader.start()
    line.close()
    reader.join(5)
    assert not reader.is_alive()


@pytest.mark.parametrize(("script", "over_ssh", "reason"), [
    ("echo 'ssh: connect to host 10.0.0.1 port 22: Connection refused' >&2; exit 255", True, "SSH_REFUSED"),
    ("echo 'root@web1: Permission denied (publickey).' >&2; exit 255", True, "SSH_DENIED"),
    ("echo 'sudo: a password is required' >&2; exit 1", True, "BECOME_FAILED"),
    ("echo 'sudo: a password is required' >&2; exit 255", False, "BECOME_FAILED"),
    ("exit 7", True, "SERVER_UNREACHABLE")])
def test_a_command_that_ends_before_the_line_is_open_says_why(script: str, over_ssh: bool, reason: str) -> None:
    error = refusal(shell(script, over_ssh=over_ssh))
    assert (type(error), error.reason) == (ServerUnreachable, reason)


def test_what_a_command_said_explains_a_line_that_broke() -> None:
    with closing(shell(f"echo {MARK.decode().strip()}; echo 'docker: not found' >&2; exit 127").open(2)) as line:
        assert line.sock.recv(10) == b""
        assert line.words() == "docker: not found\n"


def test_a_command_that_can_not_be_started_is_an_unreachable_server() -> None:
    error = refusal(CommandDial(argv=("/no/such/ssh", "web1"), over_ssh=True, login_timeout=1))
    assert (error.reason, error.params["message"]) == (
        "SERVER_UNREACHABLE", "/no/such/ssh: No such file or directory")


def test_a_login_that_takes_too_long_is_given_up() -> None:
    start = time.monotonic()
    assert refusal(shell("sleep 30", login_timeout=0.3)).reason == "SSH_TIMEOUT"
    assert time.monotonic() - start < 2


def test_a_password_is_given_when_it_is_asked_for_and_only_then() -> None:
    asks = f"printf 'key=x password:' >&2; read secret; [ \"$secret\" = geheim ] || exit 1; {ECHO}"
    password = Password(prompt="key=x password:", secret="geheim")
    assert "geheim" not in repr(password)
    assert echoed(shell(asks, password=password)) == b"GET / HTTP/1.1\r\n"
    assert echoed(shell(ECHO, password=password)) == b"GET / HTTP/1.1\r\n"


def test_a_wrong_password_is_told_as_soon_as_it_is_asked_for_again() -> None:
    asks = "printf 'key=x password:' >&2; read s; printf 'Sorry, try again.\\nkey=x password:' >&2; sleep 30"
    start = time.monotonic()
    error = refusal(shell(asks, password=Password(prompt="key=x password:", secret="falsch"), login_timeout=20))
    assert (type(error), error.reason) == (ServerUnreachable, "BECOME_FAILED")
    assert error.params["words"] == "Sorry, try again"
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(("code", "over_ssh", "lost"), [
    (255, True, True), (255, False, False), (1, True, False), (0, True, False)])
def test_a_line_knows_whether_the_way_to_the_server_broke(code: int, over_ssh: bool, lost: bool) -> None:
    with closing(shell(f"echo {MARK.decode().strip()}; exit {code}", over_ssh=over_ssh).open(2)) as line:
        assert line.sock.recv(10) == b""
        assert line.lost_server() is lost
