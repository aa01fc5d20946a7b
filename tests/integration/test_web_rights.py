"""web/: nobody gets in who does not belong, on any route, socket event or server."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import requests
import socketio
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from softops.client import API
from softops.config import PROJECT
from softops.identities import User
from softops.rights import Caller, Right, Role, Via
from softops.service import Service
from softops.web.authentication import COOKIE
from softops.web.endpoint import Endpoint
from softops.web.table import ENDPOINTS
from tests.factories import NOW, some_images
from tests.homes import make_home
from tests.integration.test_containers import WEB
from tests.integration.webserver import Served, Story, served
from tests.waiting import wait_until

PUBLIC = {"GET /healthz", "POST /api/system/soft/auth/setup", "POST /api/system/soft/auth/login",
          "POST /api/system/soft/auth/logout",
          "GET /api/system/soft/auth/me", "POST /api/system/soft/webhook/{repository}",
          "GET /api/system/soft/auth/oidc", "GET /api/system/soft/auth/oidc/callback"}
"""What may be reached without a login; whoever adds to it has to say so here."""
SOCKET_EVENTS = {"connect", "disconnect", "subscribe", "unsubscribe"}
PASSWORD = "correct-horse-battery"
REFUSED = frozenset({401, 403})


class World:
    """A server with users: who they are and what they come in with."""

    def __init__(self, web: Served, tokens: Mapping[str, str]) -> None:
        self.web = web
        self.service = web.service
        self.tokens = tokens

    def ask(self, who: str | None, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.tokens[who]}"} if who is not None else {}
        return httpx.request(method, f"{self.web.url}{path}", json=body, headers={**given, **headers},
                             trust_env=False, timeout=30)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """web1 is in the group shop, web2 in bank; `keeper` works on the shop alone."""
    settings = make_home(tmp_path_factory.mktemp("rights")).model_copy(update={"auth": "local"})
    (settings.home / "inventory/hosts.yml").write_text(
        "all:\n  vars: {ansible_connection: local}\n  children:\n"
        "    shop: {hosts: {web1: }}\n    bank: {hosts: {web2: }}\n")
    service = Service(settings)
    service.database.migrate()
    service.read_servers()
    some_images(service.database)
    people = {"viewer": (Role.VIEWER, None), "operator": (Role.OPERATOR, None), "keeper": (Role.OPERATOR, ("shop",)),
              "admin": (Role.ADMIN, None)}
    tokens = {}
    with served(service) as web:
        for name, (role, groups) in people.items():
            user, _ = service.accounts.add_user(name, PASSWORD, role, groups)
            _, tokens[name] = service.accounts.create_token(
                _caller(user), "test", user=name)
        yield World(web, tokens)
    service.database.close()


def _caller(user: User) -> Caller:
    return Caller(name=user.name, role=user.role, groups=user.groups, via=Via.SOCKET, user_id=user.id)


def routes(world: World) -> list[tuple[str, str]]:
    """Every method and path that the application answers, from the application itself."""
    found = [(method, route.path) for route in world.web.app._http.router.routes if isinstance(route, Route)
             for method in sorted((route.methods or set()) - {"HEAD"})]
    assert len(found) > 40
    return found


def a_path(path: str) -> str:
    return re.sub(r"\{\w+\}", "1", path)


def test_without_a_login_only_the_public_routes_answer(world: World) -> None:
    open_to_all = {f"{method} {path}" for method, path in routes(world)
                   if world.ask(None, method, a_path(path)).status_code not in REFUSED or f"{method} {path}" in PUBLIC}
    assert open_to_all <= PUBLIC
    assert {f"{one.method} {one.path}" for one in ENDPOINTS if one.right is Right.PUBLIC} <= PUBLIC


def test_every_route_but_the_document_is_an_endpoint_with_a_right(world: World) -> None:
    declared = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    assert set(routes(world)) - declared == {("GET", "/api/openapi.json")}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_each_endpoint_refuses_those_below_its_right(world: World, endpoint: Endpoint) -> None:
    below = {Right.PUBLIC: [], Right.READ: [], Right.OPERATE: ["viewer"], Right.ADMIN: ["viewer", "operator", "keeper"]}
    answers = [world.ask(who, endpoint.method, a_path(endpoint.path)) for who in below[endpoint.right]]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, 403)] * len(answers)


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one.right is Right.READ and one.method == "GET"],
                         ids=lambda one: one.path)
def test_a_viewer_may_read_everything_else(world: World, endpoint: Endpoint) -> None:
    assert world.ask("viewer", "GET", a_path(endpoint.path)).status_code not in REFUSED


PLACE = {"name": "nginx", "servers": ["web2"]}
ELSEWHERE: Mapping[str, tuple[str, Any]] = {
    "POST /pull/{softId}": ("/pull/1?server=web2", None),
    "POST /install": ("/install", PLACE), "POST /start": ("/start", PLACE), "POST /upgrade": ("/upgrade", PLACE),
    "POST /rollback": ("/rollback", PLACE), "POST /stop": ("/stop", PLACE), "POST /restart": ("/restart", PLACE),
    "POST /remove": ("/remove", PLACE), "POST /apply": ("/apply", {"servers": ["web2"]}),
    "POST /job/{jobId}/cancel": ("/job/{job}/cancel", None), "POST /job/{jobId}/retry": ("/job/{job}/retry", None),
    "POST /job/{jobId}/approve": ("/job/{job}/approve", None),
    "POST /record/{recordId}/cancel": ("/record/{record}/cancel", None),
    "POST /server/{serverId}/check": ("/server/{server}/check", None),
    "POST /report": ("/report", {"user": "x", "playbook": "x.yml", "orders": [{"kind": "order", "host": "web2"}]}),
    "POST /report/{jobId}/line": ("/report/{job}/line", {"lines": []}),
    "POST /report/{jobId}/end": ("/report/{job}/end", {}),
    "GET /container/{containerId}": ("/container/{container}", None),
    "GET /container/{containerId}/log": ("/container/{container}/log", None),
    "GET /container/{containerId}/stats": ("/container/{container}/stats", None),
    "GET /container/stats": ("/container/stats?serverId={server}", None),
}
"""A request about web2 for everything that is done on servers, or read from them."""
ANYWHERE = {"POST /sync/{softId}", "POST /repository/{repositoryId}/sync"}
"""What operators may do whatever their groups: it touches no server."""


def test_every_operation_on_servers_is_tried_by_somebody_who_may_not() -> None:
    operations = {f"{one.method} {one.path.removeprefix(API)}" for one in ENDPOINTS if one.right is Right.OPERATE}
    assert operations - ANYWHERE == {name for name in ELSEWHERE if name.startswith("POST")}


@pytest.fixture(scope="module")
def places(world: World) -> Mapping[str, int]:
    """A job, record and container on web2."""
    story = Story(world.service, servers=["web2"])
    server = story.records[0].server_id
    (container,) = world.service.containers.save(server, [WEB], (), NOW)
    return {"job": story.job.id, "record": story.records[0].id, "server": server, "container": container.id}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_operator_of_other_groups_is_refused_by_name(world: World, places: Mapping[str, int], name: str) -> None:
    path, body = ELSEWHERE[name]
    answer = world.ask("keeper", name.split()[0], API + path.format(**places), body)
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        "keeper may not act on web2, only on servers of: shop. Name one of those, or ask an admin.")


def test_what_containers_use_is_told_of_the_servers_of_the_caller_alone(
        world: World, places: Mapping[str, int]) -> None:
    shown = {who: [row["containerId"] for row in world.ask(who, "GET", f"{API}/container/stats").json()["data"]]
             for who in ("viewer", "keeper")}
    assert shown == {"viewer": [places["container"]], "keeper": []}


def test_names_of_callers_are_not_taken_from_their_requests(world: World) -> None:
    answer = world.ask("operator", "POST", f"{API}/install", {"name": "nginx", "servers": ["web1"], "user": "boss"})
    assert (answer.status_code, answer.json()["data"]["user"]) == (202, "operator")


@pytest.mark.parametrize("header", [
    "Bearer", "Basic YTpi", "Bearer softops_unknown", "Bearer x y", "bearer -"])
def test_a_token_that_is_none_is_401_also_where_none_is_needed_for_it(world: World, header: str) -> None:
    answer = world.ask(None, "GET", f"{API}/page", Authorization=header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert world.ask(None, "GET", "/healthz", Authorization=header).status_code == 200


def test_a_token_in_a_url_is_worth_nothing(world: World) -> None:
    token = world.tokens["admin"]
    assert world.ask(None, "GET", f"{API}/page?token={token}").status_code == 401
    assert world.ask(None, "GET", f"{API}/page?access_token={token}").status_code == 401


def session_of(world: World, name: str) -> str:
    return world.service.accounts.log_in(name, PASSWORD, address="::1", agent="test")[1]


@pytest.mark.parametrize(("headers", "code"), [
    ({}, 403), ({"Origin": "http://evil.example"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "null"}, 403), ({"Sec-Fetch-Site": "same-origin"}, 404), ({"Origin": "{own}"}, 404)])
def test_a_change_by_cookie_has_to_come_from_a_page_of_softops(
        world: World, headers: Mapping[str, str], code: int) -> None:
    cookie = {"Cookie": f"{COOKIE}={session_of(world, 'operator')}"}
    given = {name: value.replace("{own}", world.web.url) for name, value in headers.items()}
    assert world.ask(None, "POST", f"{API}/job/999999/cancel", **cookie, **given).status_code == code
    assert world.ask(None, "GET", f"{API}/page", **cookie).status_code == 200


def test_a_stranger_who_logs_out_adds_nothing_to_the_audit_without_end(world: World) -> None:
    cookie = {"Cookie": f"{COOKIE}={session_of(world, 'viewer')}", "Origin": world.web.url}
    answers = [world.ask(None, "POST", f"{API}/auth/logout", **headers).status_code for headers in ({}, cookie, cookie)]
    entries = world.ask("admin", "GET", f"{API}/audit/page?action=accounts.logout").json()["data"]["records"]
    assert (answers, [entry["user"] for entry in entries]) == ([200, 200, 200], ["viewer"])


@pytest.mark.parametrize("cookies", [
    "{own}", 'a={{"b":1}}; {own}', "a b=1; {own}", "flag; {own}", "path=/x;{own};k[0]=1", "e=\xe9; {own}; secure"])
def test_cookies_of_other_applications_of_the_host_are_no_hindrance(world: World, cookies: str) -> None:
    given = cookies.format(own=f"{COOKIE}={session_of(world, 'viewer')}").encode("latin-1")
    answer = httpx.get(f"{world.web.url}{API}/page", headers={b"Cookie": given}, trust_env=False)
    assert answer.status_code == 200


def test_the_live_channel_has_no_event_without_a_declared_right(world: World) -> None:
    assert world.web.app.live._socketio._server.handlers["/"].keys() == SOCKET_EVENTS


@pytest.mark.parametrize("query", ["", "?job=1", "?EIO=4&transport=websocket"])
def test_a_websocket_without_a_login_is_turned_away(world: World, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(world.web.live + query, legacy=True).close()
    assert refused.value.response.status_code == 401


def test_socketio_without_a_login_is_turned_away(world: World) -> None:
    assert world.ask(None, "GET", "/socket.io/?EIO=4&transport=polling").status_code == 401
    client = socketio.SimpleClient()
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(world.web.url, transports=["polling"])


def test_a_cookie_opens_no_websocket_for_another_page(world: World) -> None:
    cookie = {"Cookie": f"{COOKIE}={session_of(world, 'viewer')}"}
    for headers in (cookie, {**cookie, "Origin": "http://evil.example"}):
        with pytest.raises(InvalidStatus) as refused:
            connect(world.web.live, additional_headers=headers, legacy=True).close()
        assert refused.value.response.status_code == 403
    with connect(world.web.live, additional_headers={**cookie, "Origin": world.web.url}):
        pass


def test_the_log_of_a_container_elsewhere_is_no_room_for_them(world: World, places: Mapping[str, int]) -> None:
    headers = {"Authorization": f"Bearer {world.tokens['keeper']}"}
    with connect(f"{world.web.live}?containerLog={places['container']}", additional_headers=headers) as socket:
        assert '"code":403' in str(socket.recv(10))


def test_logging_out_closes_the_websocket_within_10_seconds(world: World) -> None:
    secret = session_of(world, "viewer")
    headers = {"Cookie": f"{COOKIE}={secret}", "Origin": world.web.url}
    with connect(world.web.live, additional_headers=headers) as socket:
        caller = world.service.accounts.by_session(secret)
        assert caller is not None
        world.service.accounts.log_out(caller)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4401, "log in again")
    assert world.ask(None, "GET", f"{API}/page", Cookie=headers["Cookie"]).status_code == 401


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_revoking_a_token_ends_socketio_within_10_seconds(world: World, transport: str) -> None:
    service = world.service
    user = service.accounts.users.named("admin")
    token, secret = service.accounts.create_token(_caller(user), "live", user="viewer")
    session, header = requests.Session(), {"Authorization": f"Bearer {secret}"}
    # This client forgets its headers when it posts.
    session.headers.update(header)
    client = socketio.SimpleClient(http_session=session)
    client.connect(world.web.url, headers=header, transports=[transport])
    gone = client.client
    try:
        assert client.connected
        service.accounts.revoke_token(_caller(user), token.id)
        wait_until(lambda: not client.connected or not gone.connected, 10)
    finally:
        client.disconnect()
        session.close()


def test_revoking_a_token_also_ends_a_connection_that_has_not_asked_to_come_in_yet(world: World) -> None:
    user = world.service.accounts.users.named("admin")
    token, secret = world.service.accounts.create_token(_caller(user), "quiet", user="viewer")
    live, headers = f"{world.web.live}?EIO=4&transport=websocket", {"Authorization": f"Bearer {secret}"}
    with connect(live, additional_headers=headers) as socket:
        assert str(socket.recv(10)).startswith("0{")
        world.service.accounts.revoke_token(_caller(user), token.id)
        with pytest.raises(ConnectionClosed):
            wait_until(lambda: socket.recv(10) is None, 10)


@pytest.mark.parametrize("asks", [False, True])
def test_nobody_is_remembered_who_came_to_the_live_channel_and_went(world: World, *, asks: bool) -> None:
    fanout = world.web.app.live._fanout
    there, headers = fanout.guests, {"Authorization": f"Bearer {world.tokens['viewer']}"}
    with connect(f"{world.web.live}?EIO=4&transport=websocket", additional_headers=headers) as socket:
        assert str(socket.recv(10)).startswith("0{")
        if asks:
            socket.send("40")
            assert str(socket.recv(10)).startswith("40{")
        assert len(fanout.guests - there) == 1
    wait_until(lambda: fanout.guests <= there)


def test_every_call_of_the_command_line_is_to_an_endpoint_with_a_right() -> None:
    """Calls with a written path; those made of variables go to the paths of the operations."""
    paths = [re.compile(re.sub(r"\{\w+\}", "[^/]+", one.path.removeprefix(API))) for one in ENDPOINTS]
    calls = {re.sub(r"\{[^}]*\}", "1", found) for file in (PROJECT / "softops/cli").glob("*.py")
             for found in re.findall(r'client\.(?:get|post|delete|rows)\(f?"(/[^"]*)"', file.read_text())}
    assert len(calls) > 15
    assert [call for call in calls if not any(path.fullmatch(call) for path in paths)] == []
