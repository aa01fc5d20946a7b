"""The commands about users, tokens and logins, as they are declared. What they do is imported when they run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from softops.cli.arguments import Json, say
from softops.cli.commands import App, Commands

users = App(name="user", cls=Commands, help=say("USER"), no_args_is_help=True)
tokens = App(name="token", cls=Commands, help=say("TOKEN"), no_args_is_help=True)
sessions = App(name="session", cls=Commands, help=say("SESSION"), no_args_is_help=True)
OneUser = Annotated[str, typer.Argument(help=say("USER_ONE"), show_default=False)]
NewRole = Annotated[str | None, typer.Option("--role", help=say("USER_ROLE"), show_default=False)]
InGroups = Annotated[list[str] | None, typer.Option("--group", "-g", help=say("USER_GROUP"), show_default=False)]
AskPassword = Annotated[bool, typer.Option("--password", help=say("USER_ASK"))]


def login(url: Annotated[str | None, typer.Option("--url", help=say("LOGIN_URL"), show_default=False)] = None,
          as_json: Json = False) -> None:
    from softops.cli import logins

    logins.login(url, as_json=as_json)


def logout(url: Annotated[str | None, typer.Option("--url", help=say("LOGIN_URL"), show_default=False)] = None,
           as_json: Json = False) -> None:
    from softops.cli import logins

    logins.logout(url, as_json=as_json)


def whoami(as_json: Json = False) -> None:
    from softops.cli import logins

    logins.whoami(as_json=as_json)


@users.command("list", help=say("USER_LIST"))
def user_list(as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.show_users(as_json=as_json)


@users.command("add", help=say("USER_ADD"))
def user_add(name: Annotated[str, typer.Argument(help=say("USER_NEW"), show_default=False)],
             role: Annotated[str, typer.Option("--role", help=say("USER_ROLE"))] = "viewer", group: InGroups = None,
             password: AskPassword = False, as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.add_user(name, role=role, groups=group or None, ask=password, as_json=as_json)


@users.command("change", help=say("USER_CHANGE"))
def user_change(user: OneUser, role: NewRole = None, group: InGroups = None,
                everywhere: Annotated[bool, typer.Option("--all-servers", help=say("USER_ALL"))] = False,
                disabled: Annotated[bool | None, typer.Option("--disable/--enable", help=say("USER_DISABLED"),
                                                              show_default=False)] = None,
                as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.change_user(user, role=role, groups=group or None, everywhere=everywhere, disabled=disabled,
                         as_json=as_json)


@users.command("password", help=say("USER_PASSWORD"))
def user_password(user: OneUser, password: AskPassword = False, as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.set_password(user, ask=password, as_json=as_json)


@users.command("remove", help=say("USER_REMOVE"))
def user_remove(user: OneUser, as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.remove_user(user, as_json=as_json)


@tokens.command("list", help=say("TOKEN_LIST"))
def token_list(as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.show_tokens(as_json=as_json)


@tokens.command("create", help=say("TOKEN_CREATE"))
def token_create(name: Annotated[str, typer.Argument(help=say("TOKEN_NAME"), show_default=False)],
                 user: Annotated[str | None, typer.Option("--user", "-u", help=say("TOKEN_USER"),
                                                          show_default=False)] = None,
                 role: Annotated[str | None, typer.Option("--role", help=say("TOKEN_ROLE"), show_default=False)] = None,
                 group: InGroups = None,
                 days: Annotated[int, typer.Option("--days", min=0, max=3650, help=say("TOKEN_DAYS"))] = 90,
                 as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.create_token(name, user=user, role=role, groups=group or None, days=days, as_json=as_json)


@tokens.command("revoke", help=say("TOKEN_REVOKE"))
def token_revoke(token: Annotated[int, typer.Argument(help=say("TOKEN_ID"), min=1, show_default=False)],
                 as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.revoke_token(token, as_json=as_json)


@sessions.command("list", help=say("SESSION_LIST"))
def session_list(as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.show_sessions(as_json=as_json)


@sessions.command("end", help=say("SESSION_END"))
def session_end(number: Annotated[int, typer.Argument(help=say("SESSION_ID"), metavar="SESSION", min=1,
                                                      show_default=False)],
                as_json: Json = False) -> None:
    from softops.cli import accounts

    accounts.end_session(number, as_json=as_json)


def register(app: Any) -> None:
    """Add the commands to the application."""
    app.command("login", help=say("LOGIN"))(login)
    app.command("logout", help=say("LOGOUT"))(logout)
    app.command("whoami", help=say("WHOAMI"))(whoami)
    for commands in (users, tokens, sessions):
        app.add_typer(commands)
