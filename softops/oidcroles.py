"""What somebody may do whom an identity provider vouches for: by the values of a claim, decided anew at each login."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from softops.errors import ConfigError
from softops.rights import Role

EVERYBODY = "*"
MAX_SUBJECT = 255
"""Characters that are kept of who somebody is."""
_ORDER = tuple(Role)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What somebody may do."""

    role: Role
    groups: tuple[str, ...] | None
    """Groups of the inventory; None: all servers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleRule:
    """What whoever has a value in the claim may do."""

    value: str
    """`*`: everybody."""
    grant: Grant


def parse_rules(text: str) -> tuple[RoleRule, ...]:
    """The rules in `value=role` and `value=role:group+group`, separated by commas; ConfigError names the one that is
    none, or says that there is none at all."""
    rules = tuple(_rule(part.strip()) for part in text.split(",") if part.strip())
    if not rules:
        raise ConfigError("OIDC_ROLES_MISSING")
    return rules


def decide(rules: Iterable[RoleRule], values: Iterable[str]) -> Grant | None:
    """The highest role of all rules that fit, on the groups of those that give it; None where none fits."""
    there = {*values, EVERYBODY}
    grants = [rule.grant for rule in rules if rule.value in there]
    if not grants:
        return None
    role = max((grant.role for grant in grants), key=_ORDER.index)
    groups = [grant.groups for grant in grants if grant.role is role]
    limited = [group for some in groups for group in some or ()]
    return Grant(role=role, groups=None if None in groups else tuple(dict.fromkeys(limited)))


def claim_values(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts in a claim, which may be one or a list; dots lead into objects unless a claim is called just so."""
    found: object = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return tuple(one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str))


def name_in(claims: Mapping[str, Any]) -> str:
    """How the provider calls somebody; empty when it does not, or only by an address that it has not verified."""
    email = claims.get("email") if claims.get("email_verified", True) is True else None
    names = (claims.get("preferred_username"), email)
    return next((name for name in names if isinstance(name, str) and name), "")


def subject_of(issuer: str, sub: str) -> str:
    """Who somebody is, among all providers."""
    whole = f"{issuer} {sub}"
    return whole if len(whole) <= MAX_SUBJECT else f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _rule(text: str) -> RoleRule:
    value, _, right = text.rpartition("=")
    word, colon, listed = right.partition(":")
    groups = tuple(group.strip() for group in listed.split("+")) if colon else None
    role = next((role for role in Role if role == word.strip()), None)
    if not value.strip() or role is None or (groups is not None and (role is Role.ADMIN or "" in groups)):
        raise ConfigError("OIDC_ROLE_RULE", rule=text)
    return RoleRule(value=value.strip(), grant=Grant(role=role, groups=groups))
