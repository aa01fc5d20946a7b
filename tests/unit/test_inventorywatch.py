"""inventorywatch.py: edits are seen at once when somebody asks."""

from pathlib import Path

from softops.errors import InventoryError
from softops.inventorywatch import InventoryWatch


def test_who_asks_sees_what_was_edited_just_now_and_nothing_is_read_twice(tmp_path: Path) -> None:
    hosts, reads = tmp_path / "hosts.yml", list[str]()
    hosts.write_text("one")
    watch = InventoryWatch(tmp_path, lambda: reads.append(hosts.read_text()))
    watch.look()
    assert reads == [], "not started yet"
    watch.start()
    try:
        watch.look()
        hosts.write_text("and two")
        watch.look()
        watch.look()
        assert reads == ["and two"]
    finally:
        watch.stop()


def test_an_inventory_that_can_not_be_read_keeps_nobody_from_what_is_known(tmp_path: Path) -> None:
    def read() -> None:
        raise InventoryError("INVENTORY_UNREADABLE", path=tmp_path, problem="no")

    watch = InventoryWatch(tmp_path, read)
    watch.start()
    try:
        (tmp_path / "hosts.yml").write_text("x")
        watch.look()
    finally:
        watch.stop()
