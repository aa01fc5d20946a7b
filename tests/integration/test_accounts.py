"""accounts.py: who comes in with what, on both databases, and what ends that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from softops.accessmodels import SessionRow, TokenRow, UserRow
from softops.accounts import Accounts
from softops.attempts import PER_NAME
from softops.db import Database
from softops.errors import BadRequest, Conflict, Forbidden, NotFound, SoftopsError, TooMany, Unauthorized
from softops.identities import User, UserChange, user_name
from softops.passwords import hash_password
from softops.rights import NOBODY, Caller, Role, Via
from softops.sessions import Sessions
from softops.tokens import Tokens
from softops.users import Users
from tests.factories import NOW

PASSWORD = "a Pa55word/ü nobody has"
OTHER = "another one, 42 times"
FROM = {"address": "192.0.2.7", "agent": "Firefox"}
SOCKET = Caller(name="root", role=Role.ADMIN, via=Via.SOCKET)


class World:
    """Accounts whose clock a test moves."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.accounts = self.another()

    def another(self) -> Accounts:
        """What a second process has."""
        return Accounts(Users(self.database), Sessions(self.database), Tokens(self.database), self.time, 12)

    def time(self) -> datetime:
        return self.now

    def wait(self, **amount: int) -> None:
        self.now += timedelta(**amount)

    def user(self, name: str, role: Role = Role.ADMIN, groups: tuple[str, ...] | None = None) -> User:
        return self.accounts.users.add(user_name(name), kept(), role, groups, self.now)

    def log_in(self, name: str, password: str = PASSWORD) -> str:
        return self.accounts.log_in(name, password, **FROM)[1]

    def caller(self, name: str) -> Caller:
        """Somebody who has just logged in."""
        caller = self.accounts.by_session(self.log_in(name))
        assert caller is not None
        return caller

    def token(self, caller: Caller, **wishes: object) -> str:
        return self.accounts.create_token(caller, "ci", **wishes)[1]  # type: ignore[arg-type]

    def seen(self) -> tuple[datetime | None, ...]:
        with self.database.reading() as session:
            return tuple(session.scalars(select(SessionRow.seen_time)))


@cache
def kept() -> str:
    """A hash of PASSWORD: it is made once, as that takes its time."""
    return hash_password(PASSWORD)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def reason(action: Callable[[], object], kind: type[SoftopsError]) -> str:
    with pytest.raises(kind) as refused:
        action()
    return refused.value.reason


def all_at_once(actions: list[Callable[[], object]]) -> list[object]:
    """What each came to: a value, or the reason of its error."""
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return action()
        except SoftopsError as exc:
            return exc.reason

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_the_first_admin_is_made_with_the_secret_of_the_start_and_only_once(world: World) -> None:
    accounts = world.accounts
    secret = accounts.setup_secret()
    assert secret == accounts.setup_secret() is not None
    assert secret != world.another().setup_secret()
    assert reason(lambda: accounts.setup("wrong", "zoe", PASSWORD, **FROM), Unauthorized) == "SETUP_WRONG"
    assert reason(lambda: accounts.setup(secret, "zoe", "short", **FROM), BadRequest) == "PASSWORD_SHORT"
    user, cookie = accounts.setup(secret, "zoe", PASSWORD, **FROM)
    assert (user.name, user.role, user.groups, user.disabled) == ("zoe", Role.ADMIN, None, False)
    assert accounts.by_session(cookie) == Caller(name="zoe", role=Role.ADMIN, via=Via.COOKIE, user_id=user.id,
                                                 key_id=1)
    assert accounts.setup_secret() is None
    assert reason(lambda: accounts.setup(secret, "eve", PASSWORD, **FROM), Conflict) == "SETUP_DONE"


def test_two_first_admins_at_once_are_one(world: World) -> None:
    processes = [world.another() for _ in range(4)]
    secrets = [accounts.setup_secret() or "" for accounts in processes]
    ends = all_at_once([lambda one=one, secret=secret, number=number: one.setup(secret, f"u{number}", PASSWORD, **FROM)
                        for number, (one, secret) in enumerate(zip(processes, secrets, strict=True))])
    assert ends.count("SETUP_DONE") == 3
    assert world.accounts.users.page(page=1, size=9).total == 1


