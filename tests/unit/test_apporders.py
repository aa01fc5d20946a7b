"""What softops writes for the apps of a server, read back."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from softops.apporders import app_orders
from softops.errors import BadRequest

RUN = {"action": "run", "name": "nginx", "version": "1.0", "image": "nginx:1.0", "compose": "services: {}",
       "images": ["nginx:1.0@sha256:" + "a" * 64, "redis:7"], "env": "", "parameters": {"PW": "geheim", "TZ": "UTC"},
       "entry": {"params": [{"name": "PW", "type": "secret"}, {"name": "TZ", "type": "string"}]}}


def test_an_order_is_read_with_its_images_and_secrets() -> None:
    order = app_orders({"apps": [RUN | {"secretValues": ["other"], "settle": 5, "healthTimeout": 60}]},
                       {"pull": {"timeout": 7}})[0]
    assert (order.action, order.name, order.version, order.settle, order.health_timeout) == (
        "run", "nginx", "1.0", 5, 60)
    assert [(image.image, image.digest) for image in order.images] == [
        ("nginx:1.0@sha256:" + "a" * 64, "sha256:" + "a" * 64), ("redis:7", None)]
    assert (order.compose, order.env, order.main.limits.timeout) == ("services: {}\n", "", 7)
    assert order.secrets == ("other", "geheim")
    assert order.directory(PurePosixPath("/opt/apps")) == PurePosixPath("/opt/apps/nginx")
    assert "geheim" not in repr(order.secrets and order.env)


@pytest.mark.parametrize("wrong", [
    {"action": "explode"}, {"compose": ""}, {"images": []}, {"images": "nginx"}, {"images": ["Not An Image"]},
    {"settle": "soon"}, {"settle": -1}, {"healthTimeout": True}, {"compose": 1}, {"env": "a\0b"},
    {"secretValues": "x"}, {"name": "../etc"}, {"version": "a/b"}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        app_orders({"apps": [RUN | wrong]}, {})


@pytest.mark.parametrize("data", [{}, {"apps": {}}, {"apps": ["nginx"]}])
def test_a_file_without_apps_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        app_orders(data, {})


def test_an_app_that_is_only_stopped_needs_no_more_than_its_name() -> None:
    order = app_orders({"apps": [{"action": "stop", "name": "nginx", "version": "1.0"}]}, {})[0]
    assert (order.action, order.images, order.remove_volumes) == ("stop", (), False)
