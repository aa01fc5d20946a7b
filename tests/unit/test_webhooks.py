"""webhooks: only what was made with the secret is read, and only a push to what the repository follows matters."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from softops.errors import BadRequest, Forbidden
from softops.webhooks import Meaning, is_signed, meaning, read_hook, signature

SECRET = "correct horse battery"
NOW = 1_700_000_000.0
FORGES = ("github", "gitlab", "gitea", "softops")


def mac(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(forge: str, body: bytes, *, secret: str = SECRET, event: str | None = None, delivery: str = "d-1",
            timestamp: int = int(NOW)) -> dict[str, str]:
    """What a forge sends beside the body."""
    if forge == "github":
        return {"x-github-event": event or "push", "x-github-delivery": delivery,
                "x-hub-signature-256": f"sha256={mac(body, secret)}"}
    if forge == "gitlab":
        return {"x-gitlab-event": event or "Push Hook", "x-gitlab-event-uuid": delivery, "x-gitlab-token": secret}
    if forge == "gitea":
        return {"x-gitea-event": event or "push", "x-github-event": event or "push", "x-gitea-delivery": delivery,
                "x-gitea-signature": mac(body, secret), "x-hub-signature-256": f"sha256={mac(body, secret)}"}
    return {"x-softops-timestamp": str(timestamp), "x-softops-signature": signature(secret, timestamp, body)}


def a_push(ref: str = "refs/heads/main", default: str | None = "main", **more: Any) -> bytes:
    about = {} if default is None else {"default_branch": default}
    return json.dumps({"ref": ref, "repository": about, "project": about, **more}).encode()


def means(forge: str, body: bytes, ref: str = "main", event: str | None = None) -> Meaning:
    return meaning(read_hook(SECRET, headers(forge, body, event=event), body, NOW), ref)


@pytest.mark.parametrize("forge", FORGES)
def test_a_push_of_each_forge_is_read(forge: str) -> None:
    body = a_push()
    hook = read_hook(SECRET, headers(forge, body), body, NOW)
    event = "push hook" if forge == "gitlab" else "push"
    assert (hook.forge, hook.event, hook.ref) == (forge, event, "refs/heads/main")


def test_signatures_are_those_that_the_forges_document() -> None:
    # The example of GitHub's own documentation.
    body, secret = b"Hello, World!", "It's a Secret to Everybody"
    wanted = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert f"sha256={mac(body, secret)}" == wanted
    with pytest.raises(BadRequest, match="not a JSON object"):
        read_hook(secret, {"x-hub-signature-256": wanted}, body, NOW)


@pytest.mark.parametrize("forge", FORGES)
def test_another_secret_is_refused(forge: str) -> None:
    body = a_push()
    with pytest.raises(Forbidden, match="not made with this repository's secret"):
        read_hook(SECRET, headers(forge, body, secret="another secret"), body, NOW)


@pytest.mark.parametrize("forge", ["github", "gitea", "softops"])
def test_a_body_that_was_changed_is_refused(forge: str) -> None:
    given = headers(forge, a_push())
    with pytest.raises(Forbidden):
        read_hook(SECRET, given, a_push("refs/heads/evil"), NOW)


@pytest.mark.parametrize("name", ["x-hub-signature-256", "x-gitea-signature", "x-gitlab-token", "x-softops-signature"])
@pytest.mark.parametrize("value", ["", "sha256=", "sha256", SECRET[:-1], f"{SECRET} ", "\xff", "0" * 64])
def test_what_is_no_signature_is_refused(name: str, value: str) -> None:
    with pytest.raises(Forbidden):
        read_hook(SECRET, {name: value, "x-softops-timestamp": str(int(NOW))}, b"{}", NOW)


def test_a_request_without_any_signature_need_not_be_read() -> None:
    assert not is_signed({"x-github-event": "push", "x-hub-signature": "sha1=0"})
    assert all(is_signed(headers(forge, b"")) for forge in FORGES)
    with pytest.raises(Forbidden, match="not signed"):
        read_hook(SECRET, {}, b"{}", NOW)


def test_an_empty_signature_of_gitea_is_not_saved_by_githubs() -> None:
    body = a_push()
    with pytest.raises(Forbidden):
        read_hook(SECRET, {**headers("gitea", body), "x-gitea-signature": ""}, body, NOW)


@pytest.mark.parametrize("late", [-301, 301, 10**9])
def test_a_plain_signature_is_good_for_minutes(late: int) -> None:
    body = a_push()
    with pytest.raises(Forbidden, match="at most 300 s"):
        read_hook(SECRET, headers("softops", body, timestamp=int(NOW) + late), body, NOW)


@pytest.mark.parametrize("given", ["", "now", "-1", "1e9", "1" * 13, "１"])
def test_a_time_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(Forbidden, match="seconds since 1970"):
        read_hook(SECRET, {**headers("softops", b"{}"), "x-softops-timestamp": given}, b"{}", NOW)


def test_the_time_of_a_plain_signature_is_signed_too() -> None:
    given = headers("softops", b"{}", timestamp=int(NOW) - 600)
    with pytest.raises(Forbidden, match="not made with"):
        read_hook(SECRET, {**given, "x-softops-timestamp": str(int(NOW))}, b"{}", NOW)


@pytest.mark.parametrize("forge", ["github", "gitea"])
def test_the_same_body_is_known_again_under_another_id(forge: str) -> None:
    body = a_push()
    first, second = (read_hook(SECRET, headers(forge, body, delivery=delivery), body, NOW) for delivery in ("a", "b"))
    assert set(first.marks) & set(second.marks)


def test_the_id_of_gitlab_alone_tells_pushes_apart() -> None:
    body = a_push()
    marks = [read_hook(SECRET, headers("gitlab", body, delivery=delivery), body, NOW).marks for delivery in "aab"]
    assert marks[0] == marks[1] != marks[2]
    retried = {**headers("gitlab", body), "idempotency-key": "k"}
    again = {**retried, "x-gitlab-event-uuid": "other"}
    assert read_hook(SECRET, retried, body, NOW).marks == read_hook(SECRET, again, body, NOW).marks


def test_two_plain_webhooks_without_a_body_are_two() -> None:
    marks = [read_hook(SECRET, headers("softops", b"", timestamp=int(NOW) + late), b"", NOW).marks for late in (0, 1)]
    assert marks[0] != marks[1]


@pytest.mark.parametrize(("ref", "pushed", "default", "wanted"), [
    ("main", "refs/heads/main", "main", Meaning.SYNC),
    ("main", "refs/heads/other", "main", Meaning.OTHER_REF),
    ("main", "refs/heads/main/2", "main", Meaning.OTHER_REF),
    ("main", "refs/heads/x/main", "main", Meaning.OTHER_REF),
    ("v1", "refs/tags/v1", "main", Meaning.SYNC),
    ("refs/heads/main", "refs/heads/main", None, Meaning.SYNC),
    ("refs/heads/main", "refs/tags/main", None, Meaning.OTHER_REF),
    ("HEAD", "refs/heads/trunk", "trunk", Meaning.SYNC),
    ("HEAD", "refs/heads/main", "trunk", Meaning.OTHER_REF),
    ("HEAD", "refs/heads/main", None, Meaning.SYNC),
    ("c0ffee" + "0" * 34, "refs/heads/main", "main", Meaning.SYNC)])
@pytest.mark.parametrize("forge", FORGES)
def test_only_a_push_to_what_the_repository_follows_matters(forge: str, ref: str, pushed: str, default: str | None,
                                                            wanted: Meaning) -> None:
    assert means(forge, a_push(pushed, default), ref) is wanted


def test_a_plain_webhook_may_say_nothing_at_all() -> None:
    assert means("softops", b"", "main") is Meaning.SYNC


@pytest.mark.parametrize(("forge", "event", "more", "wanted"), [
    ("github", "ping", {"zen": "Design for failure."}, Meaning.PING),
    ("github", "issues", {}, Meaning.OTHER_EVENT),
    ("github", "", {}, Meaning.SYNC),
    ("gitea", "pull_request", {}, Meaning.OTHER_EVENT),
    ("gitlab", "Merge Request Hook", {}, Meaning.OTHER_EVENT),
    ("gitlab", "Tag Push Hook", {}, Meaning.SYNC),
    ("gitlab", "System Hook", {"event_name": "push"}, Meaning.SYNC),
    ("gitlab", "System Hook", {"event_name": "user_create"}, Meaning.OTHER_EVENT),
    ("gitlab", "System Hook", {}, Meaning.OTHER_EVENT)])
def test_only_pushes_lead_to_a_sync(forge: str, event: str, more: dict[str, Any], wanted: Meaning) -> None:
    assert means(forge, a_push(**more), event=event or None) is wanted


def test_a_form_of_github_is_read_like_its_json() -> None:
    body = urlencode({"payload": a_push().decode()}).encode()
    given = {**headers("github", body), "content-type": "application/x-www-form-urlencoded"}
    assert read_hook(SECRET, given, body, NOW).ref == "refs/heads/main"


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'{"ref"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000])
@pytest.mark.parametrize("forge", FORGES)
def test_a_genuine_webhook_that_can_not_be_read_is_refused(forge: str, body: bytes) -> None:
    with pytest.raises(BadRequest, match="not a JSON object"):
        read_hook(SECRET, headers(forge, body), body, NOW)


@pytest.mark.parametrize("body", [b"payload=%FF", b"payload", b"a=1&" * 20])
def test_a_form_that_can_not_be_read_is_refused(body: bytes) -> None:
    given = {**headers("github", body), "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    with pytest.raises(BadRequest, match="application/json"):
        read_hook(SECRET, given, body, NOW)


@pytest.mark.parametrize("ref", [7, None, ["refs/heads/main"], {"x": 1}])
def test_values_of_another_kind_are_as_none(ref: object) -> None:
    body = json.dumps({"ref": ref, "repository": [], "project": "x"}).encode()
    assert means("github", body) is Meaning.SYNC
