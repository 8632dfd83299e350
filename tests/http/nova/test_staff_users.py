"""An admin's colleagues: who they are, what they drive, and how they go."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.dispatch.taxi import TaxiStatut
from tests.support.api import Api
from tests.support.nova import Colleague, Office, a_colleague, an_office
from tests.support.passwords import GOOD, hash_cheaply
from tests.support.wire import NOBODY, ROOT, ROUNDS, data, fresh_email, paths, refusal

__all__ = ["hash_cheaply"]


def body(**given: object) -> dict[str, object]:
    """A chauffeur."""
    return {"email": fresh_email(), "role": "chauffeur", "name": "Awa Koné", "phone": "07 00 00 00 01"} | given


async def user_of(office: Office, id: object) -> Any:
    """Somebody as an admin sees him."""
    return data(await office.admin.get(f"/api/users/{id}"))


async def test_somebody_is_invited_when_he_is_taken_on(api: Api) -> None:
    office = await an_office(api)
    sent = body()
    awa = data(await office.admin.post("/api/users", sent), 201)
    assert awa == {
        "id": awa["id"], "email": sent["email"], "role": "chauffeur", "name": "Awa Koné", "phone": "+2250700000001",
        "taxiId": None, "active": True, "createdAt": awa["createdAt"],
    }  # fmt: skip
    assert await user_of(office, awa["id"]) == awa
    assert [mail["template"] for mail in await api.mails(str(sent["email"]))] == ["staff_invited"]
    (line,) = [row for row in data(await office.admin.get("/api/audit_log")) if row["action"] == "user.cree"]
    assert (line["entityId"], line["payloadJson"]["after"]["email"]) == (awa["id"], "***")


async def test_invitation_is_sent_again_when_somebody_has_no_password_yet(api: Api) -> None:
    office = await an_office(api)
    awa = data(await office.admin.post("/api/users", body()), 201)
    first = await api.link_token(awa["email"])
    api.clock.advance(timedelta(minutes=1))
    assert (await office.admin.post(f"/api/users/{awa['id']}/invitation")).status_code == 204
    second = await api.link_token(awa["email"])
    old, new = [
        await api.http.post(f"{ROOT}/auth/magic-link/consume", json={"token": token, "password": GOOD})
        for token in (first, second)
    ]
    refusal(old, 422, "otp_invalid")
    data(new)
    refusal(await office.admin.post(f"/api/users/{awa['id']}/invitation"), 409, "conflict")


async def test_fourth_invitation_waits_when_they_come_in_ten_minutes(api: Api) -> None:
    office = await an_office(api)
    awa = data(await office.admin.post("/api/users", body()), 201)
    path = f"/api/users/{awa['id']}/invitation"
    assert [(await office.admin.post(path)).status_code for _ in range(4)] == [204, 204, 204, 429]


async def test_address_is_refused_when_somebody_has_it_in_any_company(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    for known in (office.admin.user.email, other.chauffeurs[0].user.email):
        refusal(await office.admin.post("/api/users", body(email=known.upper())), 409, "conflict")
        answer = await office.admin.patch(f"/api/users/{office.chauffeurs[1].id}", {"email": known})
        refusal(answer, 409, "conflict")


UNSOUND: list[tuple[str, object]] = [
    ("email", "x"),
    ("email", None),
    ("role", "patron"),
    ("name", " "),
    ("phone", "1"),
    ("taxiId", "T1"),
    ("active", True),
    ("password", GOOD),
    ("societeId", NOBODY),
]


async def test_value_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api)
    for name, value in UNSOUND:
        with subtests.test(name, value=value):
            answer = await office.admin.post("/api/users", body(**{name: value}))
            assert paths(refusal(answer, 422, "validation_error")) == [name]
    answer = await office.admin.post("/api/users", body(role="admin", taxiId=str(office.taxis[0].id)))
    assert paths(refusal(answer, 422, "validation_error")) == ["taxiId"]


async def test_list_is_narrowed_and_ordered_when_asked(api: Api) -> None:
    office = await an_office(api, taxis=0)
    names = [("Élodie Yao", "chauffeur"), ("Zoé Bamba", "admin"), ("abel Kouassi", "chauffeur")]
    made = [data(await office.admin.post("/api/users", body(name=n, role=role)), 201) for n, role in names]
    closed = made[2]["id"]
    data(await office.admin.patch(f"/api/users/{closed}", {"active": False}))

    async def seen(**query: str | int) -> list[str]:
        return [user["name"] for user in data(await office.admin.get("/api/users", **query))]

    assert await seen() == ["abel Kouassi", office.admin.user.name, "Élodie Yao", "Zoé Bamba"]
    assert await seen(sort="-name", role="chauffeur") == ["Élodie Yao", "abel Kouassi"]
    assert await seen(active="true", role="in:chauffeur,admin", q="ELO") == ["Élodie Yao"]
    assert await seen(q="yao") == ["Élodie Yao"]
    assert await seen(q="mba") == ["Zoé Bamba"]
    assert await seen(q=made[0]["email"]) == ["Élodie Yao"]
    assert await seen(q="%") == []
    page = await office.admin.get("/api/users", page=2, page_size=3, sort="createdAt")
    assert page.json()["meta"]["pagination"] == {"page": 2, "page_size": 3, "total": 4, "page_count": 2}
    for bad in ("sort=email", "taxiId=1", "role=patron"):
        refusal(await office.admin.send("GET", f"/api/users?{bad}"), 422, "validation_error")


async def test_taxi_moves_when_it_is_given_to_another(api: Api) -> None:
    office = await an_office(api)
    one, two = office.chauffeurs
    first, second = [str(taxi.id) for taxi in office.taxis]
    moved = data(await office.admin.patch(f"/api/users/{one.id}", {"taxiId": second}))
    assert moved["taxiId"] == second
    assert (await user_of(office, two.id))["taxiId"] is None
    taken = data(await office.admin.post("/api/users", body(taxiId=second)), 201)
    assert ((await user_of(office, one.id))["taxiId"], taken["taxiId"]) == (None, second)
    assert data(await office.admin.patch(f"/api/users/{two.id}", {"taxiId": first}))["taxiId"] == first
    assert data(await office.admin.patch(f"/api/users/{two.id}", {"taxiId": None}))["taxiId"] is None
    assert data(await office.admin.get(f"/api/taxis/{first}"))["chauffeur"] is None
    lines = [row for row in data(await office.admin.get("/api/audit_log", page_size=100)) if row["entity"] == "user"]
    assert sorted((row["action"], row["entityId"]) for row in lines) == sorted(
        [
            *[("user.modifie", str(one.id))] * 2,
            *[("user.modifie", str(two.id))] * 3,
            ("user.cree", taken["id"]),
        ]
    )


async def test_taxi_stays_when_it_is_nobodys_here_or_given_up(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    path = f"/api/users/{office.chauffeurs[0].id}"
    for taxi_id in (NOBODY, str(other.taxis[0].id)):
        refusal(await office.admin.patch(path, {"taxiId": taxi_id}), 404, "not_found")
        refusal(await office.admin.post("/api/users", body(taxiId=taxi_id)), 404, "not_found")
    assert (await user_of(office, office.chauffeurs[0].id))["taxiId"] == str(office.taxis[0].id)


async def assigned(office: Office) -> Any:
    """A course that the first chauffeur has taken."""
    commande = await office.commande()
    path = f"/api/commandes/{commande.id}"
    data(await office.admin.patch(path, {"taxiId": str(office.taxis[0].id)}))
    return data(await office.admin.patch(path, {"statut": "assignee"}))


LOSSES: list[tuple[str, dict[str, object] | None]] = [
    ("PATCH", {"taxiId": None}),
    ("PATCH", {"active": False}),
    ("PATCH", {"role": "admin"}),
    ("DELETE", None),
]


@pytest.mark.parametrize(("method", "change"), LOSSES)
async def test_promised_courses_go_back_to_the_pool_when_the_dispatcher_insists(
    api: Api, method: str, change: dict[str, object] | None
) -> None:
    office = await an_office(api)
    course = await assigned(office)
    path = f"/api/users/{office.chauffeurs[0].id}"
    details = refusal(await office.admin.send(method, path, json=change), 409, "conflict")
    assert [each["reference"] for each in details["courses"]] == [course["reference"]]
    assert (await user_of(office, office.chauffeurs[0].id))["taxiId"] == str(office.taxis[0].id)
    answer = await office.admin.send(method, path, json=change, params={"force": "true"})
    assert answer.status_code in (200, 204)
    (after,) = await api.inside.dispatch("commandes")
    assert (after.statut, after.taxi_id, after.chauffeur_id) == ("en-attente", None, None)


async def test_offer_ends_when_its_taxi_gets_another_chauffeur(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    taxi = str(office.taxis[0].id)
    data(await office.admin.patch(f"/api/commandes/{commande.id}", {"taxiId": taxi}))
    path = f"/api/users/{office.chauffeurs[1].id}"
    refusal(await office.admin.patch(path, {"taxiId": taxi}), 409, "conflict")
    data(await office.admin.patch(path, {"taxiId": taxi}, force="true"))
    (after,) = await api.inside.dispatch("commandes")
    (demande,) = await api.inside.dispatch("demandes")
    assert (after.statut, after.taxi_id, demande.statut) == ("en-attente", None, "annulee")
    assert data(await office.chauffeurs[0].get("/api/me/demandes")) == []


@pytest.mark.parametrize(("method", "change"), LOSSES)
async def test_chauffeur_stays_when_a_client_is_aboard(api: Api, method: str, change: dict[str, object] | None) -> None:
    office = await an_office(api)
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        taxi = await unit.taxis.get(office.taxis[0].id, lock=True)
        taxi.statut = TaxiStatut.EN_COURSE
        await unit.taxis.save(taxi)
    path = f"/api/users/{office.chauffeurs[0].id}"
    answer = await office.admin.send(method, path, json=change, params={"force": "true"})
    refusal(answer, 409, "conflict")
    data(await office.admin.patch(path, {"name": "Koffi"}))


async def test_somebody_is_gone_when_nothing_names_him(api: Api) -> None:
    office = await an_office(api)
    awa = data(await office.admin.post("/api/users", body()), 201)
    token = await api.link_token(awa["email"])
    assert (await office.admin.delete(f"/api/users/{awa['id']}")).status_code == 204
    refusal(await office.admin.get(f"/api/users/{awa['id']}"), 404, "not_found")
    refusal(await office.admin.delete(f"/api/users/{awa['id']}"), 404, "not_found")
    answer = await api.http.post(f"{ROOT}/auth/magic-link/consume", json={"token": token, "password": GOOD})
    refusal(answer, 422, "otp_invalid")
    data(await office.admin.post("/api/users", body(email=awa["email"])), 201)  # his address is free again


async def test_somebody_stays_closed_when_something_names_him(api: Api) -> None:
    office = await an_office(api)
    koffi = office.chauffeurs[0]
    data(await koffi.patch("/api/me", {"name": "Koffi"}))
    for _ in range(2):
        assert (await office.admin.delete(f"/api/users/{koffi.id}")).status_code == 204
    shown = await user_of(office, koffi.id)
    assert (shown["active"], shown["taxiId"]) == (False, None)
    await api.relay()
    refusal(await koffi.get("/api/me"), 401, "auth_required")
    refusal(await refreshed(api, koffi), 401, "auth_required")


async def refreshed(api: Api, colleague: Colleague) -> Any:
    """The answer to his refresh token."""
    return await api.http.post(f"{ROOT}/auth/refresh", json={"refreshToken": colleague.tokens["refreshToken"]})


@pytest.mark.parametrize("change", [{"role": "admin"}, {"active": False}, {"email": "neu@exemple.test"}])
async def test_token_dies_when_what_it_says_is_no_longer_true(api: Api, change: dict[str, object]) -> None:
    office = await an_office(api)
    koffi = office.chauffeurs[0]
    data(await office.admin.patch(f"/api/users/{koffi.id}", change))
    refusal(await refreshed(api, koffi), 401, "auth_required")
    await api.relay()
    refusal(await koffi.get("/api/me"), 401, "auth_required")


async def test_session_goes_on_when_a_name_was_spelt_otherwise(api: Api) -> None:
    office = await an_office(api)
    koffi = office.chauffeurs[0]
    data(await office.admin.patch(f"/api/users/{koffi.id}", {"name": "Koffi", "phone": None}))
    data(await refreshed(api, koffi))
    assert data(await koffi.get("/api/me"))["phone"] is None


async def test_invitation_follows_when_the_address_was_wrong(api: Api) -> None:
    office = await an_office(api)
    awa = data(await office.admin.post("/api/users", body()), 201)
    old, right = await api.link_token(awa["email"]), fresh_email()
    data(await office.admin.patch(f"/api/users/{awa['id']}", {"email": right}))
    consume = f"{ROOT}/auth/magic-link/consume"
    refusal(await api.http.post(consume, json={"token": old, "password": GOOD}), 422, "otp_invalid")
    data(await api.http.post(consume, json={"token": await api.link_token(right), "password": GOOD}))


async def test_last_admin_stays_when_he_would_go(api: Api) -> None:
    office = await an_office(api)
    path = f"/api/users/{office.admin.id}"
    refusal(await office.admin.delete(path), 409, "conflict")
    for change in ({"active": False}, {"role": "chauffeur"}):
        refusal(await office.admin.patch(path, change), 409, "conflict")
    await office.hire(StaffRole.ADMIN, active=False)
    refusal(await office.admin.delete(path), 409, "conflict")
    other = await office.hire(StaffRole.ADMIN)
    assert (await office.admin.delete(path)).status_code == 204
    assert data(await other.get(f"/api/users/{office.admin.id}"))["active"] is False


async def test_one_admin_stays_when_two_remove_each_other_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        office = await an_office(api, taxis=0)
        other = await office.hire(StaffRole.ADMIN)
        sent = (
            office.admin.delete(f"/api/users/{other.id}"),
            other.delete(f"/api/users/{office.admin.id}"),
        )
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*sent))
        assert statuses[0] == 204
        assert statuses[1] in (401, 404)
        async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
            assert len(await unit.staff.active_admins()) == 1


async def test_closed_account_works_again_when_it_is_opened(api: Api) -> None:
    office = await an_office(api)
    awa = data(await office.admin.post("/api/users", body()), 201)
    path = f"/api/users/{awa['id']}"
    for active in (False, True):
        assert data(await office.admin.patch(path, {"active": active}))["active"] is active
    answer = {"token": await api.link_token(awa["email"]), "password": GOOD}
    data(await api.http.post(f"{ROOT}/auth/magic-link/consume", json=answer))


async def test_profile_is_ones_own_when_it_is_changed(api: Api) -> None:
    office = await an_office(api)
    koffi = office.chauffeurs[0]
    assert data(await koffi.patch("/api/me", {"phone": "0700000009"}))["phone"] == "+2250700000009"
    assert data(await koffi.get("/api/me"))["phone"] == "+2250700000009"
    assert paths(refusal(await koffi.patch("/api/me", {"phone": "1"}), 422, "validation_error")) == ["phone"]
    for name in ("email", "role", "taxiId", "active", "id", "password"):
        assert paths(refusal(await koffi.patch("/api/me", {name: "x"}), 422, "validation_error")) == [name]


async def test_other_companys_staff_does_not_exist(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    before = await api.inside.everything()
    for id in (other.chauffeurs[0].id, other.admin.id, UUID(NOBODY)):
        path = f"/api/users/{id}"
        refusal(await office.admin.get(path), 404, "not_found")
        refusal(await office.admin.patch(path, {"name": "X"}), 404, "not_found")
        refusal(await office.admin.delete(path), 404, "not_found")
        refusal(await office.admin.post(f"{path}/invitation"), 404, "not_found")
    assert await api.inside.everything() == before
    ids = {user["id"] for user in data(await office.admin.get("/api/users", page_size=100))}
    assert ids == {str(office.admin.id), *(str(each.id) for each in office.chauffeurs)}


async def test_chauffeur_may_not_run_the_company(api: Api) -> None:
    office = await an_office(api)
    koffi = office.chauffeurs[0]
    path = f"/api/users/{koffi.id}"
    for answer in (
        await koffi.get("/api/users"),
        await koffi.get(path),
        await koffi.post("/api/users", body()),
        await koffi.patch(path, {"role": "admin"}),
        await koffi.delete(path),
        await koffi.post(f"{path}/invitation"),
        await koffi.get("/api/societe"),
        await koffi.patch("/api/societe", {"nom": "X"}),
    ):
        refusal(answer, 403, "forbidden")


async def test_closed_account_cannot_be_invited(api: Api) -> None:
    office = await an_office(api)
    closed = a_colleague(office.societe, active=False)
    await office.keep(closed)
    refusal(await office.admin.post(f"/api/users/{closed.id}/invitation"), 409, "conflict")
