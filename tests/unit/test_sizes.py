"""sizes.py: readable sizes and what df says."""

import pytest

from softops.sizes import free_bytes, readable_size

HEAD = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n"


@pytest.mark.parametrize(("count", "text"), [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
    (29_100_000, "29.1 MB"), (5 * 10**12, "5.0 TB"), (10**16, "10000.0 TB")])
def test_sizes_are_readable(count: int, text: str) -> None:
    assert readable_size(count) == text


@pytest.mark.parametrize(("output", "free"), [
    (f"{HEAD}/dev/vda         263112772 24000000  82000000      23% /\n", 82_000_000 * 1024),
    (f"{HEAD}server:/a path/x  100 40 60 40% /srv/docker\r\n", 60 * 1024),
    (f"{HEAD}overlay - - - - /\n", None),
    (f"{HEAD}quota 100 120 -20 120% /srv\n", 0),
    ("df: /nowhere: No such file or directory\n", None),
    ("", None)])
def test_free_space_is_read_from_df_or_unknown(output: str, free: int | None) -> None:
    assert free_bytes(output) == free
