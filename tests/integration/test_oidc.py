"""Logging in through an OpenID Connect provider, one that really signs: who comes in, and who does not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from softops.audit import AuditFilter
from softops.config import Settings
from softops.errors import ConfigError
from softops.identities import UserChange
from softops.oidcroles import subject_of
from softops.rights import Role
from softops.service import Service
from softops.web.authentication import COOKIE
from tests.homes import make_home
from tests.integration.oidcprovider import CLIENT, SECRET, OidcProvider, oidc_provider
from tests.integration.webserver import Served, served

PUBLIC = "http://ops.example.com"
ROLES = "ops-admins=admin,ops=operator:shop+bank,staff=viewer"
PASSWORD = "correct-horse-battery"
STATE = "oidc-login"


class World:
    """A server, its provider, and a browser."""

    def __init__(self, web: Served, provider: OidcProvider, browser: httpx.Client) -> None:
        self.web = web
        self.service = web.service
        self.provider = provider
        self.browser = browser

    def begin(self) -> httpx.Response:
        return self.browser.get("/auth/oidc")

    def at_provider(self) -> str:
        """Begin, log in there; path and query with which the browser is sent back."""
        begun = self.begin()
        assert begun.status_code == 302, begun.text
        back = httpx.get(begun.headers["location"], trust_env=False).headers["location"]
        assert back.startswith(f"{PUBLIC}/api/system/soft/auth/oidc/callback?")
        return back.removeprefix(f"{PUBLIC}/api/system/soft")

    def log_in(self) -> httpx.Response:
        return self.browser.get(self.at_provider())

    def me(self) -> Any:
        return self.browser.get("/auth/me").json()["data"]

    def audited(self) -> list[tuple[str, str, str]]:
        page = self.service.audit.page(AuditFilter(), page=1, size=20)
        return [(entry.user, entry.action, entry.outcome) for entry in page.records if entry.action[:5] == "oidc."]


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as made:
        made.person["groups"] = ["staff"]
        yield made


def settings_of(tmp_path: Path, provider: OidcProvider, **more: Any) -> Settings:
    return make_home(tmp_path).model_copy(update={
        "auth": "local", "public_url": PUBLIC, "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET, "oidc_roles": ROLES, **more})


@pytest.fixture
def world(tmp_path: Path, provider: OidcProvider) -> Iterator[World]:
    service = Service(settings_of(tmp_path, provider))
    service.database.migrate()
    with served(service) as web, web.client() as browser:
        yield World(web, provider, browser)
    service.trail.stop()
    service.database.close()


def refused(answer: httpx.Response, status: int, words: str) -> None:
    assert (answer.status_code, answer.json()["code"], COOKIE in answer.cookies) == (status, status, False)
    assert re.search(words, answer.json()["message"]), answer.json()["message"]


def test_whoever_the_provider_vouches_for_is_in(world: World) -> None:
    assert world.me()["ways"] == ["password", "oidc"]
    back = world.at_provider()
    answer = world.browser.get(back)
    assert (answer.status_code, answer.headers["location"], answer.headers["cache-control"]) == (302, "/", "no-store")
    assert answer.json() == {"code": 302, "message": "Welcome, zoe.", "data": None}
    assert world.me() == {"name": "zoe", "role": "viewer", "groups": None, "via": "cookie",
                          "ways": ["password", "oidc"], "setup": False}
    assert world.browser.get("/page").status_code == 200
    user = world.service.accounts.users.named("zoe")
    assert (user.subject, world.service.accounts.users.hash_of(user.id)) == (
        subject_of(world.provider.issuer, "7"), None)
    assert world.audited() == [("zoe", "oidc.callback", "success")]
    kept = str(world.service.audit.page(AuditFilter(), page=1, size=20))
    assert [word for name, (word,) in parse_qs(urlsplit(back).query).items() if name in {"code", "state"}
            and word in kept] == []
    assert world.browser.post("/auth/login", json={"name": "zoe", "password": ""},
                              headers={"Origin": world.web.url}).status_code == 401


def test_the_provider_is_asked_as_the_standards_say(world: World) -> None:
    begun = world.begin()
    url = urlsplit(begun.headers["location"])
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert url.path == "/authorize"
    random = {name: len(query.pop(name)) for name in ("state", "nonce", "code_challenge")}
    assert random == {"state": 43, "nonce": 43, "code_challenge": 43}
    assert query == {"realm": "ops", "response_type": "code", "client_id": CLIENT, "scope": "openid profile",
                     "redirect_uri": f"{PUBLIC}/api/system/soft/auth/oidc/callback", "code_challenge_method": "S256"}


def test_the_cookies_are_for_no_script_and_the_first_for_the_way_back_alone(world: World) -> None:
    path = "Path=/api/system/soft/auth/oidc/callback; HttpOnly; SameSite=Lax"
    name, _, rest = world.begin().headers["set-cookie"].partition("; ")
    assert (name.partition("=")[0], rest) == ("softops_oidc", f"Max-Age=600; {path}")
    assert parse_qs(urlsplit(world.begin().headers["location"]).query)["state"][0] not in name
    session, gone = world.log_in().headers.get_list("set-cookie")
    assert session.partition("; ")[2] == "Max-Age=43200; Path=/; HttpOnly; SameSite=Lax"
    assert gone == f"softops_oidc=; Max-Age=0; {path}"


def test_behind_tls_cookies_never_leave_it(tmp_path: Path, provider: OidcProvider) -> None:
    service = Service(settings_of(tmp_path, provider, public_url="https://ops.example.com/softops/"))
    service.database.migrate()
    with served(service) as web, web.client() as browser:
        begun = browser.get("/auth/oidc")
    service.trail.stop()
    service.database.close()
    assert parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"] == [
        "https://ops.example.com/softops/api/system/soft/auth/oidc/callback"]
    assert begun.headers["set-cookie"].partition("; ")[2] == (
        "Max-Age=600; Path=/softops/api/system/soft/auth/oidc/callback; HttpOnly; SameSite=Lax; Secure")
    assert service.oidc is not None
    assert service.oidc.home == "/softops/"


def test_role_and_groups_are_those_of_the_last_login(world: World) -> None:
    world.service.accounts.add_user("root", PASSWORD, Role.ADMIN, None)
    seen = []
    for groups in (["ops"], ["ops-admins", "ops"], ["staff"]):
        world.provider.person["groups"] = groups
        assert world.log_in().status_code == 302
        seen.append((world.me()["name"], world.me()["role"], world.me()["groups"]))
    assert seen == [("zoe", "operator", ["shop", "bank"]), ("zoe", "admin", None), ("zoe", "viewer", None)]
    world.provider.person["groups"] = ["others"]
    refused(world.log_in(), 403, "zoe has no role here: none of the values in the claim groups")
    world.provider.person["preferred_username"] = "zora"
    world.provider.person["groups"] = ["ops"]
    world.log_in()
    assert (world.me()["name"], world.service.accounts.users.page(page=1, size=9).total) == ("zoe", 2)


def test_a_user_of_softops_is_never_taken_over(world: World) -> None:
    world.service.accounts.add_user("zoe", PASSWORD, Role.ADMIN, None)
    refused(world.log_in(), 409, "There is a user zoe already who is somebody else for softops.*softops user remove")
    assert (world.me()["via"], world.service.accounts.users.named("zoe").subject) == ("nobody", None)
    assert world.audited() == [("zoe", "oidc.callback", "refused")]


def test_a_person_of_another_number_is_not_the_one_with_the_name(world: World) -> None:
    world.log_in()
    world.provider.person["sub"] = "8"
    world.browser.cookies.clear()
    refused(world.log_in(), 409, "There is a user zoe already")


def test_who_is_disabled_stays_out(world: World) -> None:
    world.log_in()
    user = world.service.accounts.users.named("zoe")
    world.service.accounts.edit_user(user.id, UserChange(disabled=True), None, make=False)
    refused(world.log_in(), 403, "The user zoe is disabled")
    assert world.me()["via"] == "nobody"


def test_the_last_admin_is_not_made_something_else(world: World) -> None:
    world.provider.person["groups"] = ["ops-admins"]
    world.log_in()
    world.provider.person["groups"] = ["staff"]
    refused(world.log_in(), 409, "zoe is the last admin")


@pytest.mark.parametrize("name", [None, "", "zoe the great", "corp\\zoe", "123", "-x"])
def test_who_has_no_usable_name_is_refused(world: World, name: str | None) -> None:
    world.provider.claims["preferred_username"] = name
    refused(world.log_in(), 403, "tells no name that softops can use")


NOW = time.time()


@pytest.mark.parametrize(("claims", "problem"), [
    ({"nonce": "another"}, "nonce"), ({"nonce": None}, "nonce"), ({"aud": "another"}, "aud"), ({"aud": None}, "aud"),
    ({"aud": [CLIENT, "another"]}, "azp"), ({"azp": "another"}, "azp"), ({"iss": "https://another.example"}, "iss"),
    ({"exp": NOW - 3600}, "expired"), ({"exp": None}, "exp"), ({"iat": NOW + 3600}, "iat|issued in the future"),
    ({"iat": None}, "iat"), ({"nbf": NOW + 3600}, "nbf|not yet valid"), ({"sub": None}, "sub"), ({"sub": ""}, "sub")])
def test_a_token_that_is_not_for_this_login_lets_nobody_in(world: World, claims: dict[str, Any], problem: str) -> None:
    world.provider.claims = claims
    refused(world.log_in(), 401, f"What the identity provider says about you can't be trusted: .*({problem})")
    assert world.service.accounts.users.is_empty()


def test_clocks_may_differ_a_little(world: World) -> None:
    world.provider.claims = {"iat": time.time() + 30, "exp": time.time() - 30}
    assert world.log_in().status_code == 302


def test_a_token_that_somebody_else_has_signed_lets_nobody_in(world: World) -> None:
    world.provider.signs_with = world.provider.new_key("first")
    refused(world.log_in(), 401, "can't be trusted: .*signature")
    world.provider.signs_with = world.provider.new_key("never published")
    refused(world.log_in(), 401, "can't be trusted: .*never published")
    assert world.service.accounts.users.is_empty()


def test_what_is_signed_with_a_public_thing_or_not_at_all_lets_nobody_in(world: World) -> None:
    for algorithm in ("HS256", "none"):
        world.provider.algorithm = algorithm
        refused(world.log_in(), 401, f"can't be trusted: .*{algorithm}")
    assert world.service.accounts.users.is_empty()


def test_a_provider_may_change_its_key(world: World) -> None:
    assert world.log_in().status_code == 302
    assert world.log_in().status_code == 302
    world.provider.key = world.provider.new_key("second")
    assert world.log_in().status_code == 302
    assert [world.provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [
        1, 2, 3]


def test_no_login_is_finished_twice(world: World) -> None:
    back = world.at_provider()
    cookie = {"Cookie": f"softops_oidc={world.browser.cookies['softops_oidc']}"}
    assert world.browser.get(back).status_code == 302
    with world.web.client(**cookie) as thief:
        refused(thief.get(back), 401, "has been used already")
    assert world.provider.asked.count("/token") == 1


def test_no_code_counts_twice(world: World) -> None:
    code = parse_qs(urlsplit(world.at_provider()).query)["code"][0]
    world.provider.codes.pop(code)
    state = parse_qs(urlsplit(world.begin().headers["location"]).query)["state"][0]
    refused(world.browser.get("/auth/oidc/callback", params={"code": code, "state": state}), 401, "invalid_grant")


def test_only_the_browser_that_began_finishes(world: World) -> None:
    back = world.at_provider()
    with world.web.client() as other:
        refused(other.get(back), 401, "no login that was begun in this browser")
    other_state = world.browser.get("/auth/oidc/callback", params={"code": "x", "state": "another"})
    refused(other_state, 401, "no login that was begun in this browser")
    world.browser.cookies.clear()
    for forged in ("x", world.service.vault.seal({"state": "s", "purpose": "another"}) or ""):
        with world.web.client(Cookie=f"softops_oidc={forged}") as other:
            refused(other.get("/auth/oidc/callback?code=x&state=s"), 401, "no login that was begun in this browser")
    assert world.provider.asked.count("/token") == 0


def test_a_login_has_its_time(tmp_path: Path, provider: OidcProvider) -> None:
    service = Service(settings_of(tmp_path, provider))
    service.database.migrate()
    assert service.oidc is not None
    sealed = service.vault.seal({"purpose": STATE, "state": "s", "nonce": "n", "verifier": "v",
                                 "until": int(time.time()) - 1})
    with served(service) as web, web.client(Cookie=f"softops_oidc={sealed}") as browser:
        refused(browser.get("/auth/oidc/callback?code=x&state=s"), 401, "within the last 10 minutes")
    service.trail.stop()
    service.database.close()


def test_what_the_provider_refuses_is_told(world: World) -> None:
    state = parse_qs(urlsplit(world.begin().headers["location"]).query)["state"][0]
    answer = world.browser.get("/auth/oidc/callback", params={"state": state, "error": "access_denied\x1b[2J",
                                                              "error_description": "no"})
    refused(answer, 401, r"did not log you in: access_denied\\x1b\[2J\.")
    assert world.audited() == [("-", "oidc.callback", "refused")]


def test_another_provider_sends_nobody_back(world: World) -> None:
    back = world.at_provider().replace("iss=http", "iss=https")
    refused(world.browser.get(back), 401, "did not log you in: it was https")


def test_guessing_ends_in_429(world: World) -> None:
    world.provider.claims = {"nonce": "another"}
    answers = [world.log_in().status_code for _ in range(31)]
    assert answers == [401] * 30 + [429]


def test_a_provider_that_is_down_is_named_and_asked_no_more_at_once(tmp_path: Path) -> None:
    with oidc_provider() as provider:
        settings = settings_of(tmp_path, provider)
    service = Service(settings)
    service.database.migrate()
    with served(service) as web, web.client() as browser:
        answers = [browser.get("/auth/oidc") for _ in range(2)]
        refused(browser.get("/auth/oidc/callback"), 401, "no login that was begun")
    service.trail.stop()
    service.database.close()
    for answer in answers:
        refused(answer, 503, f"The identity provider {settings.oidc_issuer} does not answer: .*refused")
    assert answers[0].headers["retry-after"] == "5"


@pytest.mark.parametrize(("described", "problem"), [
    ({"issuer": "https://another.example"}, "it calls itself https://another.example"),
    ({"token_endpoint": "http://ops.example.com/token"}, "its token_endpoint is no https URL"),
    ({"authorization_endpoint": "javascript:alert(1)"}, "its authorization_endpoint is no https URL"),
    ({"jwks_uri": None}, "its jwks_uri is no https URL"), ({"more": "x" * 2_000_000}, "an answer without end")])
def test_a_provider_that_says_nonsense_is_not_believed(world: World, described: dict[str, Any], problem: str) -> None:
    world.provider.described = described
    refused(world.begin(), 503, f"does not answer as OpenID Connect says: {problem}")


def test_a_provider_leads_softops_nowhere_it_may_not_go(world: World) -> None:
    world.provider.described = {"token_endpoint": "https://169.254.169.254/token"}
    refused(world.log_in(), 503, "169.254.169.254 leads to 169.254.169.254, where softops goes for nobody")


def test_without_a_provider_there_is_no_such_way(tmp_path: Path, provider: OidcProvider) -> None:
    settings = settings_of(tmp_path, provider, oidc_issuer="", oidc_client_id="")
    service = Service(settings)
    service.database.migrate()
    with served(service) as web, web.client() as browser:
        for path in ("/auth/oidc", "/auth/oidc/callback"):
            refused(browser.get(path), 404, "SOFTOPS_OIDC_ISSUER")
        assert browser.get("/auth/me").json()["data"]["ways"] == ["password"]
    service.trail.stop()
    service.database.close()
    with closing(Service(settings_of(tmp_path / "open", provider, auth="none")).database):
        pass


@pytest.mark.parametrize(("wrong", "reason", "named"), [
    ({"public_url": ""}, "OIDC_PUBLIC_URL", "SOFTOPS_PUBLIC_URL"), ({"oidc_client_id": ""}, "OIDC_HALF", "both"),
    ({"oidc_issuer": ""}, "OIDC_HALF", "both"), ({"oidc_roles": ""}, "OIDC_ROLES_MISSING", "SOFTOPS_OIDC_ROLES"),
    ({"oidc_roles": "ops=root"}, "OIDC_ROLE_RULE", "ops=root"),
    ({"oidc_issuer": "http://id.example.com"}, "OIDC_ISSUER", "SOFTOPS_OIDC_ISSUER")])
def test_settings_that_can_not_work_are_refused_at_the_start(
        tmp_path: Path, provider: OidcProvider, wrong: dict[str, str], reason: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        Service(settings_of(tmp_path, provider, **wrong))
    assert caught.value.reason == reason


def test_the_secret_shows_nowhere(tmp_path: Path, provider: OidcProvider) -> None:
    assert SECRET not in repr(settings_of(tmp_path, provider))
