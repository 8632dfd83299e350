"""The processes together: the demo's story, and the sandbox's hold on the service."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as datetime_time
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import Audience
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once, statuses
from tests.support.factories import an_admin
from tests.support.processes import Process, allonova, answers_200, eventually, free_ports, plain_environment

STORY_S = 60


async def play(*arguments: str, env: Mapping[str, str]) -> str:
    """Run a command of ours to its good end; what it said."""
    command = allonova(*arguments)
    async with asyncio.timeout(STORY_S):
        child = await asyncio.create_subprocess_exec(
            *command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = await child.communicate()
    assert child.returncode == 0, said.decode()
    return said.decode()


async def test_demo_completes_on_two_processes(stage: Stage, quote: Quote) -> None:
    await play("seed", env=stage.fleet.env)
    first = await play("demo", env=stage.fleet.env)
    # Again through the other process, on the next morning, when the seeded trips are on the road.
    now = stage.clock.now()
    await stage.advance(datetime.combine(now.date() + timedelta(days=1), datetime_time(6), UTC) - now)
    again = await play("demo", env={**stage.fleet.env, "PORT": stage.fleet.urls[1].rpartition(":")[2]})
    assert "Both stories are complete." in first
    assert "Both stories are complete." in again
    quote("allonova demo: exit 0 through either process, and on the next morning")
    await stage.require_sound_books()


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The environment of a service of one process, in memory."""
    (port,) = free_ports(1)
    env = plain_environment() | {"ALLONOVA_ENV": "embedded", "PORT": str(port)}
    process = Process("embedded", allonova("serve"), tmp_path, env)
    process.start()
    try:
        url = f"http://127.0.0.1:{port}/readyz"
        await eventually("the embedded service is ready", lambda: answers_200(process, url), pause_s=0.1)
        yield env
    finally:
        process.stop()


async def test_demo_completes_in_one_process(embedded: dict[str, str]) -> None:
    assert "Both stories are complete." in await play("demo", env=embedded)


async def test_both_processes_see_the_new_time_at_once(stage: Stage) -> None:
    user = stage.a_user()
    await stage.keep(user)
    now = stage.clock.now()
    lasting = timedelta(seconds=30)
    token = stage.tokens.sign(
        subject=user.id, session=uuid4(), audience=Audience.ALLOCAR, issued_at=now, expires_at=now + lasting
    )

    async def calls() -> list[int]:
        headers = {"Authorization": f"Bearer {token}"}
        return statuses(await all_at_once(c.get("/api/v1/me", headers=headers) for c in (stage.a, stage.b)))

    assert await calls() == [200, 200]
    through_the_api = await stage.a.post("/sandbox/clock", json={"advance_s": 30})
    assert through_the_api.status_code == 200
    assert await calls() == [401, 401]


async def test_job_has_run_in_the_worker_when_the_sandbox_answers(stage: Stage) -> None:
    booking = await stage.a_held_booking()
    await stage.advance(timedelta(minutes=31))
    answer = await stage.b.post("/sandbox/jobs/holds")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "done")
    shown = await stage.pool.fetchrow("SELECT status, cancel_reason FROM carpool.bookings WHERE id = $1", booking.id)
    assert tuple(shown or ()) == ("cancelled", "expired")
    last = "SELECT name, error FROM platform.job_requests ORDER BY done_at DESC NULLS LAST LIMIT 1"
    asked = await stage.pool.fetchrow(last)
    assert tuple(asked or ()) == ("holds", None)
    unknown = await stage.a.post("/sandbox/jobs/unknown")
    assert unknown.status_code == 404


async def test_other_process_follows_a_new_setting(stage: Stage, quote: Quote) -> None:
    admin, user, now = an_admin(), stage.a_user(), stage.clock.now()
    await stage.keep(admin, user)
    token = stage.tokens.sign(
        subject=admin.id,
        session=uuid4(),
        audience=Audience.ALLOCAR_ADMIN,
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
        role=Role.SUPER,
    )
    bearer = {"Authorization": f"Bearer {token}"}

    async def enable_wallets(is_on: bool) -> None:
        etag = (await stage.a.get("/api/v1/admin/settings", headers=bearer)).headers["etag"]
        headers = {**bearer, "If-Match": etag}
        answer = await stage.a.patch("/api/v1/admin/settings", json={"enable_wallet": is_on}, headers=headers)
        assert answer.status_code == 200, answer.text

    async def paid_by_wallet() -> int:
        headers = {**stage.headers(user.id), "Idempotency-Key": str(uuid4())}
        body = {"booking_id": str(uuid4()), "method": "wallet"}
        return (await stage.b.post("/api/v1/payments/init", json=body, headers=headers)).status_code

    async def is_switched_off() -> bool:
        return await paid_by_wallet() == 409

    assert await paid_by_wallet() == 404
    await enable_wallets(False)
    began = monotonic()
    await eventually("the other process follows", is_switched_off, patience_s=10, pause_s=0.05)
    quote(f"the other process followed after {monotonic() - began:.2f} s")
    await enable_wallets(True)
