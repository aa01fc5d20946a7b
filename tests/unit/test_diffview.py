"""cli/diffview.py: a difference as people read it."""

from __future__ import annotations

from typing import Any

import pytest

from softops.cli.diffview import diff_lines
from softops.cli.labels import Words
from softops.cli.versions import where

DIGESTS = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def a_side(version: str, **changes: Any) -> dict[str, Any]:
    return {"softId": 1, "version": version, "dockerImage": f"nginx:{version}", "digest": None, "size": None,
            "commit": "c0ffee", **changes}


def found(**changes: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("services", "ports", "env", "volumes", "resources", "settings", "parameters", "requires",
                           "permissions"), ())
    return {"name": "nginx", "from": a_side("1.9"), "to": a_side("1.10"), "order": "newer", "hint": None, "same": False,
            "image": None, "digest": None, "sizeDelta": None, "server": None, "composeDiff": "", "composeCut": False,
            "composeProblem": None, **empty, **changes}


def change(name: str, kind: str, before: Any = None, after: Any = None, service: str | None = None) -> dict[str, Any]:
    return {"name": name, "kind": kind, "before": before, "after": after, "service": service}


def shown(width: int | None = None, lang: Any = "en", **changes: Any) -> list[str]:
    return [line.plain for line in diff_lines(found(**changes), Words(lang), width=width)]


def test_image_digest_and_size() -> None:
    sides = {"from": a_side("1.9", digest=DIGESTS[0], size=2_000_000), "to": a_side("1.10", digest=DIGESTS[1], size=1)}
    assert shown(**sides, image=change("image", "changed"), sizeDelta=-1_999_999) == [
        "nginx 1.9 -> 1.10", "Image: nginx:1.9 -> nginx:1.10",
        f"Digest: {DIGESTS[0][:19]} -> {DIGESTS[1][:19]}", "Download: 2.0 MB -> 1 B (-2.0 MB)"]


def test_what_is_not_known_is_said() -> None:
    assert shown(to=a_side("1.10", digest=DIGESTS[1], size=5)) == [
        "nginx 1.9 -> 1.10", "Digest: not known -> sha256:bbbbbbbbbbbb",
        "Download: not known -> 5 B (`softops refresh nginx` asks the registry)"]


def test_of_two_unknown_sizes_one_word_is_enough() -> None:
    assert shown()[1:] == ["Download: not known (`softops refresh nginx` asks the registry)"]


def test_every_section_has_its_lines() -> None:
    port = {"type": "port", "default": 80, "required": False}
    assert shown(
        sizeDelta=0, services=[change("web", "changed", "a", "b")], ports=[change("80/tcp", "removed", "80:80")],
        env=[change("A", "changed", "", "1", "web"), change("B", "added", after="%s {x}")],
        settings=[change("command", "added", after=["a", "b"])],
        parameters=[{"name": "P", "kind": "changed", "before": port, "after": port | {"default": 81, "min": 5},
                     "fields": ["default", "min"]},
                    {"name": "Q", "kind": "added", "before": None, "fields": [],
                     "after": {"type": "string", "default": "", "required": True}}],
        requires=[change("redis", "added", after="redis")]) == [
        "nginx 1.9 -> 1.10", "Containers", "  ~ web: a -> b", "Ports", "  - 80/tcp: 80:80",
        "Environment", '  ~ web A: "" -> 1', "  + B: %s {x}", "Other settings", '  + command: ["a", "b"]',
        "Parameters", "  ~ P: default 80 -> 81", "  ~ P: min - -> 5", '  + Q: string, default "", required true',
        "Requires", "  + redis"]


def test_long_lines_are_split_for_a_narrow_terminal() -> None:
    before, after = "x" * 50, "y" * 50
    assert shown(80, sizeDelta=0, env=[change("NAME", "changed", before, after)])[2:] == [
        "  ~ NAME:", f"         {before}", f"      -> {after}"]


def test_very_long_values_are_shortened() -> None:
    (line,) = shown(sizeDelta=0, env=[change("NAME", "added", after="x" * 10_000)])[2:]
    assert line == f"  + NAME: {'x' * 200}…"


def test_nothing_steers_the_terminal() -> None:
    bad = "a\x1b[2J\u202eb\r\nc"
    lines = shown(hint=bad, env=[change(bad, "changed", bad, bad, bad)], composeDiff=f"+  {bad}\n", composeProblem=bad,
                  server={"serverName": bad, "state": "RUNNING", "vanishing": [bad], "missing": [bad],
                          "misfits": [{"name": bad, "problem": bad}]})
    assert not any(set(line) & set("\x1b\u202e\r\n") for line in lines)


def test_the_compose_diff_keeps_its_shape() -> None:
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n   web:\n-    image: a\n+    image: b\n"
    assert shown(sizeDelta=0, composeDiff=diff, composeCut=True)[1:] == [
        *diff.splitlines(), "(there is more than is shown)"]


@pytest.mark.parametrize(("lang", "lines"), [
    ("en", ["On web1 (running)", "  - OLD has a value there, which goes away",
            "  ! NEW has to be given: --param NEW=VALUE", "  ! PORT is too small"]),
    ("zh", ["web1 上（运行中）", "  - OLD 在此有值，将不再使用", "  ! 必须给出 NEW：--param NEW=值",
            "  ! PORT is too small"])])
def test_a_server_is_told_what_needs_attention(lang: str, lines: list[str]) -> None:
    server = {"serverName": "web1", "state": "RUNNING", "vanishing": ["OLD"], "missing": ["NEW"],
              "misfits": [{"name": "PORT", "problem": "PORT is too small"}]}
    assert shown(lang=lang, sizeDelta=0, server=server)[1:] == lines


def test_where_a_version_is() -> None:
    places = [{"serverName": f"web{number}", "state": "RUNNING"} for number in range(1, 15)]
    places += [{"serverName": "db1", "state": "INSTALLED"}, {"serverName": "db2", "state": "STOPPED"}]
    named = ", ".join(f"web{number}" for number in range(1, 13))
    assert where(Words("en"), places) == f"running on {named} and 2 more; stopped on db2; installed on db1"
    assert where(Words("zh"), places[:1]) == "web1 运行中"
    assert where(Words("en"), []) == "-"
