"""Coming in: the first admin, logins, sessions and tokens, and what they are worth at this moment."""

from __future__ import annotations

import hmac
import logging
import threading
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from softops import passwords
from softops.attempts import Attempts
from softops.clock import Clock
from softops.db import Database
from softops.errors import BadRequest, Conflict, Forbidden, NotFound, SoftopsError, Unauthorized
from softops.identities import (
    TOKEN_START,
    BrowserSession,
    Token,
    User,
    UserChange,
    checked_groups,
    fingerprint,
    new_secret,
    user_name,
)
from softops.rights import Caller, Role, Via, common, lesser
from softops.sessions import Sessions
from softops.tokens import TokenDraft, Tokens
from softops.users import Users

logger = logging.getLogger(__name__)

SEEN = timedelta(minutes=1)
"""How exactly it is known when somebody was last there."""
OUTSIDE = frozenset({Via.OPEN, Via.SOCKET})
"""Ways in that need no user."""


class Accounts:
    """Who comes in with what. Secrets are given out once and never kept as they are."""

    def __init__(self, users: Users, sessions: Sessions, tokens: Tokens, clock: Clock, hours: int) -> None:
        """`hours`: how long a login lasts."""
        self.users = users
        self.sessions = sessions
        self.tokens = tokens
        self._clock = clock
        self._lasts = timedelta(hours=hours)
        self._attempts = Attempts()
        self._lock = threading.Lock()
        self._setup: str | None = None

    @property
    def lasts(self) -> timedelta:
        """How long a login lasts."""
        return self._lasts

    def by_session(self, secret: str) -> Caller | None:
        """Whose session it is; None when there is none, it is over, or its user is disabled."""
        found = self.sessions.known(fingerprint(secret))
        caller = self._of_session(found)
        if found is not None and caller is not None and self._is_news(found[0].seen_time):
            _note(lambda: self.sessions.seen(found[0], self._clock()))
        return caller

    def by_token(self, secret: str) -> Caller | None:
        """Whose token it is, with what both may; None when it is unknown, over, revoked, or its user disabled."""
        found = self.tokens.known(fingerprint(secret))
        caller = self._of_token(found)
        if found is not None and caller is not None and self._is_news(found[0].seen_time):
            _note(lambda: self.tokens.seen(found[0], self._clock()))
        return caller

    def current(self, caller: Caller) -> Caller | None:
        """The caller as their session or token is now; None when it is good for nothing any more."""
        if caller.via in OUTSIDE:
            return caller
        if caller.via is Via.COOKIE:
            return self._of_session(self.sessions.get(caller.key_id or 0))
        return self._of_token(self.tokens.get(caller.key_id or 0)) if caller.via is Via.TOKEN else None

    def setup_secret(self) -> str | None:
        """What whoever makes the first admin has to know; None when there is a user already."""
        if not self.users.is_empty():
            return None
        with self._lock:
            if self._setup is None:
                self._setup = new_secret()
            return self._setup

    def setup(self, secret: str, name: str, password: str, *, address: str, agent: str) -> tuple[User, str]:
        """Make the first admin and log them in: who it is, and what the cookie holds."""
        known = self.setup_secret()
        if known is None:
            raise Conflict("SETUP_DONE")
        self._attempts.begin("", address)
        if not hmac.compare_digest(known.encode(), secret.encode("utf-8", "replace")):
            raise Unauthorized("SETUP_WRONG")
        self._attempts.succeeded("", address)
        plain = user_name(name)
        kept = passwords.hash_password(passwords.checked(password, plain))
        user = self.users.add_first(plain, kept, self._clock())
        return user, self._open(user, kept, address, agent)

    def log_in(self, name: str, password: str, *, address: str, agent: str) -> tuple[User, str]:
        """Who it is, and what the cookie holds. Unauthorized doesn't say whether it was the name or the password,
        in words or by the time it takes; TooMany after too many tries."""
        plain = unicodedata.normalize("NFC", name)
        self._attempts.begin(plain, address)
        found = self.users.with_hash(plain)
        # For MariaDB spaces at the end are nothing; each number of them would be a name with tries of its own.
        known = found[1] if found is not None and not found[0].disabled and found[0].name == plain else None
        if not passwords.matches(known, password) or found is None or known is None:
            raise Unauthorized("LOGIN_WRONG")
        self._attempts.succeeded(plain, address)
        return found[0], self._open(found[0], self._renewed(found[0], known, password), address, agent)

    def admit(self, user: User, *, address: str, agent: str) -> str:
        """Log in a user whom somebody else vouches for: what the cookie holds."""
        return self._open(user, self.users.hash_of(user.id), address, agent)

    def log_out(self, caller: Caller) -> None:
        """End the session or token with which the caller came."""
        if caller.via is Via.COOKIE and caller.key_id is not None:
            with suppress(NotFound):
                self.sessions.end(caller.key_id)
        elif caller.via is Via.TOKEN and caller.key_id is not None:
            self.tokens.revoke(caller.key_id, self._clock())

    def change_password(self, caller: Caller, old: str, new: str, *, address: str) -> User:
        """Change the caller's own password; their other browsers are logged out."""
        user = self._own(caller)
        self._attempts.begin(user.name, address)
        if not passwords.matches(self.users.hash_of(user.id), old):
            raise Forbidden("PASSWORD_WRONG")
        self._attempts.succeeded(user.name, address)
        kept = passwords.hash_password(passwords.checked(new, user.name))
        keep = caller.key_id if caller.via is Via.COOKIE else None
        return self.users.set_password(user.id, kept, self._clock(), keep=keep)

    def add_user(self, name: str, password: str | None, role: Role,
                 groups: tuple[str, ...] | None) -> tuple[User, str | None]:
        """A new user, and their password where none was given and one had to be made."""
        plain = user_name(name)
        chosen = passwords.generated() if password is None else passwords.checked(password, plain)
        user = self.users.add(plain, passwords.hash_password(chosen), role, groups, self._clock())
        return user, chosen if password is None else None

    def change_user(self, user_id: int, change: UserChange) -> User:
        """The user as changed."""
        return self.users.change(user_id, change, self._clock())

    def set_password(self, user_id: int, password: str | None) -> tuple[User, str | None]:
        """Give a user another password, one that is made where none is given; all their browsers are logged out."""
        user = self.users.get(user_id)
        chosen = passwords.generated() if password is None else passwords.checked(password, user.name)
        changed = self.users.set_password(user_id, passwords.hash_password(chosen), self._clock())
        return changed, chosen if password is None else None

    def edit_user(self, user_id: int, change: UserChange, password: str | None, *,
                  make: bool) -> tuple[User, str | None]:
        """The user as changed, with another password where one is given or is to be made; what was made."""
        if password is not None:
            passwords.checked(password, self.users.get(user_id).name)
        user = self.users.change(user_id, change, self._clock())
        return self.set_password(user_id, password) if make or password is not None else (user, None)

    def remove_user(self, user_id: int) -> User:
        """Forget a user."""
        return self.users.remove(user_id)

    def create_token(self, caller: Caller, name: str, *, user: str | None = None, role: Role | None = None,
                     groups: tuple[str, ...] | None = None, expires: datetime | None = None) -> tuple[Token, str]:
        """A token and what it holds. It may no more than its user and the caller do; one that a token makes does
        not outlive it. Only an admin makes one for another `user`."""
        owner = self._owner(caller, user)
        most, own = owner.role, owner.groups
        if caller.user_id == owner.id:
            most, own = lesser(most, caller.role or Role.VIEWER), common(own, caller.groups)
        if role is not None and lesser(role, most) is not role:
            raise BadRequest("TOKEN_ROLE", user=owner.name, role=most)
        if groups is not None and own is not None and not set(groups) <= set(own):
            raise BadRequest("TOKEN_GROUPS", user=owner.name, groups=", ".join(own) or "-")
        draft = TokenDraft(user_id=owner.id, name=name, role=role or most, expire_time=self._end_of(caller, expires),
                           groups=checked_groups(role or most, own if groups is None else groups))
        secret = TOKEN_START + new_secret()
        return self.tokens.add(draft, fingerprint(secret), self._clock()), secret

    def revoke_token(self, caller: Caller, token_id: int) -> Token:
        """Make a token of the caller good for nothing, or for an admin anybody's."""
        if caller.via is not Via.TOKEN or token_id != caller.key_id:
            self._check_whole(caller)
        return self.tokens.revoke(token_id, self._clock(), user_id=self.scope(caller))

    def end_session(self, caller: Caller, session_id: int) -> BrowserSession:
        """End a session of the caller, or for an admin anybody's."""
        self._check_whole(caller)
        return self.sessions.end(session_id, user_id=self.scope(caller))

    def scope(self, caller: Caller) -> int | None:
        """Whose sessions and tokens the caller sees and ends; None: everybody's."""
        return None if caller.role is Role.ADMIN else caller.user_id or 0

    def _open(self, user: User, password: str | None, address: str, agent: str) -> str:
        secret = new_secret()
        opened = self.sessions.open(user, fingerprint(secret), password=password, lasts=self._lasts, address=address,
                                    agent=agent, now=self._clock())
        if opened is None:
            raise Unauthorized("LOGIN_WRONG")
        return secret

    def _renewed(self, user: User, known: str, password: str) -> str:
        """The hash of the password, made anew where hashes cost more today."""
        if not passwords.is_outdated(known):
            return known
        fresh = passwords.hash_password(password)
        self.users.rehash(user.id, known, fresh)
        return fresh

    def _check_whole(self, caller: Caller) -> None:
        """Forbidden for a token that may do less than its user, and so must not shut them out."""
        if caller.via is Via.TOKEN:
            user = self._own(caller)
            if (caller.role, caller.groups) != (user.role, user.groups):
                raise Forbidden("TOKEN_LIMITED", user=user.name)

    def _own(self, caller: Caller) -> User:
        if caller.user_id is None:
            raise Conflict("USER_NONE")
        return self.users.get(caller.user_id)

    def _owner(self, caller: Caller, name: str | None) -> User:
        if name is None:
            return self._own(caller)
        if name != caller.name and caller.role is not Role.ADMIN:
            raise Forbidden("TOKEN_OF_OTHERS", user=caller.name)
        return self.users.named(unicodedata.normalize("NFC", name))

    def _end_of(self, caller: Caller, expires: datetime | None) -> datetime | None:
        found = self.tokens.get(caller.key_id or 0) if caller.via is Via.TOKEN else None
        ends = [end for end in (expires, found[0].expire_time if found is not None else None) if end is not None]
        return min(ends) if ends else None

    def _is_news(self, seen: datetime | None) -> bool:
        return seen is None or abs(self._clock() - seen) >= SEEN

    def _of_session(self, found: tuple[BrowserSession, User] | None) -> Caller | None:
        if found is None or found[1].disabled or found[0].expire_time <= self._clock():
            return None
        session, user = found
        return Caller(name=user.name, role=user.role, groups=user.groups, via=Via.COOKIE, user_id=user.id,
                      key_id=session.id)

    def _of_token(self, found: tuple[Token, User] | None) -> Caller | None:
        if found is None or found[1].disabled or found[0].revoke_time is not None:
            return None
        token, user = found
        if token.expire_time is not None and token.expire_time <= self._clock():
            return None
        return Caller(name=user.name, role=lesser(user.role, token.role), groups=common(user.groups, token.groups),
                      via=Via.TOKEN, user_id=user.id, key_id=token.id)


def _note(seen: Callable[[], None]) -> None:
    """Note that somebody was there. Where nothing can be written, as on a full disk, they can still read."""
    try:
        seen()
    except SoftopsError as exc:
        logger.warning("It can't be noted who was there: %s", exc, extra={"action": "seen"})


def make_accounts(database: Database, clock: Clock, hours: int) -> Accounts:
    """Accounts over the tables of a database."""
    return Accounts(Users(database), Sessions(database), Tokens(database), clock, hours)
