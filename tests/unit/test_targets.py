"""targets.py: what can't be asked for at all."""

from dataclasses import replace

import pytest

from softops.entities import Server
from softops.errors import BadRequest
from softops.statuses import ImageStatus
from softops.targets import check_image, check_servers, pinned_digest
from tests.values import make_image

WEB1 = Server(id=1, name="web1", address="10.0.0.11")


def test_retired_software_can_not_be_asked_for() -> None:
    for status in (ImageStatus.AVAILABLE, ImageStatus.UNAVAILABLE):
        check_image(make_image(status=status))
    with pytest.raises(BadRequest) as refused:
        check_image(make_image(status=ImageStatus.RETIRED))
    assert (refused.value.reason, refused.value.params) == (
        "SOFTWARE_RETIRED", {"software": "nginx", "version": "1.21.0"})


def test_no_servers_are_no_choice() -> None:
    with pytest.raises(BadRequest) as refused:
        check_servers(())
    assert refused.value.reason == "SERVERS_EMPTY"


@pytest.mark.parametrize("name", ["all:!web1", "web*", "~web", "a,b", "@file", "", "web 1", "&x", "web[0:1]"])
def test_names_that_ansible_would_take_for_patterns_are_refused(name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_servers((WEB1, replace(WEB1, name=name)))
    assert (refused.value.reason, refused.value.params) == ("SERVER_NAME_UNSAFE", {"server": name})


@pytest.mark.parametrize(("entry", "wanted"), [
    ({"version": {"image": "x", "digest": "sha256:aa"}}, "sha256:aa"), ({"version": {"image": "x"}}, None), ({}, None),
    ({"version": {"digest": 7}}, None), ({"version": "1.0"}, None)])
def test_the_digest_is_the_one_that_git_demands(entry: dict[str, object], wanted: str | None) -> None:
    assert pinned_digest(make_image(entry=entry, digest="sha256:bb")) == wanted
