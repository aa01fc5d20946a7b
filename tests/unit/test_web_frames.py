"""web/frames.py: one encoding for all clients of a kind."""

import json

from socketio.packet import Packet

from tests.unit.webframes import a_done, a_frame, a_state


def test_both_encodings_carry_the_same_message() -> None:
    frame = a_frame("docker_error", error='网络"\ud800\n')
    assert json.loads(frame.text) == frame.payload
    encoded = frame.packet.encode()
    assert encoded[0] == "4"
    event = Packet(encoded_packet=encoded[1:])
    assert (event.packet_type, event.data) == (2, ["docker_error", frame.payload])


def test_each_is_made_once_and_can_always_be_sent() -> None:
    frame = a_frame(error="\udcff")
    assert frame.text is frame.text
    assert frame.packet.encode() is frame.packet.encode()
    assert frame.text.encode("ascii")


def test_states_and_last_states_belong_to_a_layer() -> None:
    assert (a_state("a").layer, a_done("a").layer, a_frame().layer) == ((1, "a"), (1, "a"), None)
    assert (a_frame("docker_complete").ends_record, a_frame("docker_error").ends_record) == (True, False)
