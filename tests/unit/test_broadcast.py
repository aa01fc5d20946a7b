"""broadcast.py: every listener gets everything, and late ones get the state of running layers."""

from softops.broadcast import Hub
from softops.messages import Message


def message(kind: str, record: int = 1, layer: str | None = None, *, milestone: bool = False, seq: int = 0) -> Message:
    return Message(payload={"type": kind, "recordId": record, "id": layer, "seq": seq}, milestone=milestone,
                   topics=frozenset({"job:1", f"record:{record}"}))


def test_a_listener_gets_all_messages_in_order_until_it_leaves() -> None:
    hub, got = Hub(), []
    leave = hub.subscribe(got.extend)
    first, second = message("docker_start"), message("docker_progress", layer="a")
    hub.publish([first, second])
    leave()
    hub.publish([message("docker_complete")])
    assert got == [first, second]


def test_a_listener_that_fails_does_not_keep_others_from_listening() -> None:
    hub, got = Hub(), []

    def broken(_: object) -> None:
        raise RuntimeError("broken")

    hub.subscribe(broken)
    hub.subscribe(got.extend)
    hub.publish([message("docker_start")])
    assert got == [message("docker_start")]


def test_a_snapshot_holds_the_newest_unsaved_state_of_each_layer() -> None:
    hub = Hub()
    hub.publish([message("docker_progress", layer="a", seq=1), message("docker_progress", layer="a", seq=2),
                 message("docker_progress", layer="b"), message("docker_progress", record=2, layer="a")])
    hub.publish([message("docker_progress", layer="b", milestone=True)])
    assert hub.snapshot(["record:1"]) == [message("docker_progress", layer="a", seq=2).payload]
    assert hub.snapshot(["server:9"]) == []


def test_a_finished_record_leaves_the_snapshot() -> None:
    hub = Hub()
    hub.publish([message("docker_progress", layer="a"), message("docker_complete", milestone=True)])
    assert hub.snapshot(["job:1"]) == []
