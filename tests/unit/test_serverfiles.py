"""What servers say of an app's files, and the scripts for them as text."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from softops.serverfiles import Found, compose_seen, found_in, masked_env, probe_command, same_files, write_script

SUM = "a" * 64


def test_what_a_server_has_is_read_line_by_line() -> None:
    said = ("motd of the server\n"
            f'softops-app nginx {SUM} {SUM} - + - {{"state": "running", "version": "1.0", "secrets": ["PW", "x y"]}}\n'
            f"softops-app other {SUM} - - - + \n"
            "softops-app empty - - - - - \n"
            "softops-app broken - - - - - {nonsense\n")
    found = found_in(said)
    assert sorted(found) == ["broken", "empty", "nginx", "other"]
    nginx = found["nginx"]
    assert (nginx.compose, nginx.env, nginx.note, nginx.previous, nginx.state) == (SUM, SUM, None, True, "running")
    assert (nginx.secrets, nginx.foreign) == ({"PW"}, False)
    assert (found["other"].foreign, found["empty"].foreign, found["broken"].foreign) == (True, False, False)


def test_compose_is_seen_only_where_the_server_says_so_in_a_line_of_its_own() -> None:
    noted = 'softops-app nginx - - - - - {"state": "softops-compose-there"}\n'
    assert (compose_seen(f"{noted}softops-compose-there\r\n"), compose_seen(noted), compose_seen("")) == (
        True, False, False)


def test_files_are_the_same_only_when_both_are() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert same_files(Found(compose=empty, env=empty), "", "")
    assert not same_files(Found(compose=empty, env=empty), "", "X=1\n")
    assert not same_files(Found(compose=empty), "", "")


@pytest.mark.parametrize(("env", "shown"), [
    ('A="1"\nPW="x=y"\n', 'A="1"\nPW=***\n'), ("", ""), ('PWX="1"\n', 'PWX="1"\n'),
    ('PW="a\u2028b=c\x85d"\nX="\u2028"\n', 'PW=***\nX="\u2028"\n')])
def test_the_values_of_secrets_are_masked(env: str, shown: str) -> None:
    assert masked_env(env, {"PW"}) == shown


def test_names_are_quoted_for_the_shell() -> None:
    assert "'/opt/my apps'" in probe_command(PurePosixPath("/opt/my apps"), [("nginx", "1.0+x")])


def test_the_revision_takes_its_place_before_the_files_it_speaks_of() -> None:
    script = write_script(PurePosixPath("/opt/a"), compose="c\n", env="e\n", revision="r\n", keep=True)
    places = [script.index(f"mv -f .{name}.softops") for name in ("revision.json", "compose.yml", "env")]
    assert places == sorted(places)
    assert script.index("mv .previous.new previous") < places[0]
