"""Refresh tokens rotate, a stolen one ends its session, and who is out is out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.factories import SECOND
from tests.support.wire import ROUNDS, data, refusal


async def refresh(api: Api, token: str) -> httpx.Response:
    """Exchange a refresh token."""
    return await api.http.post("/auth/token/refresh", json={"refresh_token": token})


async def rotated(api: Api, token: str) -> str:
    """The next refresh token."""
    return str(data(await refresh(api, token))["refresh_token"])


async def logout(person: Person, token: str) -> httpx.Response:
    """End a session."""
    return await person.post("/auth/logout", {"refresh_token": token})


def token_of(person: Person) -> str:
    """The refresh token of his login."""
    return str(person.tokens["refresh_token"])


async def test_pair_is_new_when_a_refresh_token_is_exchanged(api: Api) -> None:
    person = await api.passenger()
    api.clock.advance(SECOND)
    pair = data(await refresh(api, token_of(person)))
    assert pair["refresh_token"] != token_of(person)
    assert pair["access_token"] != person.tokens["access_token"]
    assert pair["user"]["id"] == str(person.id)
    data(await api.http.get("/me", headers={"Authorization": f"Bearer {pair['access_token']}"}))


async def test_successor_is_the_very_same_when_the_reply_was_lost(api: Api) -> None:
    person = await api.passenger()
    first = await rotated(api, token_of(person))
    api.clock.advance(10 * SECOND)
    assert await rotated(api, token_of(person)) == first


@pytest.mark.promise("refresh-rotation")
@pytest.mark.promise("remembered-refusals")
async def test_session_ends_when_a_used_token_comes_after_ten_seconds(api: Api) -> None:
    person = await api.passenger()
    newest = await rotated(api, token_of(person))
    api.clock.advance(11 * SECOND)
    refusal(await refresh(api, token_of(person)), 401, "auth_required")
    refusal(await refresh(api, newest), 401, "auth_required")
    await api.relay()
    refusal(await person.get("/me"), 401, "auth_required")


@pytest.mark.promise("refresh-rotation")
async def test_descendants_die_when_an_ancestor_comes_back(api: Api) -> None:
    person = await api.passenger()
    chain = [token_of(person)]
    for _ in range(4):
        api.clock.advance(20 * SECOND)
        chain.append(await rotated(api, chain[-1]))
    refusal(await refresh(api, chain[1]), 401, "auth_required")
    for token in chain:
        refusal(await refresh(api, token), 401, "auth_required")


async def test_other_device_stays_in_when_one_session_was_stolen(api: Api) -> None:
    mobile = await api.passenger()
    laptop = await api.log_in(mobile.phone)
    await rotated(api, token_of(mobile))
    api.clock.advance(11 * SECOND)
    refusal(await refresh(api, token_of(mobile)), 401, "auth_required")
    await api.relay()
    data(await laptop.get("/me"))
    data(await refresh(api, token_of(laptop)))


@pytest.mark.promise("refresh-rotation")
async def test_one_chain_lives_when_a_token_is_exchanged_many_times_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        person = await api.passenger()
        answers = await asyncio.gather(*(refresh(api, token_of(person)) for _ in range(20)))
        successors = {data(answer)["refresh_token"] for answer in answers}
        assert len(successors) == 1
        api.clock.advance(11 * SECOND)
        assert await rotated(api, successors.pop())


async def test_token_is_dead_when_thirty_days_are_over(api: Api) -> None:
    person = await api.passenger()
    api.clock.advance(timedelta(days=30) - SECOND)
    newest = await rotated(api, token_of(person))
    api.clock.advance(timedelta(days=30))
    refusal(await refresh(api, newest), 401, "auth_required")


@pytest.mark.promise("out-is-out")
async def test_refresh_is_refused_when_the_account_is_suspended(api: Api) -> None:
    person = await api.passenger()
    await api.change(person, is_active=False)
    refusal(await refresh(api, token_of(person)), 401, "auth_required")
    refusal(await person.get("/me"), 401, "auth_required")


async def test_refresh_is_refused_when_the_token_is_none(api: Api) -> None:
    for token in ("x", "a" * 64, "a" * 200):
        answer = await refresh(api, token)
        refusal(answer, 401, "auth_required")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_refresh_is_refused_when_an_access_token_is_given(api: Api) -> None:
    person = await api.passenger()
    assert (await refresh(api, person.tokens["access_token"][:200])).status_code == 401


@pytest.mark.promise("out-is-out")
async def test_refresh_dies_at_once_when_its_owner_logs_out(api: Api) -> None:
    person = await api.passenger()
    assert (await logout(person, token_of(person))).status_code == 204
    refusal(await refresh(api, token_of(person)), 401, "auth_required")


async def test_access_dies_with_the_relay_when_its_owner_logs_out(api: Api) -> None:
    person = await api.passenger()
    answer = await logout(person, token_of(person))
    assert (answer.status_code, answer.content) == (204, b"")
    await api.relay()
    refusal(await person.get("/me"), 401, "auth_required")
    refusal(await api.http.get("/trips/search", headers=person.bearer), 401, "auth_required")


async def test_logout_is_done_when_it_was_done_before(api: Api) -> None:
    person = await api.passenger()
    for _ in range(2):
        assert (await logout(person, token_of(person))).status_code == 204


async def test_nothing_ends_when_somebody_else_logs_out_with_ones_token(api: Api) -> None:
    person, other = await api.passenger(), await api.passenger()
    assert (await logout(other, token_of(person))).status_code == 204
    data(await refresh(api, token_of(person)))


async def test_nothing_ends_when_a_stranger_logs_out(api: Api) -> None:
    person = await api.passenger()
    answer = await api.http.post("/auth/logout", json={"refresh_token": token_of(person)})
    refusal(answer, 401, "auth_required")
    data(await refresh(api, token_of(person)))


async def test_no_token_lies_in_the_store_when_somebody_logged_in(api: Api) -> None:
    person = await api.passenger()
    everything = await api.inside.everything()
    assert token_of(person) not in everything
    assert person.tokens["access_token"] not in everything
