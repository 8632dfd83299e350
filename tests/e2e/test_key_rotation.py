"""Keys change under a running service: two processes are asked and written to all the while."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import count
from typing import Final

import httpx
import pytest

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.postgres.pool import open_pool
from allonova.domain.identity.session import TokenPair
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import number_context
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.payout_account import PayoutAccount, account_context
from tests.e2e.stage import Stage, open_stage
from tests.support.factories import a_paper, new_id
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.processes import SECRETS, Fleet, allonova, make_fleet
from tests.support.sealed import a_device, kids

pytestmark = [pytest.mark.promise("sealed-at-rest"), pytest.mark.prove]

NEXT: Final = "next:a secret that took the other's place"
OLD: Final = f"e2e:{SECRETS['e2e']}"
BEFORE = AesSealer(SECRETS, "e2e")
PEOPLE, DEVICES, ASKING = 20, 100, 8
PATIENCE_S = 120


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Processes that know both keys, and seal with the new one."""
    database_url = asyncio.run(fresh_database(admin_dsn()))
    fleet = make_fleet(tmp_path_factory.mktemp("keys"), database_url, {"ALLONOVA_SECRET_KEYS": f"{NEXT},{OLD}"})
    try:
        yield fleet
    finally:
        fleet.stop()
        asyncio.run(drop_database(admin_dsn(), database_url))


@pytest.fixture
async def stage(fleet: Fleet) -> AsyncIterator[Stage]:
    """All of them serving."""
    await fleet.ready()
    async with open_stage(fleet) as stage:
        yield stage


async def settled(stage: Stage) -> tuple[User, str, TokenPair]:
    """Somebody with a paper, phones and a payout account, sealed by the old key; his number, and his session."""
    user, id, now = stage.a_user(), new_id(), stage.clock.now()
    paper, number = a_paper(user), f"+22507{str(user.phone)[-8:]}"
    paper.doc_number = BEFORE.seal("CI0123456", context=number_context(paper.id))
    phone = BEFORE.seal(number, context=account_context(id))
    account = PayoutAccount(
        id=id, user_id=user.id, method=PayoutMethod.WAVE, phone=phone, confirmed_at=now, created_at=now, updated_at=now
    )
    await stage.keep(user, paper)
    async with stage.units.begin() as unit:
        await unit.payout_accounts.add(account)
        for _ in range(DEVICES):
            await unit.devices.add(a_device(user, BEFORE))
    return user, number, await stage.log_in(user)


async def rotate(fleet: Fleet) -> int:
    """`allonova keys rotate`; its exit code."""
    program, *arguments = allonova("keys", "rotate")
    quiet = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(
        program, *arguments, env=dict(fleet.env), cwd=fleet.redis.folder, stdout=quiet
    )
    return await asyncio.wait_for(child.wait(), PATIENCE_S)


async def number_of(http: httpx.AsyncClient, access_token: str) -> str:
    """Where somebody's money goes."""
    answer = await http.get("/api/v1/me/payout-account", headers={"Authorization": f"Bearer {access_token}"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["phone"])


async def test_no_request_fails_when_keys_rotate_under_load(stage: Stage) -> None:
    people = [await settled(stage) for _ in range(PEOPLE)]
    either, numbers, found, is_over = stage.either, count(), Counter[int](), asyncio.Event()

    async def ask(mine: list[tuple[User, str, TokenPair]]) -> None:
        while not is_over.is_set():
            for _, number, pair in mine:
                headers = {"Authorization": f"Bearer {pair.access_token}"}
                assert await number_of(next(either), pair.access_token) == number
                body = {"token": f"fcm-{next(numbers)}", "platform": "android"}
                for answer in (
                    await next(either).get("/api/v1/me/kyc/status", headers=headers),
                    await next(either).post("/api/v1/me/devices", headers=headers, json=body),
                ):
                    found[answer.status_code] += 1

    asking = [asyncio.create_task(ask(people[n::ASKING])) for n in range(ASKING)]
    assert await rotate(stage.fleet) == 0
    is_over.set()
    await asyncio.gather(*asking)
    assert set(found) == {200, 201}
    assert found.total() > 2 * PEOPLE
    async with await open_pool(stage.fleet.database_url, max_size=1, role=None) as owner:
        assert await kids(owner) == {"next"}
    await _without_the_old_key(stage, people)


async def _without_the_old_key(stage: Stage, people: list[tuple[User, str, TokenPair]]) -> None:
    for process in (*stage.fleet.apis, stage.fleet.worker):
        process.stop()
        process.env = {**process.env, "ALLONOVA_SECRET_KEYS": NEXT}
    await replace(stage.fleet, _has_served=False).ready()
    for _, number, pair in people:
        old = await stage.a.get("/api/v1/me", headers={"Authorization": f"Bearer {pair.access_token}"})
        assert old.status_code == 401
        body = {"refresh_token": pair.refresh_token}
        renewed = (await stage.b.post("/api/v1/auth/token/refresh", json=body)).json()["data"]
        assert await number_of(stage.a, renewed["access_token"]) == number
