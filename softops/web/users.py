"""Endpoints about users, for admins."""

from __future__ import annotations

from pydantic import SecretStr

from softops.auditmasks import facts
from softops.errors import BadRequest
from softops.identities import User, UserChange
from softops.rights import Right
from softops.web.accountbodies import UserBody, UserChangeBody, UserRow, UserSecret
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import PageQuery
from softops.web.schemas import PageOf
from softops.web.views import page_view

API = "/api/system/soft/user"
TOLD = ("name", "role", "groups", "disabled")


def page(call: Call[PageQuery, None]) -> Answer:
    """A page of the users."""
    found = call.service.accounts.users.page(page=call.query.page, size=call.query.size)
    return Answer(data=page_view(found, UserRow.model_validate))


def add(call: Call[None, UserBody]) -> Answer:
    """Add a user; the password is answered only where it was made here."""
    body = call.body
    groups = None if body.groups is None else tuple(body.groups)
    user, made = call.service.accounts.add_user(body.name, _plain(body.password), body.role, groups)
    return told(call, "USER_ADDED", _secret(user, made), user=user.name)


def change(call: Call[None, UserChangeBody]) -> Answer:
    """Change a user; the password is answered only where it was made here."""
    body, accounts = call.body, call.service.accounts
    if body.password is not None and body.new_password:
        raise BadRequest("PASSWORD_TWICE")
    before = accounts.users.get(call.id)
    call.notes.before = facts(before, *TOLD)
    wanted = UserChange(role=body.role, regroup="groups" in body.model_fields_set, disabled=body.disabled,
                        groups=None if body.groups is None else tuple(body.groups))
    user, made = accounts.edit_user(call.id, wanted, _plain(body.password), make=body.new_password)
    call.notes.after = {**facts(user, *TOLD), "newPassword": body.new_password or body.password is not None}
    return told(call, "USER_CHANGED", _secret(user, made), user=user.name)


def remove(call: Call[None, None]) -> Answer:
    """Remove a user with all sessions and tokens."""
    gone = call.service.accounts.remove_user(call.id)
    call.notes.before = facts(gone, *TOLD)
    return told(call, "USER_REMOVED", UserRow.model_validate(gone), user=gone.name)


def _secret(user: User, made: str | None) -> UserSecret:
    return UserSecret(**UserRow.model_validate(user).model_dump(), password=made)


def _plain(given: SecretStr | None) -> str | None:
    return None if given is None else given.get_secret_value()


ENDPOINTS = (
    Endpoint(method="GET", right=Right.ADMIN, path=f"{API}/page", summary="List users", handler=page,
             answer=PageOf[UserRow], query=PageQuery),
    Endpoint(method="POST", right=Right.ADMIN, path=API, summary="Add a user", handler=add, answer=UserSecret,
             body=UserBody, codes=(200, 409)),
    Endpoint(method="POST", right=Right.ADMIN, path=f"{API}/{{userId}}", summary="Change a user", handler=change,
             answer=UserSecret, body=UserChangeBody, codes=(200, 404, 409)),
    Endpoint(method="DELETE", right=Right.ADMIN, path=f"{API}/{{userId}}", summary="Remove a user", handler=remove,
             answer=UserRow, codes=(200, 404, 409)),
)
