"""API and worker die while money leaves, to drivers and back to passengers: each gets it once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import Audience
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once
from tests.support.earnings import earn
from tests.support.factories import MINUTE, SECOND, keep
from tests.support.processes import eventually

FARE = 6_000
WEEK = timedelta(days=7)
SAMPLE = pytest.param(1, 20, id="sample")
FULL = pytest.param(30, 200, id="full", marks=pytest.mark.prove)

type Deed = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


def finance(stage: Stage) -> dict[str, str]:
    """An access token of the back office."""
    now = stage.clock.now()
    token = stage.tokens.sign(
        subject=uuid4(),
        session=uuid4(),
        audience=Audience.ALLOCAR_ADMIN,
        issued_at=now,
        expires_at=now + timedelta(minutes=15),
        role=Role.FINANCE.value,
    )
    return {"Authorization": f"Bearer {token}"}


async def ledger(stage: Stage, kind: str) -> list[Any]:
    """What Wave has written down."""
    answer = await stage.sandbox.get("/sandbox/ledger", params={"provider": "wave"})
    return list(answer.json()["data"][kind])


async def break_wave(stage: Stage, times: int) -> None:
    """It takes its next calls, and says nothing."""
    body = {"provider": "wave", "kind": "accepted_then_timeout", "times": times, "delay_s": 0.2}
    assert (await stage.sandbox.post("/sandbox/faults", json=body)).status_code == 200


async def until_answered(stage: Stage, deed: Deed) -> httpx.Response:
    """Ask the process that dies, then the one that lives."""
    try:
        return await deed(stage.a)
    except httpx.TransportError:
        return await deed(stage.b)


async def kill_after(stage: Stage, delay_s: float) -> None:
    """One API process and the worker die at that moment."""
    await asyncio.sleep(delay_s)
    stage.fleet.apis[0].kill()
    stage.fleet.worker.kill()


async def survived(stage: Stage, deeds: list[Awaitable[object]], delay_s: float, counted: str, ids: list[UUID]) -> int:
    """Everything at once, under a kill; how many of these had not left when it came."""
    await all_at_once([*deeds, kill_after(stage, delay_s)])
    left: int = await stage.pool.fetchval(counted, ids)
    await stage.fleet.ready()
    return left


async def let_go(stage: Stage, counted: str, ids: list[UUID]) -> None:
    """Time passes and jobs run until everything has left."""

    async def has_left() -> bool:
        await stage.advance(3 * MINUTE)
        await stage.run_job("relay")
        await stage.run_job("payouts_check")
        return bool(await stage.pool.fetchval(counted, ids) == 0)

    await eventually("everything has left", has_left, patience_s=180)


# Payouts

LEFT_TO_PAY = """
SELECT cardinality($1::uuid[]) - count(*) FROM carpool.payouts WHERE driver_id = ANY ($1) AND status = 'done'
"""
PAID = """
SELECT p.driver_id, p.id::text AS id, p.amount::bigint AS amount, p.status,
    (SELECT array_agg(e.kind ORDER BY e.kind) FROM platform.journal_entries e WHERE e.ref_id = p.id) AS entries
FROM carpool.payouts p WHERE p.driver_id = ANY ($1)
"""


async def earners(stage: Stage, number: int) -> dict[UUID, int]:
    """Drivers, and what each has earned."""
    drivers = [stage.a_driver() for _ in range(number)]
    owed = {driver.id: FARE + index for index, driver in enumerate(drivers)}
    async with stage.units.begin() as unit:
        for driver in drivers:
            await keep(unit, driver)
            await earn(unit, driver.id, owed[driver.id], stage.clock.now() - SECOND)
    return owed


async def run_and_job(stage: Stage) -> None:
    """Two runs, and the worker's own."""

    async def run(client: httpx.AsyncClient) -> httpx.Response:
        headers = finance(stage) | {"Idempotency-Key": key}
        return await client.post("/api/v1/admin/payouts/run", json={}, headers=headers)

    async def job() -> None:
        await stage.sandbox.post("/sandbox/jobs/payouts", timeout=5)

    key = str(uuid4())
    answer, other, _ = await asyncio.gather(until_answered(stage, run), _second_run(stage), quietly(job()))
    assert {answer.status_code, other.status_code} == {200}, (answer.text, other.text)
    await approve_all(stage)


async def approve_all(stage: Stage) -> None:
    """Another admin agrees with every run that waits for one."""
    path = "/api/v1/admin/payouts"
    waiting = await stage.b.get(f"{path}/batches", params={"status": "awaiting_approval"}, headers=finance(stage))
    for batch in waiting.json()["data"]:
        agreed = await stage.b.post(f"{path}/{batch['id']}/approve", headers=finance(stage))
        assert agreed.status_code in (200, 409), agreed.text


async def _second_run(stage: Stage) -> httpx.Response:
    return await stage.b.post("/api/v1/admin/payouts/run", json={}, headers=finance(stage))


async def quietly(deed: Awaitable[object]) -> None:
    """Whoever asks the worker may find it dead."""
    try:
        await deed
    except httpx.HTTPError:
        return


