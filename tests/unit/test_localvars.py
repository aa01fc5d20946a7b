"""localvars.py: the file that softops writes into host_vars, and back."""

from __future__ import annotations

from typing import Any

import pytest

from softops.errors import BadRequest
from softops.localvars import HEAD, local_apps, local_text

HOSTILE = ["{{ lookup('pipe', 'id') }}", "{% raw %}", "{# x #}", "yes", "1.10", "0x1F", "2024-01-01", "null", "~",
           "", " spaces ", "a: b", "# no comment", "'\"\\", "*anchor", "&a", "!tag", "%percent", "---", "你好 ✓ 🐳",
           "é" * 5000, "tab\tnew\nline"]


@pytest.mark.parametrize("value", [*HOSTILE, 8080, True, False, -1])
def test_every_value_comes_back_as_it_was(value: Any) -> None:
    apps = {"nginx": {"version": "1.10", "parameters": {"A": value}, "state": "stopped"}}
    assert local_apps(local_text(apps)) == apps


def test_the_file_is_meant_to_be_read() -> None:
    assert local_text({"redis": {"version": "7.2"},
                       "nginx": {"version": "1.10", "parameters": {"PORT": 80, "TEXT": "{{ x }}"}}}) == HEAD + """\
---
softops_apps_local:
  nginx:
    version: "1.10"
    parameters:
      PORT: 80
      TEXT: !unsafe "{{ x }}"
  redis:
    version: "7.2"
"""


@pytest.mark.parametrize("text", [
    "softops_apps_local: {}\n", "", HEAD, HEAD + "}{", HEAD + "softops_apps_local: 5\n", HEAD + "[1]\n",
    HEAD + "softops_apps_local: {a: 1}\n", HEAD + "softops_apps_local: !!python/name:os.system\n",
    HEAD + "softops_apps_local: {a: {b: 2024-13-45}}\n"])
def test_what_softops_did_not_write_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        local_apps(text)
    assert caught.value.reason == "WRITE_BACK_FOREIGN"
