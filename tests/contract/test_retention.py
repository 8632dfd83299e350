"""What has had its time goes, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from allonova.domain.carpool.message import MessageType
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.kernel.retention import CLEANUP, RULES, Kept
from tests.support.factories import NOW, SECOND, new_id
from tests.support.retained import ELSEWHERE, FILES, NOVA, forgotten, plant
from tests.support.worlds import World

OWN = [rule.kept for rule in RULES if rule.job == CLEANUP and rule.kept not in NOVA | ELSEWHERE]
DELIVERED = frozenset({Kept.DELIVERIES, Kept.DEAD_LETTERS})
PLANTED = [kept for kept in OWN if kept not in DELIVERED]
LAST = {Kept.REFRESH_TOKENS: 2}
"""Kinds of which more than one row goes at the very end: a living session has a token that ends a day later."""


async def test_nothing_goes_before_its_time(world: World) -> None:
    await plant(world)
    assert {kept: (await forgotten(world, kept, after=timedelta(0)))[0] for kept in PLANTED} == dict.fromkeys(
        PLANTED, 0
    )


async def test_each_kind_goes_once_its_time_is_over(world: World) -> None:
    await plant(world)
    first = {kept: await forgotten(world, kept, after=SECOND) for kept in PLANTED}
    assert first == {kept: (1, FILES.get(kept, set())) for kept in PLANTED}
    again = {kept: await forgotten(world, kept, after=SECOND) for kept in PLANTED}
    assert again == dict.fromkeys(PLANTED, (0, set()))


async def test_session_goes_when_no_token_of_it_is_left(world: World) -> None:
    await plant(world)
    assert (await forgotten(world, Kept.SESSIONS, after=SECOND))[0] == 0
    await forgotten(world, Kept.REFRESH_TOKENS, after=timedelta(days=2))
    assert (await forgotten(world, Kept.SESSIONS, after=SECOND))[0] == 2


async def test_oldest_go_first_when_there_are_more_than_a_batch(world: World) -> None:
    await plant(world)
    ends = timedelta(days=2)
    taken = [(await forgotten(world, Kept.REFRESH_TOKENS, after=ends, limit=1))[0] for _ in range(3)]
    assert taken == [1, 1, 0]
    await plant(world)
    await forgotten(world, Kept.REFRESH_TOKENS, after=ends, limit=1)
    assert (await forgotten(world, Kept.SESSIONS, after=ends))[0] == 3


async def test_chat_is_emptied_and_keeps_its_rows(world: World) -> None:
    await plant(world)
    await forgotten(world, Kept.CHATS, after=SECOND)
    async with world.begin() as unit:
        left = await unit.messages.find(type=MessageType.IMAGE, content="chat.jpg")
        gone = await unit.messages.find(content=None)
    assert left is not None
    assert gone is not None
    assert (gone.client_id, gone.flags) == (None, [])


async def test_delivery_goes_when_it_was_delivered_or_given_up(world: World) -> None:
    for _ in range(3):
        await world.run(lambda unit: unit.outbox.put(SessionRevoked(new_id())))
    done, dead, *_ = await world.due()
    await world.deliveries.done(done.id, now=NOW)
    await world.deliveries.failed(dead.id, error="no", retry_at=None)
    long = timedelta(days=10_000)  # by the database's own clock it was given up today
    found = [await forgotten(world, kept, after=long) for kept in sorted(DELIVERED) * 2]
    assert [rows for rows, _ in found] == [1, 1, 0, 0]
