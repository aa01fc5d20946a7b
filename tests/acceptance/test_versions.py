"""`softops versions` and `softops diff` as people type them."""

from __future__ import annotations

from tests.acceptance.conftest import MB, Shell


def test_versions_show_what_is_where_newest_first(shell: Shell) -> None:
    shell("install", "greeter:1.9", "-s", "web1")
    shell("install", "greeter:1.10", "-s", "web2")
    found = shell("versions", "greeter", "--json").document
    assert [row["version"] for row in found["versions"]] == ["1.10", "1.9"]
    assert [[place["serverName"] for place in row["servers"] if place["serverName"] in {"web1", "web2"}]
            for row in found["versions"]] == [["web2"], ["web1"]]
    lines = shell("versions", "greeter").out.splitlines()
    assert [line.split()[0] for line in lines] == ["Version", "1.10", "1.9"]
    assert "installed on web1" in lines[2]


def test_diff_tells_what_changes_and_what_is_older(shell: Shell) -> None:
    ended = shell("diff", "greeter", "1.10", "1.9")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "greeter 1.10 -> 1.9"
    assert lines[1].startswith("1.9 is older than 1.10.")
    assert {'-      io.softops.version: "1.10"', '+      io.softops.version: "1.9"'} <= set(lines)
    for row in shell("versions", "greeter", "--json").document["versions"]:
        assert shell("refresh", f"greeter:{row['version']}").code == 0
    document = shell("diff", "greeter", "1.9", "1.10", "--json").document
    assert (document["order"], document["digest"]["kind"]) == ("newer", "changed")
    assert abs(document["sizeDelta"]) < MB


def test_diff_begins_at_what_a_server_has(shell: Shell) -> None:
    shell("install", "greeter:1.9", "-s", "web1", "-p", "WORDS=hi")
    lines = shell("diff", "greeter", "--server", "web1", "--to", "1.10").out.splitlines()
    assert lines[0] == "greeter 1.9 -> 1.10"
    assert "On web1 (installed)" in lines
    assert shell("diff", "greeter", "-s", "web1").out.splitlines() == lines


def test_what_can_not_be_compared_is_2(shell: Shell) -> None:
    for words, said in ((("1.9", "1.9"), "1.10"), (("1.9", "1.11"), "1.10"), (("--server", "web9"), "web9")):
        ended = shell("diff", "greeter", *words)
        assert ended.code == 2
        assert said in ended.err
    for words in ((), ("1.9",), ("1", "2", "3"), ("1.9", "1.10", "--server", "web1"), ("1", "2", "--to", "3")):
        assert shell("diff", "greeter", *words, "--json").code == 2
