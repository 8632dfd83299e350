"""Access tokens of MTN: one for all who need it, slow to come, short of life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from allonova.adapters.payments.mtn_api import MtnKeys, MtnProduct
from allonova.adapters.vendors.http import Reply
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.payments.mtn_harness import URL, keys, product

type Said = Callable[[int], httpx.Response]


def good(number: int) -> httpx.Response:
    return httpx.Response(200, json={"access_token": f"t{number}", "token_type": "access_token", "expires_in": 3600})


@dataclass
class Giver:
    """MTN's token endpoint, which answers when the test lets it; calls that move money answer 200 to good tokens."""

    said: Said = good
    open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[httpx.Request] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    used: list[str] = field(default_factory=list)
    at: float = 0.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token/"):
            self.asked.append(request)
            number = len(self.asked)
            await self.open.wait()
            return self.said(number)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.used.append(token)
        return httpx.Response(401 if token in self.refused else 200, json={})

    def product(self, *, patience_s: float = 5) -> MtnProduct:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return product(http, "collection", monotonic=lambda: self.at, patience_s=patience_s)


@pytest.fixture
def giver() -> Giver:
    found = Giver()
    found.open.set()
    return found


async def call(mtn: MtnProduct, url: str = URL) -> Reply:
    return await mtn.call(url, "GET", "/v1_0/account/balance")


async def test_one_token_for_all_who_come_at_once(giver: Giver) -> None:
    mtn = giver.product()
    await asyncio.gather(*(call(mtn) for _ in range(20)))
    await call(mtn)
    assert (len(giver.asked), set(giver.used)) == (1, {"t1"})


async def test_another_token_a_minute_before_the_first_ends(giver: Giver) -> None:
    mtn = giver.product()
    await call(mtn)
    giver.at = 3539
    await call(mtn)
    giver.at = 3540
    await call(mtn)
    assert giver.used == ["t1", "t1", "t2"]


async def test_another_token_when_the_first_is_refused(giver: Giver) -> None:
    mtn = giver.product()
    await call(mtn)
    giver.refused = {"t1"}
    assert (await call(mtn)).is_success
    assert giver.used == ["t1", "t1", "t2"]


async def test_refused_once_and_no_more_when_no_token_is_taken(giver: Giver) -> None:
    giver.refused = {"t1", "t2", "t3"}
    assert (await call(giver.product())).status == 401
    assert giver.used == ["t1", "t2"]


async def test_a_token_for_each_platform(giver: Giver) -> None:
    mtn = giver.product()
    await call(mtn)
    await call(mtn, "https://proxy.momoapi.mtn.com")
    assert [request.url.host for request in giver.asked] == ["s.test", "proxy.momoapi.mtn.com"]


async def test_slow_token_is_found_by_the_next_when_the_first_asker_gave_up(giver: Giver) -> None:
    giver.open.clear()
    mtn = giver.product()
    asker = asyncio.create_task(call(mtn))
    while not giver.asked:
        await asyncio.sleep(0)
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    giver.open.set()
    assert (await call(mtn)).is_success
    assert (len(giver.asked), giver.used) == (1, ["t1"])


async def test_nobody_waits_for_ever_but_the_token_is_kept(giver: Giver) -> None:
    giver.open.clear()
    mtn = giver.product(patience_s=0.01)
    with pytest.raises(ProviderUnavailable):
        await call(mtn)
    assert giver.used == []
    [fetching] = [task for task in asyncio.all_tasks() if task.get_name().startswith("mtn token")]
    giver.open.set()
    await fetching
    await call(mtn)
    assert len(giver.asked) == 1


async def test_asked_again_when_it_failed(giver: Giver) -> None:
    giver.said = lambda number: httpx.Response(500) if number == 1 else good(number)
    mtn = giver.product()
    with pytest.raises(ProviderUnavailable):
        await call(mtn)
    assert (await call(mtn)).is_success


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"statusCode": 401, "message": "Access denied"}),
        httpx.Response(400, json={"code": "NOT_ALLOWED_TARGET_ENVIRONMENT"}),
        httpx.Response(403, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200),
        httpx.Response(200, json={"access_token": None, "expires_in": 3600}),
        httpx.Response(200, json={"access_token": "", "expires_in": 3600}),
        httpx.Response(200, json={"access_token": "a\r\nX-Evil: 1", "expires_in": 3600}),
        httpx.Response(200, json={"access_token": "t" * 8193, "expires_in": 3600}),
    ],
)
async def test_unavailable_when_there_is_no_token_in_the_answer(giver: Giver, answer: httpx.Response) -> None:
    giver.said = lambda _: httpx.Response(answer.status_code, content=answer.content)
    with pytest.raises(ProviderUnavailable):
        await call(giver.product())
    assert giver.used == []


@pytest.mark.parametrize(
    ("said", "lasts_s"),
    [(3600, 3540), ("3600", 3540), (120.5, 60.5), (10**9, 3540), (None, 0), ("soon", 0), (True, 0), (-5, 0), ({}, 0)],
)
async def test_token_serves_as_long_as_it_says(giver: Giver, said: object, lasts_s: float) -> None:
    giver.said = lambda number: httpx.Response(200, json={"access_token": f"t{number}", "expires_in": said})
    mtn = giver.product()
    for at in (0, lasts_s - 0.25, lasts_s + 0.25):
        giver.at = max(at, 0)
        assert (await call(mtn)).is_success
    assert len(giver.asked) == (2 if lasts_s else 3)


def test_every_key_is_needed_and_none_is_shown() -> None:
    known = keys(api_key="se/cret", subscription_key="hid/den")
    assert "cret" not in repr(known)
    assert "hid" not in repr(known)
    for lacking in (
        MtnKeys(user="", api_key="k", subscription_key="s"),
        MtnKeys(user="u", api_key="", subscription_key="s"),
        MtnKeys(user="u", api_key="k", subscription_key=""),
    ):
        with pytest.raises(ValueError, match="MTN needs"):
            MtnProduct(httpx.AsyncClient(), product="collection", keys=lacking, environment="mtnivorycoast")
