"""The back office makes promos, changes them and switches them off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.money.promo import PromoStatus, PromoType
from tests.support.api import Api, Person
from tests.support.factories import HOUR, SECOND, a_promo
from tests.support.wire import NOBODY, data, paths, refusal, require_refused


def body(**given: Any) -> dict[str, Any]:
    """A sound promo."""
    return {"code": "Rentree-24", "type": "percent", "value": 20, **given}


async def create(admin: Person, **given: Any) -> Any:
    """Make one."""
    return data(await admin.post("/admin/promos", body(**given)), 201)


async def change(admin: Person, promo: Any, *, etag: str | None = None, **given: Any) -> Any:
    """The answer to a change."""
    headers = {} if etag is None else {"If-Match": etag}
    return await admin.send("PATCH", f"/admin/promos/{promo['id']}", json=given, headers=headers)


@pytest.mark.parametrize("role", [Role.SUPER, Role.OPS])
async def test_promo_is_there_when_the_back_office_has_made_it(api: Api, role: Role) -> None:
    admin = await api.admin(role)
    promo = await create(admin)
    now = promo["created_at"]
    assert promo == {
        "id": promo["id"], "code": "RENTREE-24", "type": "percent", "value": 20, "max_uses": None,
        "per_user_limit": 1, "starts_at": now, "ends_at": None, "status": "active", "uses": 0, "version": 1,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    assert datetime.fromisoformat(now) == api.clock.now()
    answer = await admin.get(f"/admin/promos/{promo['id']}")
    none = {"reserved": 0, "used": 0, "released": 0, "discount": 0}
    assert data(answer) == {"promo": promo, "totals": none}
    assert answer.headers["etag"] == '"1"'
    assert data(await admin.get(f"/admin/promos/{promo['id']}/uses")) == []
    refusal(await admin.get(f"/admin/promos/{NOBODY}"), 404, "not_found")
    assert "promo.created" in await api.inside.everything()


async def test_code_is_taken_when_it_is_written_otherwise(api: Api) -> None:
    admin = await api.admin()
    await create(admin)
    refusal(await admin.post("/admin/promos", body(code="rentree-24")), 409, "conflict")


UNSOUND: list[tuple[str, object]] = [
    ("code", "ab"), ("code", "x" * 33), ("code", "deux mots"), ("code", "-abc"), ("type", "gift"), ("value", 0),
    ("value", 101), ("value", -1), ("value", 1.5), ("value", True), ("max_uses", 0), ("max_uses", 1_000_001),
    ("per_user_limit", 0), ("starts_at", "tomorrow"), ("ends_at", "2020-01-01T00:00:00Z"), ("status", "on"),
    ("uses", 1), ("id", NOBODY), ("version", 1),
]  # fmt: skip


async def test_value_is_refused_when_it_is_out_of_bounds(api: Api, subtests: pytest.Subtests) -> None:
    admin = await api.admin()
    await require_refused(subtests, UNSOUND, lambda given: admin.post("/admin/promos", body(**given)))
    assert data(await admin.get("/admin/promos")) == []


async def test_change_is_kept_when_it_is_sound(api: Api) -> None:
    admin = await api.admin()
    promo = await create(admin, max_uses=5, ends_at=(api.clock.now() + HOUR).isoformat())
    api.clock.advance(SECOND)
    answer = await change(admin, promo, etag='"1"', type="amount", value=1_500, status="inactive", max_uses=None)
    changed = data(answer)
    assert {name for name in promo if promo[name] != changed[name]} == {
        "type", "value", "status", "max_uses", "version", "updated_at",
    }  # fmt: skip
    assert (changed["value"], changed["max_uses"], answer.headers["etag"]) == (1_500, None, '"2"')
    assert data(await change(admin, promo, ends_at=None, per_user_limit=None))["ends_at"] is None
    assert data(await admin.get(f"/admin/promos/{promo['id']}"))["promo"]["version"] == 3
    assert "max_uses,status,type,value" in await api.inside.everything()


async def test_nothing_is_written_when_nothing_changes(api: Api) -> None:
    admin = await api.admin()
    promo = await create(admin)
    before = await api.inside.everything()
    assert data(await change(admin, promo, value=20)) == promo
    assert data(await change(admin, promo)) == promo
    assert await api.inside.everything() == before


async def test_promo_stays_as_it_is_when_another_version_was_read(api: Api) -> None:
    admin = await api.admin()
    promo = await create(admin)
    first = data(await change(admin, promo, etag='"1"', value=30))
    details = refusal(await change(admin, promo, etag='"1"', value=40), 412, "precondition_failed")
    assert details["current"] == first
    refusal(await change(admin, {"id": NOBODY}, value=30), 404, "not_found")


async def test_change_is_refused_when_it_fits_no_more(api: Api, subtests: pytest.Subtests) -> None:
    admin = await api.admin()
    promo = await create(admin, type="amount", value=1_000)
    unsound: list[tuple[str, object]] = [
        ("value", 0), ("value", None), ("ends_at", promo["starts_at"]), ("max_uses", 0), ("code", "OTHER"),
        ("status", None), ("starts_at", None),
    ]  # fmt: skip
    await require_refused(subtests, unsound, lambda given: change(admin, promo, **given))
    assert paths(refusal(await change(admin, promo, type="percent"), 422, "validation_error")) == ["value"]
    assert data(await admin.get(f"/admin/promos/{promo['id']}"))["promo"] == promo


async def test_list_is_narrowed_when_filters_are_given(api: Api) -> None:
    now, admin = api.clock.now(), await api.admin()
    await api.keep(
        a_promo(code="A", created_at=now, uses=3),
        a_promo(code="B", created_at=now + SECOND, status=PromoStatus.INACTIVE, ends_at=now + HOUR),
        a_promo(code="C", created_at=now + 2 * SECOND, type=PromoType.AMOUNT, value=500, uses=1),
    )
    for query, codes in (
        ({}, "CBA"), ({"sort": "code"}, "ABC"), ({"sort": "-uses"}, "ACB"), ({"code": "b"}, "B"),
        ({"status": "active"}, "CA"), ({"type": "amount"}, "C"), ({"ends_at": "null"}, "CA"),
        ({"created_at_lte": now.isoformat()}, "A"), ({"page": "2", "page_size": "2"}, "A"),
    ):  # fmt: skip
        found = (await admin.get("/admin/promos", **query)).json()["data"]
        assert "".join(promo["code"] for promo in found) == codes, query
