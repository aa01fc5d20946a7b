"""refusals.py: what others say when they refuse, and what softops makes of it."""

import pytest

from softops.errors import EngineUnreachable, ServerUnreachable
from softops.refusals import engine_refusal, login_refusal, pull_refusal, quoted


@pytest.mark.parametrize(("words", "reason"), [
    ("No ED25519 host key is known for 10.0.0.1 and you have requested strict checking.\r\n"
     "Host key verification failed.", "SSH_HOST_KEY"),
    ("@@@@@@@@@@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@", "SSH_HOST_KEY"),
    ("root@10.0.0.1: Permission denied (publickey).", "SSH_DENIED"),
    ("ssh: Could not resolve hostname web9: Name or service not known", "SSH_NAME"),
    ("ssh: connect to host 10.0.0.1 port 22: Connection refused", "SSH_REFUSED"),
    ("ssh: connect to host 10.0.0.1 port 22: Connection timed out", "SSH_TIMEOUT"),
    ("ssh: connect to host 10.0.0.1 port 22: No route to host", "SSH_TIMEOUT"),
    ("kex_exchange_identification: Connection closed by remote host", "SERVER_UNREACHABLE"),
    ("", "SERVER_UNREACHABLE"),
])
def test_why_ssh_refuses_is_told_apart(words: str, reason: str) -> None:
    error = login_refusal(words, 255, over_ssh=True)
    assert (type(error), error.reason, error.code) == (ServerUnreachable, reason, 1001)


@pytest.mark.parametrize("words", [
    "sudo: a password is required", "Sorry, try again.\nsudo: 1 incorrect password attempt",
    "ops is not in the sudoers file.  This incident will be reported.", "bash: line 1: sudo: command not found"])
def test_a_login_without_the_way_to_root_is_told_apart(words: str) -> None:
    assert login_refusal(words, 1, over_ssh=True).reason == "BECOME_FAILED"


@pytest.mark.parametrize(("words", "reason"), [
    ("/bin/sh: 1: exec: docker: not found", "ENGINE_NOT_INSTALLED"),
    ("sh: docker: command not found", "ENGINE_NOT_INSTALLED"),
    ("failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied",
     "ENGINE_DENIED"),
    ("Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
     "ENGINE_DENIED"),
    ("dial unix /var/run/docker.sock: connect: no such file or directory", "ENGINE_DOWN"),
    ("dial unix /var/run/docker.sock: connect: connection refused", "ENGINE_DOWN"),
    ("Cannot connect to the Docker daemon at unix:///d.sock. Is the docker daemon running?", "ENGINE_DOWN"),
    ("something else", "ENGINE_LOST"), ("", "ENGINE_LOST")])
def test_why_an_engine_can_not_be_spoken_to_is_told_apart(words: str, reason: str) -> None:
    error = engine_refusal(words)
    assert (type(error), error.reason, error.code) == (EngineUnreachable, reason, 1001)


@pytest.mark.parametrize(("words", "reason"), [
    ("manifest for r:5000/a:9 not found: manifest unknown: manifest unknown", "PULL_NO_IMAGE"),
    ("pull access denied for nowhere, repository does not exist or may require 'docker login': denied: requested "
     "access to the resource is denied", "PULL_DENIED"),
    ("Head https://r/v2/a/manifests/1: unauthorized: authentication required", "PULL_DENIED"),
    ("toomanyrequests: You have reached your pull rate limit.", "PULL_RATE_LIMIT"),
    ("write /var/lib/docker/tmp/GetImageBlob1: no space left on device", "PULL_NO_SPACE"),
    ('Get "https://10.0.0.1:5000/v2/": http: server gave HTTP response to HTTPS client', "PULL_PLAIN_HTTP"),
    ('Get "https://r/v2/": x509: certificate signed by unknown authority', "PULL_CERTIFICATE"),
    ('Get "http://10.0.0.1:5000/v2/": dial tcp 10.0.0.1:5000: connect: connection refused', "PULL_NO_REGISTRY"),
    ('Get "https://r/v2/": dial tcp: lookup r on 10.0.0.2:53: no such host', "PULL_NO_REGISTRY"),
    ('Get "https://r/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while '
     "awaiting headers)", "PULL_NO_REGISTRY"),
    ("EOF", "PULL_NO_REGISTRY"), ('Get "http://r:5000/v2/": EOF', "PULL_NO_REGISTRY"),
    ("filesystem layer verification failed for digest sha256:35", "PULL_CORRUPT"),
    ("manifest verification failed for digest sha256:35", "PULL_CORRUPT"),
    ("no matching manifest for linux/arm64/v8 in the manifest list entries", "PULL_NO_PLATFORM"),
    ("error pulling image configuration: download failed after attempts=1: unknown blob", "PULL_PART_MISSING"),
    ("received unexpected HTTP status: 500 Internal Server Error", "PULL_REGISTRY_FAILED"),
    ("error parsing HTTP 503 response body: invalid character '<'", "PULL_REGISTRY_FAILED"),
    ("error parsing HTTP 429 response body: invalid character 's': \"slow down\"", "PULL_RATE_LIMIT"),
    ("error parsing HTTP 401 response body: no error details found in HTTP response body", "PULL_DENIED"),
    ("missing signature key", "PULL_NOT_A_REGISTRY"),
    ("download failed after attempts=1: unexpected EOF", "PULL_NO_REGISTRY"),
    ("never heard of", "PULL_FAILED"), ("", "PULL_FAILED")])
def test_why_a_pull_failed_is_told_apart(words: str, reason: str) -> None:
    error = pull_refusal(words, image="r:5000/a:9", platform="linux/amd64")
    assert (error.reason, error.code) == (reason, 1002)
    assert "r:5000/a:9" in error.text("en")
    assert "{" not in error.text("en") + error.text("zh")


def test_foreign_words_are_quoted_on_one_harmless_line() -> None:
    said = "@@@@@@\n@ WARNING @\n\x1b[31mred\x07\nsudo: unable to resolve host web1: Name or service not known\nend.\n"
    assert quoted(said) == "@ WARNING @ \\x1b[31mred\\x07 end"
    assert len(quoted("x" * 10_000)) <= 501
