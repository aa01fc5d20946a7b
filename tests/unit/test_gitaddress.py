"""gitaddress.py: nothing that git could take for an option or a command gets through."""

import pytest

from softops.errors import GitError
from softops.gitaddress import Address, check_folder, check_ref, is_commit, parse_address


@pytest.mark.parametrize("text", [
    "/srv/catalog.git", "/srv/my catalog", "/srv/-x", "file:///srv/catalog.git", "https://git.example.com/a/b.git",
    "http://10.0.0.1:3000/a", "https://[2001:db8::1]:8443/a.git", "ssh://git@host.example:2222/a/b", "ssh://host/~me/x",
    "git://host/x", "git@github.com:a/b.git", "host:a", "git@host:~/x", "deploy_1@host-a.example:/srv/x.git"])
def test_addresses_that_git_is_sent_to(text: str) -> None:
    assert parse_address(text) == Address(url=text)


@pytest.mark.parametrize("text", [
    "", " ", "catalog", "./catalog", "../catalog", "--upload-pack=touch x", "-oProxyCommand=x:y", "ext::sh -c id",
    "ext::sh", "fd::17", "transport::address", "ftp://host/x", "javascript://x/y", "ssh://-oProxyCommand=id/x",
    "ssh://-oProxyCommand=id@host/x", "-x@host:y", "host:-x", "ssh://host/-x", "https:///x", "https://host",
    "https://host:port/x", "https://host:99999/x", "file://host/x", "file://x", "https://host/a b", "/srv/a\nb",
    "/srv/a\0b", "https://ho st/x", "/" + "x" * 1000, "\x1b[31mhttps://host/x"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(GitError) as refused:
        parse_address(text)
    assert refused.value.reason == "GIT_URL"
    assert "\x1b" not in refused.value.text("en")


@pytest.mark.parametrize(("text", "url", "value"), [
    ("https://user:p%40ss@host:8443/x.git", "https://host:8443/x.git", "dXNlcjpwQHNz"),
    ("https://token@host/x", "https://host/x", "dG9rZW46")])
def test_credentials_leave_the_address(text: str, url: str, value: str) -> None:
    address = parse_address(text)
    assert (address.url, address.settings()) == (url, {f"http.{url}.extraHeader": f"Authorization: Basic {value}"})
    assert "p@ss" not in repr(address)


def test_a_password_for_ssh_is_dropped_and_never_shown() -> None:
    assert parse_address("ssh://git:secret@host/x") == Address(url="ssh://git@host/x")
    with pytest.raises(GitError) as refused:
        parse_address("https://user:secret@host:port/x")
    assert "secret" not in refused.value.text("en")


@pytest.mark.parametrize("ref", [
    "HEAD", "main", "feature/x", "v1.0", "refs/heads/main", "release-1", "4f2c1a9", "a" * 40, "中文", "a@b", "x#1",
    "+a"])
def test_refs(ref: str) -> None:
    assert check_ref(ref) == ref


@pytest.mark.parametrize("ref", [
    "", "-x", "--upload-pack=x", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a@{1}", "a//b", "a/",
    "a.", "a.lock", "a.lock/b", "x/.a", "a\n", "a\x7f", "x" * 256])
def test_what_is_no_ref(ref: str) -> None:
    with pytest.raises(GitError) as refused:
        check_ref(ref)
    assert refused.value.reason == "GIT_REF"


def test_what_looks_like_a_commit() -> None:
    assert [is_commit(ref) for ref in ("4f2c1a9", "a" * 40, "b" * 64, "main", "4f2c1a", "A" * 40, "a" * 41)] == [
        True, True, True, False, False, False, False]


@pytest.mark.parametrize(("path", "folder"), [
    ("", ""), (".", ""), ("/", ""), ("catalog", "catalog"), ("/catalog/", "catalog"), ("a//b/./c", "a/b/c"),
    ("-x", "-x"), (":(glob)**", ":(glob)**"), ("my folder", "my folder")])
def test_folders(path: str, folder: str) -> None:
    assert check_folder(path) == folder


@pytest.mark.parametrize("path", ["..", "a/../../b", "a\nb", "a\0b", "x" * 1001])
def test_what_is_no_folder(path: str) -> None:
    with pytest.raises(GitError) as refused:
        check_folder(path)
    assert refused.value.reason == "GIT_PATH"