def test_nothing_that_opens_a_door_is_in_the_database(world: World) -> None:
    world.user("zoe")
    cookie = world.log_in("zoe")
    token = world.token(world.caller("zoe"))
    assert token.startswith("softops_")
    assert len(token) == 51
    with world.database.reading() as session:
        rows = repr([session.execute(text(f"SELECT * FROM {table.__tablename__}")).all()
                     for table in (UserRow, SessionRow, TokenRow)])
    assert "$argon2id$" in rows
    assert not any(secret in rows for secret in (cookie, token, token.removeprefix("softops_"), PASSWORD))


def test_a_wrong_password_and_an_unknown_name_are_told_alike(world: World) -> None:
    zoe = world.user("zoe")
    world.user("ann")
    tries = [("zoe", OTHER), ("nobody", PASSWORD), ("Zoe", PASSWORD), ("zoe", ""), ("zoe", "x" * 2000)]
    assert {reason(lambda words=words: world.log_in(*words), Unauthorized) for words in tries} == {"LOGIN_WRONG"}
    world.accounts.change_user(zoe.id, UserChange(disabled=True))
    assert reason(lambda: world.log_in("zoe"), Unauthorized) == "LOGIN_WRONG"


def test_guessing_ends_soon_also_many_at_once(world: World) -> None:
    world.user("zoe")
    ends = all_at_once([lambda: world.log_in("zoe", OTHER)] * (PER_NAME + 5))
    assert (ends.count("LOGIN_WRONG"), ends.count("LOGIN_TOO_OFTEN")) == (PER_NAME, 5)
    with pytest.raises(TooMany) as refused:
        world.log_in("zoe")
    assert 290 < refused.value.seconds <= 300


def test_a_token_that_may_do_less_than_its_user_ends_nothing_but_itself(world: World) -> None:
    user = world.user("zoe")
    browser, accounts = world.caller("zoe"), world.accounts
    limits: tuple[dict[str, Any], ...] = ({}, {"role": Role.VIEWER}, {"role": Role.OPERATOR, "groups": ("shop",)})
    found = [accounts.by_token(accounts.create_token(browser, "ci", **more)[1]) for more in limits]
    whole, viewer, keeper = (caller for caller in found if caller is not None)
    for caller in (viewer, keeper):
        assert reason(partial(accounts.revoke_token, caller, whole.key_id or 0), Forbidden) == "TOKEN_LIMITED"
        assert reason(partial(accounts.end_session, caller, browser.key_id or 0), Forbidden) == "TOKEN_LIMITED"
        assert accounts.revoke_token(caller, caller.key_id or 0).revoke_time == NOW
    assert accounts.end_session(whole, browser.key_id or 0).user_id == user.id
    assert accounts.revoke_token(whole, whole.key_id or 0).revoke_time == NOW