async def require_each_paid_once(stage: Stage, owed: dict[UUID, int]) -> None:
    """By us, in the books and at Wave."""
    rows = await stage.pool.fetch(PAID, list(owed))
    assert {row["driver_id"]: row["amount"] for row in rows} == owed
    assert len(rows) == len(owed)
    assert {row["status"] for row in rows} == {"done"}
    kinds = [kind for row in rows for kind in row["entries"] if kind != "provider_charged"]
    assert Counter(kinds) == {"payout_started": len(owed), "payout_done": len(owed)}
    theirs = Counter(line["ref"] for line in await ledger(stage, "payouts"))
    assert {row["id"]: theirs[row["id"]] for row in rows} == dict.fromkeys((row["id"] for row in rows), 1)


@pytest.mark.promise("one-payout")
@pytest.mark.parametrize(("kills", "size"), [SAMPLE, FULL])
async def test_each_driver_is_paid_once_when_api_and_worker_die(
    stage: Stage, kills: int, size: int, quote: Quote
) -> None:
    moments, everybody, left = Random(kills), dict[UUID, int](), 0
    longest_s = size / 100
    for _ in range(kills):
        owed = await earners(stage, size)
        await stage.advance(WEEK)  # the schedule's run is due as well
        await break_wave(stage, 3)
        left += await survived(stage, [run_and_job(stage)], moments.uniform(0, longest_s), LEFT_TO_PAY, list(owed))
        await run_and_job(stage)
        await let_go(stage, LEFT_TO_PAY, list(owed))
        await require_each_paid_once(stage, owed)
        everybody |= owed
    await stage.require_sound_books()
    ours, theirs = sum(everybody.values()), await ledger(stage, "payouts")
    paid = {row["id"] for row in await stage.pool.fetch(PAID, list(everybody))}
    assert sum(line["amount"] for line in theirs if line["ref"] in paid) == ours
    assert left > 0, "no kill met a payout"
    quote(f"{kills} kills under {kills * size} payouts: {left} had not left, each left once, {ours} F as at Wave")


# Refunds

LEFT_TO_REFUND = """
SELECT cardinality($1::uuid[]) - count(*) FROM carpool.payments WHERE id = ANY ($1) AND status = 'refunded'
"""
REFUNDED = """
SELECT r.payment_id, p.provider_ref, r.amount::bigint AS amount, r.status,
    (SELECT count(*) FROM platform.journal_entries e WHERE e.ref_id = r.id AND e.kind = 'refund_sent') AS entries
FROM carpool.refunds r JOIN carpool.payments p ON p.id = r.payment_id WHERE r.payment_id = ANY ($1)
"""


@dataclass(frozen=True, slots=True)
class Ride:
    """A booking that was paid by Wave, two days before it departs."""

    booking_id: UUID
    passenger_id: UUID
    payment_id: UUID


async def a_ride(stage: Stage) -> Ride:
    """Paid for, at the process that nobody kills."""
    booking = await stage.a_held_booking()
    headers = stage.headers(booking.passenger_id) | {"Idempotency-Key": str(uuid4())}
    body = {"booking_id": str(booking.id), "method": "wave"}
    payment = (await stage.b.post("/api/v1/payments/init", json=body, headers=headers)).json()["data"]["payment"]
    pressed = await stage.sandbox.post(f"/sandbox/checkout/{payment['provider_ref']}", json={"outcome": "paid"})
    assert pressed.status_code == 200
    return Ride(booking.id, booking.passenger_id, UUID(payment["id"]))


PAID_FOR = "SELECT count(*) FROM carpool.payments WHERE id = ANY ($1) AND status = 'paid'"


async def rides(stage: Stage, number: int) -> list[Ride]:
    """So many, all of them paid."""
    found = [await a_ride(stage) for _ in range(number)]
    ids = [ride.payment_id for ride in found]

    async def are_paid() -> bool:
        return bool(await stage.pool.fetchval(PAID_FOR, ids) == number)

    await eventually("Wave has told of every payment", are_paid)
    return found


async def cancel(stage: Stage, ride: Ride) -> None:
    """The passenger does, in time: all of it goes back."""

    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(f"/api/v1/bookings/{ride.booking_id}/cancel", headers=stage.headers(ride.passenger_id))

    answer = await until_answered(stage, ask)
    assert answer.status_code in (200, 409), answer.text  # 409: the process that died had done it


@pytest.mark.promise("one-payout")
@pytest.mark.parametrize(("kills", "size"), [SAMPLE, FULL])
async def test_each_passenger_is_refunded_once_when_api_and_worker_die(
    stage: Stage, kills: int, size: int, quote: Quote
) -> None:
    moments, left, back = Random(kills), 0, 0
    each = max(size // kills, 10)
    for _ in range(kills):
        taken = await rides(stage, each)
        ids = [ride.payment_id for ride in taken]
        await break_wave(stage, 3)
        left += await survived(
            stage, [cancel(stage, ride) for ride in taken], moments.uniform(0, each / 50), LEFT_TO_REFUND, ids
        )
        await let_go(stage, LEFT_TO_REFUND, ids)
        rows = await stage.pool.fetch(REFUNDED, ids)
        assert sorted(row["payment_id"] for row in rows) == sorted(ids)
        assert {(row["status"], row["amount"], row["entries"]) for row in rows} == {("done", FARE, 1)}
        theirs = Counter(line["ref"] for line in await ledger(stage, "refunds"))
        assert {theirs[row["provider_ref"]] for row in rows} == {1}
        back += FARE * len(rows)
    await stage.require_sound_books()
    assert left > 0, "no kill met a refund"
    quote(f"{kills} kills under {kills * each} refunds: {left} had not left, each left once, {back} F")
