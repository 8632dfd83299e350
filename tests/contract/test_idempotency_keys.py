"""Idempotency keys: whose they are, what stands, what is stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from allonova.application.kernel.ports import KeyRecord
from tests.support.factories import MINUTE, NOW, AnyUnit, new_id
from tests.support.worlds import World

DAY = timedelta(hours=24)


def a_record(**given: object) -> KeyRecord:
    return replace(KeyRecord(scope="s", fingerprint="f", created_at=NOW), **given)  # type: ignore[arg-type]


async def claim(world: World, record: KeyRecord) -> KeyRecord | None:
    async with world.begin() as unit:
        return await unit.keys.claim(record, stale_before=record.created_at - DAY)


async def test_mine_when_nobody_has_the_scope(world: World) -> None:
    assert await claim(world, a_record()) is None
    assert await claim(world, a_record(scope="other")) is None


async def test_the_standing_record_when_the_scope_is_taken(world: World) -> None:
    record = a_record(ref=new_id(), lease_until=NOW + MINUTE)
    await claim(world, record)
    assert await claim(world, a_record(fingerprint="g", created_at=NOW + MINUTE)) == record


async def test_answer_kept_when_updated(world: World) -> None:
    record = a_record()
    await claim(world, record)
    answered = replace(record, answer_status=201, answer_body=b'{"\xff":1}', created_at=NOW + MINUTE)
    await world.run(lambda unit: unit.keys.update(answered))
    assert await claim(world, a_record()) == answered


async def test_everything_replaced_when_updated(world: World) -> None:
    await claim(world, a_record(ref=new_id(), lease_until=NOW, answer_status=201, answer_body=b"x"))
    bare = a_record(fingerprint="g")
    await world.run(lambda unit: unit.keys.update(bare))
    assert await claim(world, a_record()) == bare


async def test_kept_when_updated_without_a_claim(world: World) -> None:
    await world.run(lambda unit: unit.keys.update(a_record(answer_status=200, answer_body=b"")))
    standing = await claim(world, a_record())
    assert standing is not None
    assert (standing.answer_status, standing.answer_body) == (200, b"")


async def test_standing_when_exactly_as_old_as_the_bound(world: World) -> None:
    await claim(world, a_record())
    assert await claim(world, a_record(created_at=NOW + DAY)) is not None


async def test_replaced_when_older_than_the_bound(world: World) -> None:
    await claim(world, a_record(answer_status=201, answer_body=b"x", ref=new_id()))
    fresh = a_record(fingerprint="g", created_at=NOW + DAY + timedelta(microseconds=1))
    assert await claim(world, fresh) is None
    assert await claim(world, replace(fresh, fingerprint="h")) == fresh


async def test_free_again_when_the_unit_rolls_back(world: World) -> None:
    async def fail(unit: AnyUnit) -> None:
        await unit.keys.claim(a_record(), stale_before=NOW - DAY)
        raise LookupError

    with pytest.raises(LookupError):
        await world.run(fail)
    assert await claim(world, a_record(fingerprint="g")) is None


async def test_stored_record_untouched_when_the_given_one_changes(world: World) -> None:
    record = a_record()
    async with world.begin() as unit:
        await unit.keys.claim(record, stale_before=NOW - DAY)
        record.fingerprint = "changed"
    standing = await claim(world, a_record())
    assert standing is not None
    assert standing.fingerprint == "f"
