"""rights.py: deny by default, and never more than both of two allow."""

import pytest

from softops.rights import NOBODY, Caller, Right, Role, Via, common, lesser, may, may_on


def a_caller(role: Role | None, groups: tuple[str, ...] | None = None) -> Caller:
    return Caller(name="zoe", role=role, groups=groups, via=Via.TOKEN)


@pytest.mark.parametrize(("role", "rights"), [
    (None, {Right.PUBLIC}), (Role.VIEWER, {Right.PUBLIC, Right.READ}),
    (Role.OPERATOR, {Right.PUBLIC, Right.READ, Right.OPERATE}), (Role.ADMIN, set(Right))])
def test_each_role_has_its_rights_and_those_of_the_ones_before(role: Role | None, rights: set[Right]) -> None:
    assert {right for right in Right if may(a_caller(role), right)} == rights


@pytest.mark.parametrize(("groups", "server", "allowed"), [
    (None, (), True), (None, ("shop",), True), ((), ("shop",), False), (("shop",), (), False),
    (("shop",), ("shop", "bank"), True), (("shop",), ("bank",), False)])
def test_a_caller_acts_on_servers_of_their_groups_alone(
        groups: tuple[str, ...] | None, server: tuple[str, ...], allowed: bool) -> None:
    assert may_on(a_caller(Role.OPERATOR, groups), server) is allowed


def test_nobody_may_act_anywhere() -> None:
    assert not may_on(NOBODY, ("shop",))


@pytest.mark.parametrize(("one", "other", "both"), [
    (Role.ADMIN, Role.VIEWER, Role.VIEWER), (Role.OPERATOR, Role.ADMIN, Role.OPERATOR),
    (Role.VIEWER, Role.VIEWER, Role.VIEWER)])
def test_of_two_roles_the_lesser_counts(one: Role, other: Role, both: Role) -> None:
    assert lesser(one, other) is lesser(other, one) is both


@pytest.mark.parametrize(("one", "other", "both"), [
    (None, None, None), (None, ("a",), ("a",)), (("a",), None, ("a",)), (("a", "b"), ("b", "c"), ("b",)),
    (("a",), ("b",), ()), ((), None, ())])
def test_of_two_lists_of_groups_what_both_name_counts(
        one: tuple[str, ...] | None, other: tuple[str, ...] | None, both: tuple[str, ...] | None) -> None:
    assert common(one, other) == both
