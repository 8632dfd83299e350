"""A suspended person's token opens nothing, on any route, though its fifteen minutes are not over."""

from __future__ import annotations

import re

import pytest

from allonova.adapters.http.openapi import create_openapi
from allonova.main.docs.map import Feature, features
from allonova.main.wiring import http_config
from tests.support.api import Api
from tests.support.chats import a_pair
from tests.support.serving import SETTINGS, app_of
from tests.support.wire import NOBODY, ROOT, data, refusal

APP = app_of(http_config(SETTINGS))
OPENAPI = create_openapi(APP)


def takes_his_token(feature: Feature) -> bool:
    """Whether a route asks for a user's token, or welcomes one."""
    asked = OPENAPI["paths"][feature.path][feature.method.lower()].get("security", [])
    return {"HTTPBearer": []} in asked


ROUTES = [feature for feature in features(APP) if takes_his_token(feature)]


@pytest.mark.promise("out-is-out")
async def test_answer_is_401_everywhere_when_its_owner_was_suspended(api: Api, subtests: pytest.Subtests) -> None:
    admin, driver, passenger = await api.admin(), await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    for person in (driver, passenger):
        body = {"is_active": False, "reason": "Fraude."}
        data(await admin.send("PATCH", f"/admin/users/{person.id}", json=body))
    await api.relay()
    before = await api.inside.everything()
    assert len(ROUTES) > 80
    for feature in ROUTES:
        for person, id in ((passenger, booking["id"]), (driver, booking["trip"]["id"]), (driver, NOBODY)):
            with subtests.test(f"{feature.method} {feature.path}", id=id):
                url = ROOT + re.sub(r"\{[^}]*\}", id, feature.path)
                answer = await api.http.request(feature.method, url, headers=person.bearer)
                refusal(answer, 401, "auth_required")
    assert await api.inside.everything() == before


@pytest.mark.promise("out-is-out")
async def test_open_socket_is_closed_when_its_owner_is_suspended(api: Api) -> None:
    pair, admin = await a_pair(api), await api.admin()
    async with pair.follow(pair.passenger) as mine, pair.follow(pair.driver) as theirs:
        body = {"is_active": False, "reason": "Fraude."}
        data(await admin.send("PATCH", f"/admin/users/{pair.passenger.id}", json=body))
        await api.relay()
        await api.service.hub._sweep()  # every second where it runs
        assert await mine.close_code() == 4401
        await theirs.say("message.read", up_to=NOBODY)
        assert (await theirs.next("error"))["data"]["code"] == "validation_error"
