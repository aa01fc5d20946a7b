"""output.py: what goes wrong becomes a sentence and an exit code."""

import io
import json
import sys

import pytest
import typer

from softops.cli.labels import Words
from softops.cli.output import Output, exit_code
from softops.errors import (
    BadRequest,
    ConfigError,
    Conflict,
    GitError,
    NotFound,
    Refused,
    ServerUnavailable,
    SoftopsError,
)


@pytest.mark.parametrize(("error", "code"), [
    (BadRequest("SERVERS_EMPTY"), 2), (NotFound("JOB_NOT_FOUND"), 2), (ConfigError("CONFIG_INVALID"), 2),
    (Refused(400, "m"), 2), (Refused(404, "m"), 2), (Refused(409, "m"), 1), (Refused(500, "m"), 1),
    (Refused(1001, "m"), 1), (ServerUnavailable("SERVER_LOST"), 3), (Conflict("JOB_STILL_RUNNING"), 1),
    (GitError("GIT_EMPTY"), 1)])
def test_each_failure_has_its_exit_code(error: SoftopsError, code: int) -> None:
    assert exit_code(error) == code


def test_a_person_gets_the_sentence_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), Output(Words("zh")).reporting():
        raise BadRequest("SERVERS_EMPTY")
    assert capsys.readouterr() == ("", "未选择服务器，请至少指定一台。\n")


def test_a_program_gets_a_document_with_code_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), Output(Words("en"), as_json=True).reporting():
        raise Refused(1001, "引擎 [red]")
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"code": 1001, "message": "引擎 [red]"}
    assert captured.err == "引擎 [red]\n"


def test_a_terminal_of_another_encoding_gets_escapes_and_a_program_still_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("stdout", "stderr"):
        monkeypatch.setattr(sys, kind, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    output = Output(Words("en"))
    output.document({"name": "引擎 😀 \ud800"})
    output.table(("NAME",), [("引擎",)])
    output.error("引擎")
    sys.stdout.flush()
    document, *table = sys.stdout.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    assert json.loads(document) == {"name": "引擎 😀 \ud800"}
    assert b"\\u5f15\\u64ce" in b"".join(table)


def test_what_a_server_says_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), Output(Words("en")).reporting():
        raise Refused(500, "one\n\x1b]0;two\x07\x9b2J")
    assert capsys.readouterr().err == "one\n]0;two 2J\n"


def test_ctrl_c_ends_with_130() -> None:
    with pytest.raises(typer.Exit) as ended, Output(Words("en")).reporting():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130


def test_tables_in_a_pipe_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    Output(Words("en")).table(("NAME", "STATUS"), [(long, "\x1b[31mOK")])
    assert capsys.readouterr().out.splitlines() == [f"{'Name':300}  Status", f"{long}  [31mOK"]
