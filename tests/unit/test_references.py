"""references.py: image names as registries and engines take them."""

import pytest

from softops.references import Reference, parse_reference

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(("text", "expected"), [
    ("nginx", ("", "nginx", None, None)),
    ("nginx:1.21.0", ("", "nginx", "1.21.0", None)),
    ("library/nginx:1", ("", "library/nginx", "1", None)),
    ("localhost/nginx:1", ("localhost", "nginx", "1", None)),
    ("localhost:5000/a/b:1", ("localhost:5000", "a/b", "1", None)),
    ("ghcr.io/a/b-c/d__e@" + DIGEST, ("ghcr.io", "a/b-c/d__e", None, DIGEST)),
    ("10.0.0.1:5000/demo:1.0@" + DIGEST, ("10.0.0.1:5000", "demo", "1.0", DIGEST)),
    ("[2001:db8::1]:5000/demo:1", ("[2001:db8::1]:5000", "demo", "1", None)),
    ("REGISTRY/demo:1", ("REGISTRY", "demo", "1", None)),
])
def test_the_parts_of_a_name(text: str, expected: tuple[str, str, str | None, str | None]) -> None:
    registry, repository, tag, digest = expected
    assert parse_reference(text) == Reference(registry=registry, repository=repository, tag=tag, digest=digest)


def test_the_name_without_tag_and_digest() -> None:
    found = [parse_reference(text) for text in ("a/b:1", "r.example/a/b:1")]
    assert [one.name for one in found if one] == ["a/b", "r.example/a/b"]


@pytest.mark.parametrize("text", [
    "", " ", "a b:1", "-a:1", "A:1", "a:", "a:.1", "a:-1", "a@sha256:1", "a@md5:" + "0" * 32, "a/:1", "/a:1", "a//b:1",
    "a..b:1", "a:1\n", "a:1@", "http://a/b:1", "a.example:port/b:1", "a/B:1", "x" * 256 + ":1", "a:" + "x" * 129])
def test_what_is_no_name(text: str) -> None:
    assert parse_reference(text) is None
