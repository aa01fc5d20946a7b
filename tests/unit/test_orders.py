"""orders.py: what a playbook is asked to do."""

from typing import Any

import pytest

from softops.errors import BadRequest
from softops.orders import Order, limits_of, order_of
from softops.playbooks import PullLimits
from softops.references import parse_reference

DIGEST = "sha256:" + "a" * 64


def data(**software: Any) -> dict[str, Any]:
    return {"operation": "install", "parameters": {"TZ": "UTC"},
            "software": {"name": "demo", "version": "1.0", "image": "r:5000/demo:1.0", "digest": None,
                         "repository": "catalog", "commit": "4f2c", "entry": {"name": "demo"}, **software},
            "pull": {"idleTimeout": 1, "timeout": 2, "connectTimeout": 3, "plainHttp": ["r:5000"]}}


def test_an_input_becomes_an_order() -> None:
    reference = parse_reference("r:5000/demo:1.0")
    assert reference is not None
    assert order_of(data()) == Order(
        name="demo", version="1.0", image="r:5000/demo:1.0", reference=reference, digest=None, repository="catalog",
        commit="4f2c", entry={"name": "demo"}, parameters={"TZ": "UTC"},
        limits=PullLimits(idle_timeout=1, timeout=2, connect_timeout=3, plain_http=("r:5000",)))


def test_a_digest_in_the_image_name_is_demanded() -> None:
    assert order_of(data(image=f"r:5000/demo@{DIGEST}")).digest == DIGEST


def test_what_is_not_said_has_its_default() -> None:
    assert limits_of({}) == PullLimits(idle_timeout=60, timeout=3600, connect_timeout=10, plain_http=())


@pytest.mark.parametrize("software", [
    {"name": "../etc"}, {"name": "a b"}, {"name": "a;b"}, {"name": "$(id)"}, {"name": ""}, {"name": None},
    {"version": "1/../2"}, {"version": "1'0"}, {"version": "-rf"}, {"version": "1\n2"}, {"version": 1.0},
    {"image": "Not An Image"}, {"image": "--help"}, {"image": None}, {"digest": "sha256:abc"}, {"entry": [1]}])
def test_names_that_could_mean_something_to_a_shell_or_a_path_are_refused(software: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        order_of(data(**software))


@pytest.mark.parametrize("pull", [{"timeout": 0}, {"timeout": "60"}, {"idleTimeout": True}, {"plainHttp": "r"}, []])
def test_wrong_limits_are_refused(pull: Any) -> None:
    wrong = {"pull": pull or [1]}
    with pytest.raises(BadRequest):
        limits_of(wrong)
