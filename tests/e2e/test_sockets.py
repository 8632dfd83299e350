"""Sockets of two processes: whoever dies or loses the network, nothing that was acknowledged is missed."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from allonova.domain.carpool.booking import Booking
from tests.e2e.conftest import Quote
from tests.e2e.phones import Phone, open_socket
from tests.e2e.stage import AUTH, Stage
from tests.support.processes import eventually

STOP_S = 20


def a_phone(stage: Stage, booking: Booking) -> Phone:
    """The passenger's."""
    return Phone(
        urls=stage.fleet.urls,
        path=f"/ws/bookings/{booking.id}",
        headers=stage.headers(booking.passenger_id),
        list_path=f"/api/v1/bookings/{booking.id}/messages",
    )


async def speak(stage: Stage, booking: Booking, count: int, disasters: dict[int, object]) -> list[str]:
    """The passenger's words, in order, each as often as it takes to be acknowledged; the ids that came back."""
    headers, ids = stage.headers(booking.passenger_id), []
    for number in range(count):
        if callable(disaster := disasters.get(number)):
            disaster()
        body = {"content": f"message {number}", "client_id": str(uuid4())}
        ids.append(await say(stage, booking, headers, body))
    return ids


async def say(stage: Stage, booking: Booking, headers: dict[str, str], body: dict[str, str]) -> str:
    for client in stage.either:
        with suppress(httpx.TransportError):
            answer = await client.post(f"/api/v1/bookings/{booking.id}/messages", json=body, headers=headers)
            if answer.status_code in (200, 201):
                return str(answer.json()["data"]["id"])
            assert answer.status_code == 503, answer.text
        await asyncio.sleep(0.02)
    raise AssertionError


@pytest.mark.promise("reconnect")
@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.prove)])
async def test_nothing_acknowledged_is_missed_when_a_process_and_redis_die(
    stage: Stage, quote: Quote, count: int
) -> None:
    booking = await stage.a_held_booking()
    phones = [a_phone(stage, booking) for _ in range(4)]
    following = [asyncio.create_task(phone.follow_for_ever(frames=count // 20)) for phone in phones]

    def kill_api() -> None:
        stage.fleet.apis[0].kill()

    def start_api() -> None:
        stage.fleet.apis[0].start()

    def kill_redis() -> None:
        stage.fleet.redis.kill()

    def start_redis() -> None:
        stage.fleet.redis.start()

    part = count // 10
    disasters = {part: kill_api, 3 * part: start_api, 5 * part: kill_redis, 7 * part: start_redis}
    started = time.monotonic()
    try:
        ids = await speak(stage, booking, count, dict(disasters))
        spoken_s = time.monotonic() - started

        async def all_seen() -> bool:
            return all(phone.seen == ids for phone in phones)

        await eventually("every phone has every message, once and in order", all_seen)
        await stage.fleet.ready()
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    for phone in phones:
        assert len(phone.framed) == len(set(phone.framed))
    drops, resyncs = sum(phone.drops for phone in phones), sum(phone.resyncs for phone in phones)
    quote(
        f"{count} messages in {spoken_s:.1f} s, an API killed, Redis killed with all it knew: 4 phones, {drops} drops, "
        f"{resyncs} resyncs, each message once and in order"
    )


@pytest.mark.promise("out-is-out")
async def test_sockets_are_closed_when_somebody_logs_out_elsewhere(stage: Stage, quote: Quote) -> None:
    booking = await stage.a_held_booking()
    async with stage.units.begin() as unit:
        passenger = await unit.users.get(booking.passenger_id)
    tokens = await stage.log_in(passenger)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    connection = await open_socket(stage.fleet.urls[1], f"/ws/bookings/{booking.id}", headers)
    started = time.monotonic()
    answer = await stage.a.post(f"{AUTH}/logout", json={"refresh_token": tokens.refresh_token}, headers=headers)
    assert answer.status_code == 204
    assert await code_of(connection) == 4401
    spent = time.monotonic() - started
    assert spent < 5
    quote(f"closed 4401 after {spent:.2f} s")


async def code_of(connection: ClientConnection) -> int:
    """Why it was closed; 1006 when nothing was said."""
    try:
        async with asyncio.timeout(STOP_S):
            while True:
                await connection.recv()
    except ConnectionClosed as closed:
        return 1006 if closed.rcvd is None else closed.rcvd.code


@pytest.mark.promise("graceful-stop")
@pytest.mark.parametrize(("sockets", "per_s"), [(50, 50), pytest.param(200, 200, marks=pytest.mark.prove)])
async def test_nobody_is_cut_off_when_a_process_is_told_to_stop(
    stage: Stage, quote: Quote, sockets: int, per_s: int
) -> None:
    booking = await stage.a_held_booking()
    headers = stage.headers(booking.passenger_id)
    path, url = f"/api/v1/bookings/{booking.id}", stage.fleet.urls[0]
    is_red, failed, answered = asyncio.Event(), list[str](), [0]

    async def ask() -> None:
        """As behind a balancer: to this process until it says that it stops."""
        client = stage.b if is_red.is_set() else stage.a
        try:
            answer = await client.get(path, headers=headers)
        except httpx.TransportError as error:
            failed.append(type(error).__name__)
            return
        answered[0] += 1
        if answer.status_code != 200:
            failed.append(str(answer.status_code))

    async def probe() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            while (await http.get(f"{url}/readyz")).status_code == 200:
                await asyncio.sleep(0.1)
        is_red.set()

    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        open_ones = [await open_socket(url, f"/ws/bookings/{booking.id}", headers) for _ in range(sockets)]
        probing = group.create_task(probe())
        for _ in range(per_s):
            group.create_task(ask())
            await asyncio.sleep(1 / per_s)
        started = time.monotonic()
        stage.fleet.apis[0].ask_to_stop()
        for _ in range(per_s * 2):
            group.create_task(ask())
            await asyncio.sleep(1 / per_s)
        await probing
        codes = {await code_of(connection) for connection in open_ones}
    await eventually("the process has ended", lambda: _ended(stage))
    spent = time.monotonic() - started
    await stage.fleet.ready()
    assert failed == []
    assert codes == {1012}
    assert spent < STOP_S
    quote(f"{answered[0]} requests, {sockets} sockets: none failed, all closed 1012, ended after {spent:.1f} s")


async def _ended(stage: Stage) -> bool:
    return not stage.fleet.apis[0].is_running
