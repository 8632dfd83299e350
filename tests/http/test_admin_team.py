"""Who works in the back office: hired, changed, closed."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.staff import PASSWORD, CountingHasher, Knocking, hash_by
from tests.support.wire import NOBODY, data, refusal

EMAIL = "ada@allonova.test"


async def change(by: Person, whom: str, **body: object) -> Any:
    return await by.send("PATCH", f"/admin/admins/{whom}", json=body)


async def test_somebody_new_sets_his_password_by_the_link_that_nobody_else_sees(api: Api) -> None:
    hash_by(api, CountingHasher())
    chief = await api.admin()
    answer = await chief.post("/admin/admins", {"email": EMAIL, "role": "support"})
    made = data(answer, 201)
    assert (made["email"], made["role"], made["is_active"], made["last_login"]) == (EMAIL, "support", True, None)
    assert "token" not in answer.text
    first = await api.link_token(EMAIL)
    assert (await chief.post(f"/admin/admins/{made['id']}/invitation")).status_code == 204
    token = await api.link_token(EMAIL)
    for secret, status in ((first, 422), (token, 204), (token, 422)):
        body = {"token": secret, "password": PASSWORD}
        assert (await api.http.post("/admin/password/reset", json=body)).status_code == status
    person = await Knocking(api, EMAIL).enter()
    assert data(await person.get("/admin/me"))["role"] == "support"
    refusal(await chief.post("/admin/admins", {"email": EMAIL.upper(), "role": "ops"}), 409, "conflict")


async def test_team_is_listed_to_a_super_alone(api: Api) -> None:
    chief, ops = await api.admin(email="a@allonova.test"), await api.admin(Role.OPS, email="b@allonova.test")
    assert [each["email"] for each in data(await chief.get("/admin/admins"))] == ["a@allonova.test", "b@allonova.test"]
    assert [each["id"] for each in data(await chief.get("/admin/admins", role="ops"))] == [str(ops.id)]
    assert data(await chief.get("/admin/admins", last_login="null", sort="-email"))[0]["id"] == str(ops.id)
    shown = await chief.get(f"/admin/admins/{ops.id}")
    assert (data(shown)["email"], shown.headers["etag"]) == ("b@allonova.test", '"1"')
    for word in ("password", "secret"):
        assert word not in shown.text
    refusal(await ops.get("/admin/admins"), 403, "forbidden")
    for answer in (await chief.get(f"/admin/admins/{NOBODY}"), await change(chief, NOBODY, role="ops")):
        refusal(answer, 404, "not_found")
    refusal(await chief.post(f"/admin/admins/{NOBODY}/invitation"), 404, "not_found")


@pytest.mark.parametrize("body", [{"role": "ops"}, {"is_active": False}])
async def test_sessions_end_when_somebody_is_changed(api: Api, body: dict[str, object]) -> None:
    chief, other = await api.admin(), await api.admin(Role.SUPPORT)
    shown = data(await change(chief, str(other.id), **body))
    assert {name: shown[name] for name in body} == body
    await api.relay()
    refusal(await other.get("/admin/me"), 401, "auth_required")
    stale = await chief.send(
        "PATCH", f"/admin/admins/{other.id}", json={"role": "finance"}, headers={"If-Match": '"1"'}
    )
    assert refusal(stale, 412, "precondition_failed")["current"]["version"] == 2


async def test_closed_account_is_not_invited(api: Api) -> None:
    chief, other = await api.admin(), await api.admin(Role.SUPPORT)
    data(await change(chief, str(other.id), is_active=False))
    refusal(await chief.post(f"/admin/admins/{other.id}/invitation"), 404, "not_found")


async def test_nobody_changes_himself(api: Api) -> None:
    chief, _ = await api.admin(), await api.admin()
    before = await api.inside.everything()
    for body in ({"role": "ops"}, {"is_active": False}, {"reset_totp": True}, {}):
        refusal(await change(chief, str(chief.id), **body), 409, "conflict")
    assert await api.inside.everything() == before


async def test_last_super_stays_whoever_asks(api: Api) -> None:
    chief, other = await api.admin(), await api.admin()
    data(await change(chief, str(other.id), role="ops"))
    before = await api.inside.everything()
    for body in ({"role": "ops"}, {"is_active": False}):  # his token outlives his role for a moment
        answer = await other.send("PATCH", f"/admin/admins/{chief.id}", json=body)
        refusal(answer, 409, "conflict")
    assert await api.inside.everything() == before
    data(await change(chief, str(other.id), role="super"))
    data(await other.send("PATCH", f"/admin/admins/{chief.id}", json={"role": "ops"}))


@pytest.mark.parametrize(
    "body", [{}, {"email": EMAIL}, {"email": "x", "role": "ops"}, {"email": EMAIL, "role": "god", "password": "x"}]
)
async def test_nobody_is_hired_when_the_body_is_unsound(api: Api, body: dict[str, str]) -> None:
    refusal(await (await api.admin()).post("/admin/admins", body), 422, "validation_error")
