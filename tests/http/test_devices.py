"""Devices that take push messages: one token is one device, and belongs to whoever came last."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.wire import NOBODY, ROUNDS, data, fresh_key, paths, refusal


async def add(person: Person, token: str, platform: str = "android") -> httpx.Response:
    """Register a device."""
    return await person.post("/me/devices", {"token": token, "platform": platform})


async def remove(person: Person, id: str) -> int:
    """Forget a device; the status."""
    return (await person.send("DELETE", f"/me/devices/{id}")).status_code


async def test_device_is_there_when_it_was_registered(api: Api) -> None:
    person = await api.passenger()
    device = data(await add(person, fresh_key()), 201)
    assert set(device) == {"id", "platform", "created_at"}
    assert device["platform"] == "android"


async def test_device_is_the_same_when_its_token_comes_again(api: Api) -> None:
    person, token = await api.passenger(), fresh_key()
    first = data(await add(person, token), 201)
    assert data(await add(person, token), 201) == first
    assert data(await add(person, token, "ios"), 201)["id"] != first["id"]


async def test_device_moves_when_somebody_else_logs_in_on_it(api: Api) -> None:
    first, second, token = await api.passenger(), await api.passenger(), fresh_key()
    device = data(await add(first, token), 201)
    assert data(await add(second, token), 201)["id"] == device["id"]
    assert await remove(first, device["id"]) == 404
    assert await remove(second, device["id"]) == 204
    assert await remove(second, device["id"]) == 404


async def test_device_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    person, other = await api.passenger(), await api.passenger()
    device = data(await add(other, fresh_key()), 201)
    assert [await remove(person, id) for id in (device["id"], NOBODY)] == [404, 404]
    assert await remove(other, device["id"]) == 204


async def test_one_device_is_made_when_its_token_comes_many_times_at_once(api: Api) -> None:
    person = await api.passenger()
    for _ in range(ROUNDS):
        token = fresh_key()
        answers = await asyncio.gather(*(add(person, token) for _ in range(10)))
        assert len({data(answer, 201)["id"] for answer in answers}) == 1


async def test_token_is_unreadable_when_it_is_kept(api: Api) -> None:
    person = await api.passenger()
    data(await add(person, "canary-of-a-device"), 201)
    assert "canary-of-a-device" not in await api.inside.everything()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"token": "", "platform": "ios"}, "token"),
        ({"token": "a b", "platform": "ios"}, "token"),
        ({"token": "x" * 4097, "platform": "ios"}, "token"),
        ({"token": "x", "platform": "symbian"}, "platform"),
        ({"token": "x"}, "platform"),
        ({"token": "x", "platform": "ios", "kind": "apns"}, "kind"),
        ({"token": "x", "platform": "ios", "user_id": NOBODY}, "user_id"),
    ],
)
async def test_device_is_refused_when_it_is_not_sound(api: Api, body: dict[str, str], path: str) -> None:
    person = await api.passenger()
    assert paths(refusal(await person.post("/me/devices", body), 422, "validation_error")) == [path]
    refusal(await api.http.post("/me/devices", json=body), 401, "auth_required")


async def test_device_is_another_one_when_its_kind_is(api: Api) -> None:
    person, key = await api.passenger(), fresh_key()
    bodies = [{"token": key, "platform": "web", "kind": kind} for kind in ("token", "fid", "token", "fid")]
    ids = [data(await person.post("/me/devices", body), 201)["id"] for body in bodies]
    assert ids == [ids[0], ids[1]] * 2
    assert ids[0] != ids[1]
    assert data(await add(person, key, "web"), 201)["id"] == ids[0]
