"""Many relays on one database: what one booking's events were, is what is shown, in their order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from allonova.adapters.postgres.kernel.deliveries import _TAKE, PostgresLiveQueue
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.kernel.relay_live import RelayLive, Showing, showings_of
from allonova.domain.carpool.events import BookingAccepted
from tests.support.factories import NOW, NumberedIds, SetClock

CARDS, CHANGES, RELAYS = 8, 25, 4


@dataclass
class Screen:
    """Takes its time, so that relays would overtake each other if they could."""

    shown: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    card_of: dict[UUID, UUID] = field(default_factory=dict)

    async def __call__(self, event: BookingAccepted, *, once: str) -> None:
        await asyncio.sleep(0)
        self.shown[self.card_of[event.booking_id]].append(event.booking_id)


def units_of(pool: Pool) -> PostgresUnits:
    """Whose accepted bookings are shown live."""
    return PostgresUnits(
        pool,
        subscribers={BookingAccepted: ("show",)},
        live=frozenset({"show"}),
        ids=NumberedIds(),
        clock=SetClock(),
        wake=lambda _: None,
    )


async def test_nothing_is_taken_when_an_older_release_has_held_the_rows_for_long(
    pool: Pool, owner: Connection, database: str
) -> None:
    units = units_of(pool)
    async with units.begin() as unit:
        await unit.outbox.put(BookingAccepted(uuid4()))
    known, left_before = [(BookingAccepted.name, "show")], NOW - timedelta(hours=1)
    async with await open_pool(database, max_size=1) as impatient:
        await impatient.execute("SET lock_timeout = '20ms'")
        async with owner.transaction():
            await owner.execute("SELECT FROM platform.outbox FOR UPDATE")
            async with PostgresLiveQueue(impatient).take(9, known=known, left_before=left_before) as batch:
                assert batch is None
        async with PostgresLiveQueue(impatient).take(9, known=known, left_before=left_before) as batch:
            assert batch is not None
            assert len(batch.deliveries) == 1


@pytest.mark.promise("outbox-order")
async def test_order_is_that_of_the_commits_when_relays_run_at_once(pool: Pool, owner: Connection) -> None:
    units = units_of(pool)
    screen, said = Screen(), defaultdict[UUID, list[UUID]](list)
    is_over = asyncio.Event()

    async def change(card: UUID) -> None:
        for _ in range(CHANGES):
            change_id = uuid4()
            screen.card_of[change_id] = card
            async with units.begin() as unit:
                await unit.outbox.put(BookingAccepted(change_id))
            said[card].append(change_id)

    async def relay() -> None:
        work = RelayLive(PostgresLiveQueue(pool), showings_of([Showing(BookingAccepted, "show", screen)]), SetClock())
        while not is_over.is_set():
            await work()
        await work()

    relays = [asyncio.create_task(relay()) for _ in range(RELAYS)]
    await asyncio.gather(*(change(uuid4()) for _ in range(CARDS)))
    is_over.set()
    await asyncio.gather(*relays)
    assert screen.shown == said
    assert await owner.fetchval("SELECT count(*) FROM platform.outbox") == 0


async def test_index_is_used_when_the_relay_looks(owner: Connection) -> None:
    await owner.execute(
        "INSERT INTO platform.outbox (event, payload, subscriber, due_at, done_at, is_live)"
        " SELECT 'e', '{}', 's', now(), now(), false FROM generate_series(1, 20000)"
    )
    await owner.execute("ANALYZE platform.outbox")
    take = _TAKE.replace("$1", "50").replace("$2", "ARRAY['e s']").replace("$3", "now()").replace("$4", "1")
    plan = await owner.fetch(f"EXPLAIN {take}")
    assert any("ix_outbox_live" in row[0] for row in plan)
