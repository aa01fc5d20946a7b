"""locations.py: where image names lead."""

import pytest

from softops.locations import Location, familiar_name, is_loopback, location, stays_near, tag_of
from softops.references import Reference, parse_reference

DIGEST = "sha256:" + "a" * 64


def parsed(text: str) -> Reference:
    reference = parse_reference(text)
    assert reference is not None
    return reference


@pytest.mark.parametrize(("image", "registry", "repository", "familiar"), [
    ("nginx", "registry-1.docker.io", "library/nginx", "nginx"),
    ("library/nginx:1", "registry-1.docker.io", "library/nginx", "nginx"),
    ("docker.io/library/nginx", "registry-1.docker.io", "library/nginx", "nginx"),
    ("index.docker.io/grafana/loki", "registry-1.docker.io", "grafana/loki", "grafana/loki"),
    ("grafana/loki:3", "registry-1.docker.io", "grafana/loki", "grafana/loki"),
    ("ghcr.io/a/b", "ghcr.io", "a/b", "ghcr.io/a/b"),
    ("localhost/b", "localhost", "b", "localhost/b"),
    ("10.0.0.1:5000/library/b", "10.0.0.1:5000", "library/b", "10.0.0.1:5000/library/b"),
])
def test_an_image_name_leads_to_its_registry(image: str, registry: str, repository: str, familiar: str) -> None:
    assert location(parsed(image)) == Location(registry=registry, repository=repository)
    assert familiar_name(parsed(image)) == familiar


@pytest.mark.parametrize(("image", "tag"), [
    ("nginx", "latest"), ("nginx:1.2", "1.2"), (f"nginx@{DIGEST}", None), (f"nginx:1.2@{DIGEST}", "1.2")])
def test_a_name_without_tag_and_digest_means_latest(image: str, tag: str | None) -> None:
    assert tag_of(parsed(image)) == tag


@pytest.mark.parametrize(("registry", "loopback"), [
    ("localhost", True), ("localhost:5000", True), ("127.0.0.1:5000", True), ("127.9.9.9", True), ("[::1]:5000", True),
    ("10.0.0.1:5000", False), ("registry.test", False), ("localhost.test:5000", False)])
def test_loopback_registries_are_known(registry: str, loopback: bool) -> None:
    assert is_loopback(registry) is loopback


@pytest.mark.parametrize(("host", "near"), [
    ("localhost", True), ("a.localhost", True), ("127.0.0.1", True), ("169.254.169.254", True), ("0.0.0.0", True),
    ("::1", True), ("fe80::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("registry.test", False)])
def test_what_only_this_machine_reaches_is_near(host: str, near: bool) -> None:
    assert stays_near(host) is near
