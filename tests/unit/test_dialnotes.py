"""dialnotes.py: a dial comes back from paper as it was."""

import json

import pytest

from softops.dialnotes import dial_of, note_of
from softops.dials import CommandDial, Dial, Password, TcpDial, UnixDial
from softops.errors import EngineUnreachable


@pytest.mark.parametrize(("dial", "found"), [
    (UnixDial(path="/run/docker.sock"), UnixDial(path="/run/docker.sock")),
    (UnixDial(path="own.sock"), UnixDial(path="/home/own.sock")),
    (TcpDial(host="10.0.0.1", port=2375), TcpDial(host="10.0.0.1", port=2375)),
    (CommandDial(argv=("/bin/sh", b"-c", b"echo \xff"), over_ssh=True, login_timeout=3,
                 password=Password(prompt="[sudo]", secret="pa\nss")),
     CommandDial(argv=(b"/bin/sh", b"-c", b"echo \xff"), over_ssh=True, login_timeout=3, directory="/home",
                 password=Password(prompt="[sudo]", secret="pa\nss")))])
def test_every_dial_can_be_written_down(dial: Dial, found: Dial) -> None:
    assert dial_of(json.loads(json.dumps(note_of(dial, "/home")))) == found


def test_what_ends_with_the_run_is_not_written_down() -> None:
    with pytest.raises(EngineUnreachable) as caught:
        note_of(UnixDial(), "/home", lasting=False)
    assert caught.value.reason == "DIAL_TEMPORARY"


def test_certificates_that_are_gone_are_a_refusal() -> None:
    note = {"kind": "tcp", "host": "h", "port": 1, "certificates": {
        "authority": "/nowhere/ca.pem", "certificate": None, "key": None}}
    with pytest.raises(EngineUnreachable) as caught:
        dial_of(note)
    assert caught.value.reason == "DOCKER_HOST_TLS"
