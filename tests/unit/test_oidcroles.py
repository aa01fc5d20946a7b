"""oidcroles.py: what the claims of an identity provider allow."""

from typing import Any

import pytest

from softops.errors import ConfigError
from softops.oidcroles import (
    Grant,
    RoleRule,
    claim_values,
    decide,
    name_in,
    parse_rules,
    subject_of,
)
from softops.rights import Role

RULES = parse_rules("ops-admins=admin, ops=operator:shop+bank ,night=operator:bank+depot,*=viewer")
ADMIN = Grant(role=Role.ADMIN, groups=None)
VIEWER = Grant(role=Role.VIEWER, groups=None)


def operator(*groups: str) -> Grant:
    return Grant(role=Role.OPERATOR, groups=groups)


def test_rules_are_read_as_they_are_written() -> None:
    assert list(RULES) == [
        RoleRule(value="ops-admins", grant=ADMIN), RoleRule(value="ops", grant=operator("shop", "bank")),
        RoleRule(value="night", grant=operator("bank", "depot")), RoleRule(value="*", grant=VIEWER)]


def test_values_may_have_equal_signs_and_colons() -> None:
    assert parse_rules("urn:x:cn=ops=operator:shop") == (RoleRule(value="urn:x:cn=ops", grant=operator("shop")),)


@pytest.mark.parametrize("text", ["ops", "=admin", "ops=", "ops=root", "ops=Admin", "ops=operator:", "ops=operator:a+",
                                  "ops=admin:shop", "ops:admin"])
def test_what_is_no_rule_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="SOFTOPS_OIDC_ROLES") as caught:
        parse_rules(f"a=viewer,{text}")
    assert (caught.value.reason, caught.value.params) == ("OIDC_ROLE_RULE", {"rule": text})


@pytest.mark.parametrize("text", ["", " , "])
def test_no_rule_at_all_would_let_nobody_in(text: str) -> None:
    with pytest.raises(ConfigError, match="SOFTOPS_OIDC_ROLES is empty"):
        parse_rules(text)


@pytest.mark.parametrize(("values", "grant"), [
    ((), VIEWER), (("something",), VIEWER), (("ops",), operator("shop", "bank")),
    (("night", "ops"), operator("shop", "bank", "depot")), (("ops", "ops-admins"), ADMIN), (("Ops-Admins",), VIEWER)])
def test_the_highest_role_counts_with_the_groups_of_those_who_give_it(values: tuple[str, ...], grant: Grant) -> None:
    assert decide(RULES, values) == grant


def test_whoever_may_on_all_servers_by_one_value_is_not_limited_by_another() -> None:
    assert decide(parse_rules("a=operator,b=operator:shop"), ("b", "a")) == Grant(role=Role.OPERATOR, groups=None)


@pytest.mark.parametrize("values", [(), ("else",), ("op",), ("ops ",)])
def test_who_has_none_of_the_values_may_nothing(values: tuple[str, ...]) -> None:
    assert decide(parse_rules("ops=operator"), values) is None


@pytest.mark.parametrize(("claims", "name", "values"), [
    ({"groups": ["a", "b"]}, "groups", ("a", "b")), ({"groups": "a"}, "groups", ("a",)), ({}, "groups", ()),
    ({"groups": None}, "groups", ()), ({"groups": [1, True, None, ["a"], {"b": 1}, "c"]}, "groups", ("c",)),
    ({"groups": {"a": "b"}}, "groups", ()), ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ("a",)),
    ({"realm_access": "roles"}, "realm_access.roles", ()),
    ({"https://x.example/roles": ["a"], "https://x": {"example/roles": ["b"]}}, "https://x.example/roles", ("a",))])
def test_values_are_the_texts_of_a_claim(claims: dict[str, Any], name: str, values: tuple[str, ...]) -> None:
    assert claim_values(claims, name) == values


@pytest.mark.parametrize(("claims", "name"), [
    ({"preferred_username": "zoe", "email": "z@example.com"}, "zoe"), ({"email": "z@example.com"}, "z@example.com"),
    ({"email": "z@example.com", "email_verified": True}, "z@example.com"),
    ({"email": "z@example.com", "email_verified": False}, ""),
    ({"email": "z@example.com", "email_verified": "false"}, ""), ({"preferred_username": 7}, ""), ({}, "")])
def test_names_are_those_that_the_provider_stands_for(claims: dict[str, Any], name: str) -> None:
    assert name_in(claims) == name


def test_a_subject_is_one_of_its_issuer_and_fits_into_its_column() -> None:
    assert subject_of("https://id.example", "7") == "https://id.example 7"
    long = subject_of("https://id.example", "7" * 300)
    assert (len(long), long) == (71, subject_of("https://id.example", "7" * 300))
    assert long != subject_of("https://id.example", "7" * 301)
