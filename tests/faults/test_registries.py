"""Registries that refuse, lie and hang up while servers pull from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from softops.statuses import RecordStatus
from tests.acceptance.services import MakeService, collect
from tests.acceptance.test_installs import software, start
from tests.faults.cases import OTHER, WEB, downloads, ended, failed, failure, has_image, install, retried, says
from tests.faults.unruly import BLOB, MANIFEST, PING, Answer, UnrulyRegistry, refusal
from tests.fleet import Fleet, ServerSpec
from tests.fleet.images import MANIFEST as MANIFEST_TYPE
from tests.fleet.images import Blob, Image, build, digest
from tests.waiting import wait_until

MB = 1_000_000
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


@pytest.fixture
def unruly(fleet: Fleet) -> Iterator[UnrulyRegistry]:
    with UnrulyRegistry(fleet.registry.host.rpartition(":")[0], fleet.registry.host) as registry:
        yield registry


@pytest.fixture
def brisk(fleet: Fleet) -> str:
    """A server whose engine gives up a download after the first try; others try five times, for a minute."""
    if "brisk" not in [server.name for server in fleet.servers]:
        fleet.add(ServerSpec(name="brisk", engine_options={"max-download-attempts": 1}))
    return "brisk"


def plain(fleet: Fleet, unruly: UnrulyRegistry) -> str:
    return f"{fleet.plain_http},{unruly.host}"


def test_a_registry_that_hangs_up_once_in_mid_layer_is_asked_again(
        fleet: Fleet, make_service: MakeService, unruly: UnrulyRegistry) -> None:
    fleet.registry.push("hangup", "1.0", layers=[4 * MB])
    service = make_service(software("hangup", f"{unruly.host}/hangup:1.0"),
                           insecure_registries=plain(fleet, unruly))
    got = collect(service)
    unruly.rules[BLOB] = Answer(cut_after=MB // 2)
    unruly.times[BLOB] = 3
    record = install(service, "hangup", WEB)[WEB]
    assert (record.status, record.reason) == (RecordStatus.SUCCESS, "INSTALL_SUCCESS"), record.remark
    assert [message.payload["type"] for message in got][-1] == "docker_complete"


def test_a_registry_that_always_hangs_up_in_mid_layer_is_named(
        fleet: Fleet, make_service: MakeService, unruly: UnrulyRegistry, brisk: str) -> None:
    fleet.registry.push("hungup", "1.0", layers=[4 * MB])
    image = f"{unruly.host}/hungup:1.0"
    service = make_service(software("hungup", image), insecure_registries=plain(fleet, unruly))
    unruly.rules[BLOB] = Answer(cut_after=MB // 2)
    record = install(service, "hungup", brisk)[brisk]
    assert failure(record) == failed("PULL_NO_REGISTRY", 1002), record.remark
    says(record, image, "Check the registry")
    assert not has_image(fleet, brisk, image)
    unruly.obey()
    assert retried(service, record)[brisk].status is RecordStatus.SUCCESS


UNAUTHORIZED = refusal(401, "UNAUTHORIZED", "authentication required", WWW_Authenticate='Basic realm="registry"')
REFUSALS = {
    "401-ping": (PING, UNAUTHORIZED, "PULL_DENIED", "login"),
    "401-manifest": (MANIFEST, UNAUTHORIZED, "PULL_DENIED", "login"),
    "401-blob": (BLOB, UNAUTHORIZED, "PULL_DENIED", "login"),
    "403-manifest": (MANIFEST, refusal(403, "DENIED", "requested access to the resource is denied"), "PULL_DENIED",
                     "login"),
    "404-manifest": (MANIFEST, refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"), "PULL_NO_IMAGE",
                     "Correct the name or tag"),
    "404-name": (MANIFEST, refusal(404, "NAME_UNKNOWN", "repository name not known to registry"), "PULL_NO_IMAGE",
                 "Correct the name or tag"),
    "404-blob": (BLOB, refusal(404, "BLOB_UNKNOWN", "blob unknown to registry"), "PULL_PART_MISSING",
                 "Push the image again"),
    "429-manifest": (MANIFEST, refusal(429, "TOOMANYREQUESTS", "You have reached your pull rate limit",
                                       Retry_After="30"), "PULL_RATE_LIMIT", "Wait"),
    "429-blob": (BLOB, Answer(status=429, body=b"slow down", headers={"Content-Type": "text/plain"}),
                 "PULL_RATE_LIMIT", "Wait"),
    "500-manifest": (MANIFEST, refusal(500, "UNKNOWN", "disk on fire"), "PULL_REGISTRY_FAILED", "Look at its log"),
    "503-manifest": (MANIFEST, Answer(status=503, body=b"<html>Service Unavailable</html>"), "PULL_REGISTRY_FAILED",
                     "Look at its log"),
    "502-blob": (BLOB, Answer(status=502, body=b"bad"), "PULL_REGISTRY_FAILED", "Look at its log"),
    "garbage-manifest": (MANIFEST, Answer(body=b"<html>Welcome to the hotel</html>",
                                          headers={"Content-Type": "text/html"}), "PULL_NOT_A_REGISTRY",
                         "Check what is behind"),
}


@pytest.mark.parametrize("case", sorted(REFUSALS))
def test_a_registry_that_refuses_says_why_and_what_to_do(
        fleet: Fleet, make_service: MakeService, unruly: UnrulyRegistry, brisk: str, case: str) -> None:
    fleet.registry.push("refused", "1.0", layers=[1000 + sorted(REFUSALS).index(case)])
    image = f"{unruly.host}/refused:1.0"
    service = make_service(software("refused", image), insecure_registries=plain(fleet, unruly))
    where, answer, reason, remedy = REFUSALS[case]
    unruly.rules[where] = answer
    record = install(service, "refused", brisk)[brisk]
    assert failure(record) == failed(reason, 1002), record.remark
    says(record, image, remedy)
    assert not has_image(fleet, brisk, image)


def foreign(image: Image) -> Image:
    """The same image for a processor that no test machine has."""
    data = json.dumps(json.loads(image.config.data) | {"architecture": "s390x"}).encode()
    moved = replace(image.config, data=data, digest=digest(data))
    body = json.dumps(json.loads(image.manifest.data) | {"config": moved.descriptor}).encode()
    return replace(image, config=moved, manifest=replace(image.manifest, data=body, digest=digest(body)))


def test_an_image_for_another_processor_is_refused_and_not_kept(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.put("foreign", "1.0", foreign(build(layers=[1000], text="foreign", seed="foreign-fault")))
    image = fleet.registry.image("foreign", "1.0")
    service = make_service(software("foreign", image))
    for record in install(service, "foreign", WEB, OTHER).values():
        assert failure(record) == failed("PULL_NO_PLATFORM", 1002), record.remark
        says(record, image, "linux/s390x", "Choose an image")
        assert not service.apps.on(record.server_id)
    again = install(service, "foreign", WEB)[WEB]
    assert failure(again) == failed("PULL_NO_PLATFORM", 1002), again.remark


def test_a_list_without_the_servers_processor_is_refused(fleet: Fleet, make_service: MakeService) -> None:
    other = foreign(build(layers=[1000], text="listed", seed="listed-fault"))
    fleet.registry.put("listed", "s390x", other)
    platform = {"platform": {"architecture": "s390x", "os": "linux"}}
    body = json.dumps({"schemaVersion": 2, "mediaType": LIST, "manifests": [other.manifest.descriptor | platform]})
    listed = Blob(media_type=LIST, data=body.encode(), digest=digest(body.encode()))
    fleet.registry.put("listed", "1.0", replace(other, manifest=listed))
    image = fleet.registry.image("listed", "1.0")
    record = install(make_service(software("listed", image)), "listed", WEB)[WEB]
    assert failure(record) == failed("PULL_NO_PLATFORM", 1002), record.remark
    says(record, image, "linux/", "Choose an image")


@pytest.mark.parametrize("where", ["manifest", "layer"])
def test_what_was_changed_on_the_way_is_refused(
        fleet: Fleet, make_service: MakeService, unruly: UnrulyRegistry, brisk: str, where: str) -> None:
    name = f"changed-{where}"
    pinned = fleet.registry.push(name, "1.0", layers=[MB])
    made = build(layers=[MB], text="1.0", seed=name)
    image = f"{unruly.host}/{name}:1.0"
    service = make_service(software(name, image, digest=pinned), insecure_registries=plain(fleet, unruly))
    if where == "manifest":
        unruly.rules[MANIFEST] = Answer(body=made.manifest.data + b" ", headers={"Content-Type": MANIFEST_TYPE})
    else:
        unruly.rules[f"/v2/.+/blobs/{made.layers[1].digest}"] = Answer(flip=True)
    record = install(service, name, brisk)[brisk]
    reason = "PULL_DIGEST_MISMATCH" if where == "manifest" else "PULL_CORRUPT"
    assert failure(record) == failed(reason, 1002), record.remark
    says(record, image)
    unruly.obey()
    assert retried(service, record)[brisk].status is RecordStatus.SUCCESS


def test_a_tag_that_is_moved_is_not_what_git_pins(fleet: Fleet, make_service: MakeService) -> None:
    pinned = fleet.registry.push("moved", "1.0", layers=[MB], version_text="first")
    moved = fleet.registry.push("moved", "1.0", layers=[MB], version_text="second")
    fleet.registry.delete("moved", pinned)
    image = fleet.registry.image("moved", "1.0")
    service = make_service(software("moved", image, digest=pinned))
    record = install(service, "moved", WEB)[WEB]
    assert failure(record) == failed("PULL_NO_IMAGE", 1002), record.remark
    says(record, image, "Correct the name or tag")
    assert moved not in fleet.server(WEB).docker("images", "--digests")


def test_a_registry_that_stays_silent_in_mid_layer_ends_the_pull_on_one_server_only(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("mute", "1.0", layers=[4 * MB])
    image = f"{fleet.slow.host}/mute:1.0"
    service = make_service(software("mute", image), pull_idle_timeout=3)
    assert install(service, "mute", OTHER)[OTHER].status is RecordStatus.SUCCESS
    got = collect(service)
    fleet.slow.rate = 2 * MB
    job = start(service, "mute", WEB, OTHER)
    wait_until(lambda: downloads(got, WEB))
    fleet.slow.stall()
    records = ended(service, job.id)
    assert failure(records[WEB]) == failed("PULL_IDLE", 1002), records[WEB].remark
    says(records[WEB], image, "Check the network")
    fleet.slow.resume()
    assert set(retried(service, records[WEB])) == {name for name, one in records.items() if one.code}
