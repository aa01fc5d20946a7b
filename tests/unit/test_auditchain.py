"""The chain of the audit: what is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from softops.auditchain import (
    GENESIS,
    NOTHING,
    AuditDraft,
    AuditEntry,
    Break,
    ChainCheck,
    ChainEnd,
    Fault,
    Outcome,
    Verdict,
    after_loss,
    hash_of,
    link,
    read_end,
    sign_end,
)
from tests.values import NOW

KEY = b"k" * 32
DRAFT = AuditDraft(time=NOW, user="ann", role="admin", via="token", address="10.0.0.7",
                   action="repositories.add", target="catalog", outcome=Outcome.SUCCESS, code=200, request="r1",
                   before={"url": "a"}, after={"url": "b"})


def chain(count: int, start: ChainEnd = NOTHING) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(count):
        start = ChainEnd(id=entries[-1].id, hash=entries[-1].hash) if entries else start
        entries.append(link(replace(DRAFT, target=f"thing {number}"), start, KEY))
    return entries


def end_of(entries: list[AuditEntry]) -> ChainEnd:
    return ChainEnd(id=entries[-1].id, hash=entries[-1].hash)


def look(entries: list[AuditEntry], *, end: ChainEnd | None = None, seen: ChainEnd = NOTHING) -> Verdict:
    check = ChainCheck(KEY, seen)
    for entry in entries:
        check.look(entry)
    end = end or end_of(entries)
    return check.verdict(end, end, guarded=True)


def test_a_chain_that_nobody_touched_is_whole() -> None:
    entries = chain(4)

    assert [entry.id for entry in entries] == [1, 2, 3, 4]
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:3])]
    assert look(entries, seen=end_of(entries[:2])) == Verdict(entries=4, end=end_of(entries))


@pytest.mark.parametrize("change", [
    {"time": NOW + timedelta(hours=1)}, {"user": "bob"}, {"role": "viewer"}, {"via": "cookie"}, {"address": "::1"},
    {"action": "x"}, {"target": "y"}, {"outcome": Outcome.FAILED}, {"code": 500}, {"message": "m"}, {"request": "r2"},
    {"job_id": 1}, {"begun_id": 1}, {"before": None}, {"after": {"url": "c"}}])
def test_every_field_of_an_entry_is_guarded(change: dict[str, object]) -> None:
    entries = chain(3)

    entries[1] = replace(entries[1], **change)  # type: ignore[arg-type]

    assert look(entries).breaks == (Break(entry=2, fault=Fault.CHANGED),)


def test_an_entry_made_without_the_key_does_not_fit() -> None:
    entries = chain(3)
    forged = replace(entries[1], user="mallory")
    entries[1] = replace(forged, hash=hash_of(forged, b"guessed"))

    assert look(entries).breaks == (Break(entry=2, fault=Fault.CHANGED), Break(entry=3, fault=Fault.GAP))


def test_an_entry_taken_out_leaves_a_gap() -> None:
    first, _, third = chain(3)

    assert look([first, third]).breaks == (Break(entry=3, fault=Fault.GAP),)


def test_entries_that_changed_places_are_noticed() -> None:
    first, second, third = chain(3)
    swapped = [first, replace(third, id=2), replace(second, id=3)]

    assert look(swapped).breaks[0] == Break(entry=2, fault=Fault.GAP)


def test_a_chain_cut_off_is_noticed_by_its_end() -> None:
    entries = chain(3)

    assert look(entries[:2], end=end_of(entries)).breaks == (Break(entry=3, fault=Fault.CUT),)


def test_a_chain_cut_off_together_with_its_end_is_noticed_by_who_has_seen_more() -> None:
    entries = chain(3)

    assert look(entries[:2], seen=end_of(entries)).breaks == (Break(entry=3, fault=Fault.SEEN_GONE),)


def test_an_old_end_put_back_is_noticed() -> None:
    entries = chain(3)

    assert look(entries, end=end_of(entries[:2])).breaks == (Break(entry=3, fault=Fault.END_BEHIND),)


def test_a_chain_whose_end_was_lost_shows_that_for_ever() -> None:
    entries = chain(2)
    later = chain(2, after_loss(end_of(entries), KEY))

    assert look(entries + later).breaks == (Break(entry=3, fault=Fault.GAP),)


def test_entries_that_came_during_the_look_are_nothing_wrong() -> None:
    entries, check = chain(3), ChainCheck(KEY)
    for entry in entries:
        check.look(entry)

    assert check.verdict(end_of(entries[:1]), end_of(chain(5)), guarded=True).whole


def test_an_end_is_read_only_with_the_key_that_signed_it() -> None:
    end = end_of(chain(1))

    assert read_end(sign_end(end, KEY), KEY) == end
    assert read_end(sign_end(end, KEY), b"other") is None
    assert read_end(sign_end(end, KEY).replace("1 ", "2 ", 1), KEY) is None
    assert [read_end(text, KEY) for text in ("", "x", "1", "1 2", "1 2 3", "é é é", "9" * 40 + " a b")] == [None] * 7


def test_what_is_too_long_for_a_column_is_cut_before_it_is_hashed() -> None:
    entry = link(replace(DRAFT, user="u" * 300, message="\ud800" + "m" * 9000, after={"a": "x" * 9000, "b": (1, 2)}),
                 NOTHING, KEY)

    assert (len(entry.user), len(entry.message), entry.message[0]) == (100, 4000, "?")
    assert entry.after == {"left out": 9022, "names": ["a", "b"]}
    assert entry.hash == hash_of(entry, KEY)
