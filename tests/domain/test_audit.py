"""The chain over the audit log: what it proves, told without a database."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.domain.audit.seal import (
    LATE,
    SHOWN_FAULTS,
    START,
    AuditEntry,
    Proof,
    Seal,
    SealedEntry,
    canonical,
    night_of,
    seals_of,
)
from allonova.domain.kernel.machine import Party

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def entry(number: int, **changes: Any) -> AuditEntry:
    made = AuditEntry(
        id=UUID(int=number),
        actor_type=Party.ADMIN,
        actor_id=UUID(int=999),
        action="booking.accepted",
        entity="booking",
        entity_id=UUID(int=500 + number),
        meta={"seats": number},
        created_at=NOW + number * SECOND,
    )
    return replace(made, **changes)


def chain(*entries: AuditEntry, last: Seal | None = None) -> list[SealedEntry]:
    return [SealedEntry(seal, one) for seal, one in zip(seals_of(entries, last), entries, strict=True)]


FIVE = [entry(number) for number in range(1, 6)]


def faults(links: list[SealedEntry], noted: dict[int, str] | None = None, wanted: str | None = None) -> list[str]:
    proof = Proof(noted or {}, wanted)
    for one in links:
        proof.take(one)
    proof.finish()
    assert proof.fault_count == len(proof.faults)
    return proof.faults


def test_hash_is_sha256_over_the_one_before_and_the_row() -> None:
    text = (
        '["00000000-0000-0000-0000-000000000001","admin","00000000-0000-0000-0000-0000000003e7","booking.accepted",'
        '"booking","00000000-0000-0000-0000-0000000001f5",{"seats":1},"2026-03-01T08:00:01.000000+00:00"]'
    )
    assert canonical(entry(1)) == text.encode()
    first, second = seals_of(FIVE[:2], None)
    assert first.hash == hashlib.sha256(bytes(32) + text.encode()).digest()
    assert second.hash == hashlib.sha256(first.hash + canonical(entry(2))).digest()
    assert (first.seq, second.seq, second.log_id) == (1, 2, UUID(int=2))


def test_row_is_the_same_bytes_when_it_is_read_back() -> None:
    made = entry(1, meta={"b": "é", "a": 1})
    read = entry(1, meta=json.loads('{"a": 1, "b": "é"}'), created_at=made.created_at.astimezone())
    assert canonical(made) == canonical(read)


CHANGES: list[dict[str, Any]] = [
    {"id": UUID(int=77)},
    {"actor_type": Party.SYSTEM},
    {"actor_id": None},
    {"actor_id": UUID(int=77)},
    {"action": "booking.rejected"},
    {"entity": "trip"},
    {"entity_id": UUID(int=77)},
    {"meta": {}},
    {"meta": {"seats": "3"}},
    {"meta": {"seats": 3, "more": 1}},
    {"created_at": NOW + 3 * SECOND + timedelta(microseconds=1)},
]


@pytest.mark.parametrize("changes", CHANGES, ids=[str(list(one)) + str(n) for n, one in enumerate(CHANGES)])
def test_row_is_named_when_anything_in_it_was_changed(changes: dict[str, Any]) -> None:
    links = chain(*FIVE)
    links[2] = SealedEntry(links[2].seal, entry(3, **changes))
    found = faults(links)
    assert [fault for fault in found if "its time" not in fault] == [
        f"row {changes.get('id', UUID(int=3))}: not what was sealed (seal 3)"
    ]


def test_chain_is_clean_when_nobody_touched_it() -> None:
    links = chain(*FIVE)
    assert faults(links) == []
    assert faults(links, {3: links[2].seal.hash.hex()}, links[1].seal.hash.hex()) == []
    assert faults([], {}, None) == []


def test_row_is_named_when_it_is_gone() -> None:
    links = chain(*FIVE)
    links[2] = SealedEntry(links[2].seal, None)
    assert faults(links) == [f"row {UUID(int=3)}: gone (seal 3)"]


def test_seals_are_named_when_they_are_gone() -> None:
    links = chain(*FIVE)
    assert faults([links[0], *links[3:]]) == ["seals 2 to 3: gone"]
    assert faults(links[1:]) == ["seals 1 to 1: gone"]


def test_both_are_named_when_two_rows_changed_places() -> None:
    links = chain(*FIVE)
    links[1], links[2] = SealedEntry(links[1].seal, FIVE[2]), SealedEntry(links[2].seal, FIVE[1])
    found = [fault for fault in faults(links) if "not what was sealed" in fault]
    assert len(found) == 2


def test_row_is_named_when_it_was_put_in_between() -> None:
    links = chain(*FIVE[:3])
    added = chain(entry(9, created_at=NOW + 2 * SECOND), last=links[1].seal)
    pushed = [SealedEntry(replace(links[2].seal, seq=4), FIVE[2])]
    assert faults([*links[:2], *added, *pushed]) == [f"row {UUID(int=3)}: not what was sealed (seal 4)"]


def test_hash_is_named_when_it_was_written_anew() -> None:
    links = chain(*FIVE)
    links[2] = SealedEntry(replace(links[2].seal, hash=bytes(31) + b"x"), FIVE[2])
    assert [fault.rpartition(" ")[2] for fault in faults(links)] == ["3)", "4)"]


def test_tail_is_missed_when_it_was_cut_off() -> None:
    links = chain(*FIVE)
    head = links[-1].seal.hash.hex()
    assert faults(links[:3]) == []
    assert faults(links[:3], {5: head}) == ["seals 4 to 5: cut off"]
    assert faults(links[:3], wanted=head) == [f"head {head}: not in the chain, which was cut off or written anew"]


def test_chain_is_refused_when_all_of_it_was_written_anew() -> None:
    head = chain(*FIVE)[-1].seal.hash.hex()
    forged = chain(*FIVE[:4], entry(5, action="nothing.happened"))
    assert faults(forged) == []
    assert faults(forged, {5: head}) == ["seal 5: another one was noted here"]
    assert faults(forged, wanted=head) != []


def test_row_is_named_when_it_claims_a_time_that_is_long_sealed() -> None:
    late = entry(6, created_at=FIVE[4].created_at - LATE)
    too_late = entry(7, created_at=FIVE[4].created_at - LATE - SECOND)
    assert faults(chain(*FIVE, late)) == []
    assert faults(chain(*FIVE, too_late)) == [f"row {UUID(int=7)}: claims a time that was sealed before (seal 6)"]


def test_time_of_a_seal_is_the_latest_of_its_rows_so_far() -> None:
    seals = seals_of([FIVE[2], FIVE[0], FIVE[4]], None)
    assert [seal.upto for seal in seals] == [FIVE[2].created_at, FIVE[2].created_at, FIVE[4].created_at]
    links = chain(*FIVE)
    links[1] = SealedEntry(replace(links[1].seal, upto=NOW + 9 * SECOND), FIVE[1])
    assert faults(links)[0] == "seal 2: its time does not follow from its row"


def test_faults_are_counted_when_they_are_too_many_to_show() -> None:
    proof = Proof({})
    for seal in seals_of([entry(number) for number in range(1, SHOWN_FAULTS + 21)], None):
        proof.take(SealedEntry(seal, None))
    assert (proof.fault_count, len(proof.faults)) == (SHOWN_FAULTS + 20, SHOWN_FAULTS)


def test_head_is_that_of_nothing_when_nothing_is_sealed() -> None:
    assert Proof({}).head == START.hex() == "0" * 64


@pytest.mark.parametrize(("hour", "night"), [(1, "2026-02-28"), (2, "2026-03-01"), (23, "2026-03-01")])
def test_night_begins_at_two(hour: int, night: str) -> None:
    assert night_of(NOW.replace(hour=hour)) == night
