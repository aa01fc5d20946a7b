"""logins.py: logins in the words of registries, engines, inventories and people."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

import pytest

from softops.errors import BadRequest
from softops.locations import HUB
from softops.logins import Login, as_input, checked_key, logins_of, registry_name, registry_of

LOGIN = Login(user="ci", password="a+b/ü:{{ x }}")
ENCRYPTED = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
DAMAGED = "-----BEGIN OPENSSH PRIVATE KEY-----\nxx\n-----END"


@pytest.mark.parametrize(("text", "name"), [
    ("registry.example.com", "registry.example.com"),
    ("https://Registry.Example.com:5000/v2/", "registry.example.com:5000"),
    (" 10.0.0.1:5000 ", "10.0.0.1:5000"),
    ("localhost", "localhost"),
    ("docker.io", HUB), ("index.docker.io", HUB), ("https://index.docker.io/v1/", HUB),
])
def test_a_registry_is_known_by_the_name_that_images_lead_to(text: str, name: str) -> None:
    assert registry_name(text) == name


@pytest.mark.parametrize("text", ["", "nginx", "a b.c", "x" * 300, "http://"])
def test_what_is_no_registry_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        registry_name(text)
    assert refused.value.reason == "REGISTRY_NAME"


def test_an_image_finds_the_login_of_its_registry() -> None:
    images = ("nginx", "docker.io/a/b:1", "R.example.com:5000/a@sha256:" + "a" * 64)
    assert [registry_of(image) for image in images] == [HUB, HUB, "r.example.com:5000"]
    assert registry_of("UPPER/CASE") is None


def test_an_engine_is_told_as_its_api_has_it() -> None:
    said = json.loads(urlsafe_b64decode(LOGIN.for_engine("r.example.com")))
    assert said == {"username": "ci", "password": "a+b/ü:{{ x }}", "serveraddress": "r.example.com"}
    assert json.loads(urlsafe_b64decode(LOGIN.for_engine(HUB)))["serveraddress"] == "https://index.docker.io/v1/"


def test_a_login_does_not_show_its_password() -> None:
    assert repr(LOGIN) == "Login(user='ci')"


def test_logins_survive_an_input_file() -> None:
    logins = {"r.example.com:5000": LOGIN, HUB: Login(user="u", password="1234")}
    assert logins_of(json.loads(json.dumps(as_input(logins)))) == logins


def test_an_inventory_may_write_them_as_people_do() -> None:
    assert logins_of({"docker.io": {"username": "u", "password": 1234}}) == {HUB: Login(user="u", password="1234")}
    assert logins_of(None) == logins_of({}) == {}


@pytest.mark.parametrize("said", [
    ["r.example.com"], {"r.example.com": "geheim"}, {"r.example.com": {"user": "u"}},
    {"r.example.com": {"user": "u", "password": True}}, {"r.example.com": {"user": "u:v", "password": "geheim"}},
    {"r.example.com": {"user": "u\nv", "password": "geheim"}}, {"r.example.com": {"user": "", "password": "geheim"}},
    {"r.example.com": {"user": "u", "password": "geheim", "auth": "x"}}])
def test_what_is_no_login_is_refused_and_not_told(said: object) -> None:
    with pytest.raises(BadRequest) as refused:
        logins_of(said)
    assert refused.value.reason in {"LOGIN_FORM", "LOGINS_FORM"}
    assert "geheim" not in refused.value.text("en")


@pytest.mark.parametrize("text", ["", "ssh-ed25519 AAAA", ENCRYPTED, DAMAGED])
def test_a_key_that_ssh_could_not_use_alone_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked_key(text, "")
    assert refused.value.reason == "SSH_KEY_FORM"


def test_a_key_ends_with_its_last_line() -> None:
    assert checked_key("-----BEGIN RSA PRIVATE KEY-----\r\nAAAA\r\n-----END RSA PRIVATE KEY-----", "h k").private == (
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")