FULL = {"sqlite": "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        "mysql": "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'"}


def test_who_is_in_stays_in_where_nothing_can_be_written(world: World) -> None:
    user = world.user("zoe")
    cookie = world.log_in("zoe")
    _, token = world.accounts.create_token(world.caller("zoe"), "ci")
    with world.database.engine.begin() as connection:
        connection.execute(text(
            f"CREATE TRIGGER full BEFORE UPDATE ON system_soft_user {FULL[connection.dialect.name]}"))
    world.wait(minutes=2)
    try:
        found = (world.accounts.by_session(cookie), world.accounts.by_token(token))
        assert [caller.user_id for caller in found if caller is not None] == [user.id, user.id]
    finally:
        with world.database.engine.begin() as connection:
            connection.execute(text("DROP TRIGGER full"))


@pytest.mark.parametrize("name", ["zoe ", "Zoe", "zoé", "zoe\0"])
def test_a_name_that_is_almost_one_is_none_and_has_no_tries_of_its_own(world: World, name: str) -> None:
    world.user("zoe")
    with pytest.raises(Unauthorized):
        world.log_in(name)


def test_a_login_lasts_its_hours_and_no_longer(world: World) -> None:
    world.user("zoe")
    cookie = world.log_in("zoe")
    caller = world.accounts.by_session(cookie)
    assert caller is not None
    world.wait(hours=11, minutes=59)
    assert (world.accounts.by_session(cookie), world.accounts.current(caller)) == (caller, caller)
    world.wait(minutes=1)
    assert (world.accounts.by_session(cookie), world.accounts.current(caller)) == (None, None)
    assert world.accounts.sessions.page(world.now, page=1, size=9).total == 0
    world.log_in("zoe")
    assert len(world.seen()) == 1, "what is over is forgotten"


def test_when_somebody_was_last_there_is_written_once_a_minute(world: World) -> None:
    zoe = world.user("zoe")
    cookie = world.log_in("zoe")
    world.wait(seconds=59)
    world.accounts.by_session(cookie)
    assert world.seen() == (NOW,)
    world.wait(seconds=1)
    world.accounts.by_session(cookie)
    assert world.seen() == (world.now,) == (world.accounts.users.get(zoe.id).seen_time,)


def test_whoever_logs_out_is_out_at_once(world: World) -> None:
    world.user("zoe")
    cookie = world.log_in("zoe")
    caller = world.accounts.by_session(cookie)
    assert caller is not None
    world.accounts.log_out(caller)
    assert (world.accounts.by_session(cookie), world.accounts.current(caller)) == (None, None)
    token = world.token(world.caller("zoe"))
    by_token = world.accounts.by_token(token)
    assert by_token is not None
    world.accounts.log_out(by_token)
    assert (world.accounts.by_token(token), world.accounts.current(by_token)) == (None, None)
    world.accounts.log_out(SOCKET)
    assert (world.accounts.current(SOCKET), world.accounts.current(NOBODY)) == (SOCKET, None)


def test_what_is_changed_about_a_user_holds_for_those_who_are_in(world: World) -> None:
    world.user("zoe")
    ann = world.user("ann", Role.OPERATOR, ("web",))
    cookie, caller = world.log_in("ann"), world.caller("ann")
    token = world.token(caller)
    world.accounts.change_user(ann.id, UserChange(role=Role.VIEWER, regroup=True, groups=("db", "db")))
    assert world.accounts.current(caller) == replace(caller, role=Role.VIEWER, groups=("db",))
    by_token = world.accounts.by_token(token)
    assert by_token is not None
    assert (by_token.role, by_token.groups) == (Role.VIEWER, ())
    disabled = world.accounts.change_user(ann.id, UserChange(disabled=True))
    assert (disabled.role, disabled.groups, disabled.disabled) == (Role.VIEWER, ("db",), True)
    assert (world.accounts.by_session(cookie), world.accounts.by_token(token)) == (None, None)
    world.accounts.change_user(ann.id, UserChange(disabled=False))
    assert world.accounts.by_session(cookie) is None, "a new login is needed"
    assert world.accounts.by_token(token) == by_token


def test_a_changed_password_ends_the_other_browsers(world: World) -> None:
    zoe = world.user("zoe")
    elsewhere, caller = world.log_in("zoe"), world.caller("zoe")
    accounts = world.accounts
    address = "192.0.2.7"
    assert reason(lambda: accounts.change_password(caller, OTHER, OTHER, address=address), Forbidden) == (
        "PASSWORD_WRONG")
    accounts.change_password(caller, PASSWORD, OTHER, address=address)
    assert (accounts.by_session(elsewhere), accounts.current(caller)) == (None, caller)
    assert reason(lambda: world.log_in("zoe"), Unauthorized) == "LOGIN_WRONG"
    cookie = world.log_in("zoe", OTHER)
    made = accounts.set_password(zoe.id, None)[1]
    assert world.accounts.by_session(world.log_in("zoe", made or "")) is not None
    assert (accounts.by_session(cookie), accounts.current(caller)) == (None, None)
    assert reason(lambda: accounts.change_password(SOCKET, PASSWORD, OTHER, address=""), Conflict) == "USER_NONE"


def test_a_login_with_a_password_that_is_just_being_changed_fails(world: World) -> None:
    zoe = world.user("zoe")
    was = world.accounts.users.hash_of(zoe.id)
    world.accounts.set_password(zoe.id, OTHER)
    sessions = world.accounts.sessions
    assert sessions.open(zoe, "k", password=was, lasts=timedelta(hours=1), now=NOW, **FROM) is None


def test_the_last_admin_stays_also_when_two_go_at_once(world: World) -> None:
    one, other = world.user("one"), world.user("other")
    world.user("ann", Role.OPERATOR)
    change = world.accounts.change_user
    ends = all_at_once([lambda: change(one.id, UserChange(role=Role.VIEWER)),
                        lambda: change(other.id, UserChange(disabled=True))])
    assert ends.count("LAST_ADMIN") == 1
    (last,) = [user for user in world.accounts.users.page(page=1, size=9).records
               if user.role is Role.ADMIN and not user.disabled]
    assert reason(lambda: world.accounts.remove_user(last.id), Conflict) == "LAST_ADMIN"
    assert reason(lambda: change(last.id, UserChange(role=Role.OPERATOR)), Conflict) == "LAST_ADMIN"
    assert change(last.id, UserChange()) == last


def test_a_removed_user_is_gone_with_all_that_was_theirs(world: World) -> None:
    world.user("zoe")
    ann = world.user("ann", Role.VIEWER)
    caller = world.caller("ann")
    token = world.token(caller)
    assert world.accounts.remove_user(ann.id).name == "ann"
    assert (world.accounts.current(caller), world.accounts.by_token(token)) == (None, None)
    with pytest.raises(NotFound, match=r"There is: zoe \(1\)"):
        world.accounts.users.named("ann")
    assert world.user("ann", Role.VIEWER).id > ann.id, "a session of old is never one of somebody new"


def test_names_are_unique_and_plain(world: World) -> None:
    world.user("zoe")
    assert world.user("张三").name == "张三"
    assert world.user("o'\u0041\u030a".replace("'", "")).name == "o\u00c5", "the same letters, however typed"
    assert reason(lambda: world.user("zoe"), Conflict) == "USER_EXISTS"
    for name in ("", "-x", "12", "a b", "a/b", "x" * 101, "a\u202eb", "a\n"):
        assert reason(lambda name=name: world.user(name), BadRequest) == "USER_NAME"
    assert all_at_once([lambda: world.user("twice")] * 4).count("USER_EXISTS") == 3


def test_a_token_may_no_more_than_whoever_makes_it(world: World) -> None:
    world.user("zoe")
    world.user("ann", Role.OPERATOR, ("web", "db"))
    ann, accounts = world.caller("ann"), world.accounts
    assert reason(lambda: world.token(ann, role=Role.ADMIN), BadRequest) == "TOKEN_ROLE"
    assert reason(lambda: world.token(ann, groups=("web", "mail")), BadRequest) == "TOKEN_GROUPS"
    assert reason(lambda: world.token(ann, user="zoe"), Forbidden) == "TOKEN_OF_OTHERS"
    assert reason(lambda: world.token(SOCKET), Conflict) == "USER_NONE"
    assert reason(lambda: world.token(world.caller("zoe"), groups=("web",)), BadRequest) == "ADMIN_GROUPS"
    small = accounts.by_token(world.token(ann, role=Role.VIEWER, groups=("web",),
                                          expires=world.now + timedelta(days=1)))
    assert small is not None
    assert (small.name, small.role, small.groups, small.via) == ("ann", Role.VIEWER, ("web",), Via.TOKEN)
    assert reason(lambda: world.token(small, role=Role.OPERATOR), BadRequest) == "TOKEN_ROLE"
    child = world.token(small)
    assert accounts.by_token(child) is not None
    world.wait(days=1)
    assert accounts.by_token(child) is None, "a token does not outlive the one it was made with"
    theirs = accounts.by_token(world.token(SOCKET, user="ann"))
    assert theirs is not None
    assert (theirs.role, theirs.groups) == (Role.OPERATOR, ("web", "db"))


def test_everybody_ends_what_is_theirs_and_an_admin_everything(world: World) -> None:
    world.user("zoe")
    world.user("ann", Role.VIEWER)
    world.user("bob", Role.VIEWER)
    accounts, zoe, ann, bob = world.accounts, world.caller("zoe"), world.caller("ann"), world.caller("bob")
    token = accounts.by_token(world.token(ann))
    assert token is not None
    assert token.key_id is not None
    assert ann.key_id is not None
    assert reason(lambda: accounts.revoke_token(bob, token.key_id or 0), NotFound) == "TOKEN_NOT_FOUND"
    assert reason(lambda: accounts.end_session(bob, ann.key_id or 0), NotFound) == "SESSION_NOT_FOUND"
    assert accounts.current(token) == token
    revoked = accounts.revoke_token(zoe, token.key_id)
    assert (revoked.user, revoked.revoke_time) == ("ann", NOW)
    world.wait(seconds=9)
    assert accounts.revoke_token(ann, token.key_id) == revoked
    assert accounts.end_session(ann, ann.key_id).user == "ann"
    assert (accounts.current(token), accounts.current(ann), accounts.current(bob)) == (None, None, bob)
    assert [one.user for one in accounts.sessions.page(world.now, page=1, size=9).records] == ["bob", "zoe"]
    assert accounts.tokens.page(page=1, size=9, user_id=bob.user_id).total == 0


def test_an_old_hash_is_made_anew_when_the_password_is_at_hand(world: World) -> None:
    zoe = world.user("zoe")
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with world.database.session() as session:
        session.get_one(UserRow, zoe.id).password = cheap
    world.log_in("zoe")
    renewed = world.accounts.users.hash_of(zoe.id)
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    world.log_in("zoe")
