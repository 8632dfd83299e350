"""The back office's people: found, looked at, opened, corrected, suspended, erased."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.kyc.document import KycStatus
from tests.support.api import Api, Person
from tests.support.factories import MINUTE, a_paper, a_user
from tests.support.passwords import CHEAP, GOOD, OTHER
from tests.support.wire import NOBODY, data, paths, refusal

WHY = "Demandé au téléphone."


async def found(admin: Person, **query: str | int) -> list[str]:
    """The ids of those whom the list brings."""
    return [user["id"] for user in data(await admin.get("/admin/users", **query))]


async def change(admin: Person, user: Person, **body: object) -> Any:
    return await admin.send("PATCH", f"/admin/users/{user.id}", json={"reason": WHY} | body)


async def test_person_is_found_by_a_piece_of_whatever_he_is_called(api: Api) -> None:
    admin = await api.admin(Role.SUPPORT)
    user = a_user(first_name="Élodie", last_name="N'Guessan Koné", email="elo@demo.allonova.test")
    await api.keep(user, a_user(first_name="Ali", last_name="Traoré"))
    assert user.phone is not None
    for query in ("elodie", "KONE elodie", "guess", "ELO@demo", user.phone, user.phone[4:], "él", "kone el"):
        assert await found(admin, query=query) == [str(user.id)], query
    grouped = " ".join(user.phone[start : start + 3] for start in range(0, len(user.phone), 3))
    assert await found(admin, query=grouped) == [str(user.id)]
    for query in ("lodi ali", "nobody", "%", "_lodie", "od"):
        assert await found(admin, query=query) == [], query
    assert len(await found(admin, query="  ")) == 2


async def test_list_is_narrowed_when_filters_say_so(api: Api) -> None:
    admin = await api.admin(Role.FINANCE)
    driver, person, suspended, gone = await api.driver(), await api.passenger(), await api.passenger(), a_user()
    await api.change(suspended, is_active=False)
    gone.erase(api.clock.now())
    await api.keep(gone)
    waiting = a_user(rating_count=3, rating_avg=Decimal("3.5"), created_at=api.clock.now() - timedelta(days=40))
    await api.keep(waiting, a_paper(waiting, status=KycStatus.PENDING), a_paper(waiting, status=KycStatus.REJECTED))
    ids = {"suspended": str(suspended.id), "gone": str(gone.id), "waiting": str(waiting.id), "driver": str(driver.id)}
    assert await found(admin, status="suspended") == [ids["suspended"]]
    assert await found(admin, status="erased") == [ids["gone"]]
    assert set(await found(admin, status="active")) == {ids["driver"], str(person.id), ids["waiting"]}
    assert await found(admin, kyc="pending") == [ids["waiting"]]
    assert await found(admin, kyc="approved") == [ids["driver"]]
    assert await found(admin, kyc="rejected") == []
    assert len(await found(admin, kyc="none")) == 3
    assert await found(admin, is_driver="true") == [ids["driver"]]
    assert await found(admin, created_to="2025-09-30") == [ids["waiting"]]
    assert len(await found(admin, created_from="2025-10-01")) == 4
    assert await found(admin, rating_lte="3.5") == [ids["waiting"]]
    assert await found(admin, rating_lte="3.4") == []
    assert (await found(admin, sort="created_at"))[0] == ids["waiting"]
    assert (await found(admin, sort="-rating_avg"))[0] == ids["waiting"]
    seen = await found(admin, last_seen_before="2025-10-01", status="active")
    assert seen == [ids["waiting"]]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"status": "closed"}, "status"),
        ({"kyc": "yes"}, "kyc"),
        ({"created_from": "2026-02-30"}, "created_from"),
        ({"min_trips": "0"}, "min_trips"),
        ({"rating_lte": "nan"}, "rating_lte"),
        ({"rating_lte": "5.1"}, "rating_lte"),
        ({"sort": "phone"}, "sort"),
        ({"phone": "+2250700000001"}, "phone"),
        ({"page_size": "101"}, "page_size"),
    ],
)
async def test_list_is_refused_when_its_query_is_unsound(api: Api, query: dict[str, str], path: str) -> None:
    answer = await (await api.admin()).get("/admin/users", **query)
    assert paths(refusal(answer, 422, "validation_error"))[0].startswith(f"{path}")


async def test_detail_says_how_much_there_is_of_somebody(api: Api) -> None:
    admin, driver, person = await api.admin(Role.COMPLIANCE), await api.driver(), await api.passenger()
    await api.pending(person, await api.trip(driver))
    data(await person.post(f"/users/{driver.id}/report", {"reason": "Trop vite"}), 201)
    answer = await admin.get(f"/admin/users/{driver.id}")
    shown = data(answer)
    assert answer.headers["etag"] == f'"{shown["user"]["version"]}"'
    assert (shown["kyc"], shown["user"]["status"], shown["user"]["phone"]) == ("approved", "active", driver.phone)
    assert shown["wallet"] == {"balance": 0, "spend_only": 0, "frozen_until": None}
    assert shown["counts"] == {
        "trips": 1,
        "bookings": 0,
        "disputes": 0,
        "reports_made": 0,
        "reports_received": 1,
        "notes": 0,
        "sessions": 1,
    }
    assert "password_hash" not in answer.text
    assert "CI0012345" not in answer.text
    other = data(await admin.get(f"/admin/users/{person.id}"))
    assert (other["counts"]["bookings"], other["counts"]["reports_made"], other["kyc"]) == (1, 1, "none")
    refusal(await admin.get(f"/admin/users/{NOBODY}"), 404, "not_found")


async def test_account_is_opened_by_its_owner_when_the_back_office_made_it(api: Api) -> None:
    admin = await api.admin()
    made = data(await admin.post("/admin/users", {"phone": "07 00 00 00 77", "first_name": "Ama"}), 201)
    assert (made["phone"], made["is_phone_verified"], made["preferences"]["language"]) == (
        *("+2250700000077", False),
        "fr",
    )
    person = await api.log_in("+2250700000077")
    assert data(await person.get("/me"))["id"] == made["id"]
    mailed = data(await admin.post("/admin/users", {"email": "ama@demo.allonova.test"}), 201)
    token = await api.link_token("ama@demo.allonova.test")
    assert data(await api.http.post("/auth/email/verify", json={"token": token}))["user"]["id"] == mailed["id"]
    for known in ({"phone": "+2250700000077"}, {"email": "AMA@demo.allonova.test"}):
        refusal(await admin.post("/admin/users", known), 409, "conflict")
    for wrong in ({}, {"phone": "+2250700000078", "email": "b@demo.allonova.test"}, {"phone": "1", "is_driver": True}):
        refusal(await admin.post("/admin/users", wrong), 422, "validation_error")


async def test_fields_are_corrected_and_named_without_their_values(api: Api) -> None:
    admin, person = await api.admin(Role.OPS), await api.passenger()
    body = {"first_name": "Aya", "last_name": None, "gender": "female", "birthdate": "1999-02-01"}
    shown = data(await change(admin, person, **body, preferences={"language": "fr", "notifications": {"sms": False}}))
    assert (shown["first_name"], shown["last_name"], shown["gender"]) == ("Aya", None, "female")
    assert (shown["preferences"]["language"], shown["preferences"]["notifications"]["sms"]) == ("fr", False)
    line = next(line for line in await api.inside.audit() if line.action == "user.changed_by_admin")
    assert "first_name" in line.meta
    assert "Aya" not in line.meta
    assert WHY not in line.meta
    (note,) = data(await admin.get(f"/admin/users/{person.id}/notes"))
    assert (note["text"], note["author_id"]) == (WHY, str(admin.id))
    data(await change(admin, person, first_name="Aya"))
    assert len(data(await admin.get(f"/admin/users/{person.id}/notes"))) == 1
    data(await person.get("/me"))


async def test_stale_change_is_refused_when_it_names_its_version(api: Api) -> None:
    admin, person = await api.admin(), await api.passenger()
    headers = {"If-Match": '"1"'}
    body = {"reason": WHY, "first_name": "Aya"}
    data(await admin.send("PATCH", f"/admin/users/{person.id}", json=body, headers=headers))
    body = {"reason": WHY, "first_name": "Ama"}
    answer = await admin.send("PATCH", f"/admin/users/{person.id}", json=body, headers=headers)
    assert refusal(answer, 412, "precondition_failed")["current"]["first_name"] == "Aya"


@pytest.mark.parametrize(
    "body",
    [
        {"first_name": "Aya"},
        {"reason": " ", "is_active": False},
        {"reason": WHY, "is_active": "no"},
        {"reason": WHY, "is_active": None},
        {"reason": WHY, "phone": "+2250700000001"},
        {"reason": WHY, "email": "a@b.test"},
        {"reason": WHY, "is_driver": True},
        {"reason": WHY, "birthdate": "2024-01-01"},
        {"reason": WHY, "photo_url": "https://elsewhere.test/a.jpg"},
        {"reason": WHY, "preferences": {"language": "de"}},
    ],
)
async def test_change_is_refused_when_its_body_is_unsound(api: Api, body: dict[str, object]) -> None:
    admin, person = await api.admin(), await api.passenger()
    before = await api.inside.everything()
    refusal(await admin.send("PATCH", f"/admin/users/{person.id}", json=body), 422, "validation_error")
    assert await api.inside.everything() == before


async def test_nobody_is_changed_who_is_none(api: Api) -> None:
    admin = await api.admin()
    refusal(await admin.send("PATCH", f"/admin/users/{NOBODY}", json={"reason": WHY}), 404, "not_found")
    refusal(await admin.send("DELETE", f"/admin/users/{NOBODY}"), 404, "not_found")
    refusal(await admin.post(f"/admin/users/{NOBODY}/notes", {"text": WHY}), 404, "not_found")
    refusal(await admin.get(f"/admin/users/{NOBODY}/timeline"), 404, "not_found")


async def with_password(api: Api) -> tuple[Person, dict[str, str]]:
    """Somebody who may log in by a password, and what he says then."""
    person = await api.passenger(password_hash=await CHEAP.hash(GOOD))
    return person, {"identifier": person.phone, "password": GOOD}


async def test_suspended_person_is_out_everywhere_until_he_is_reinstated(api: Api) -> None:
    admin = await api.admin(Role.OPS)
    person, login = await with_password(api)
    assert data(await change(admin, person, is_active=False))["status"] == "suspended"
    refresh = {"refresh_token": person.tokens["refresh_token"]}
    refusal(await api.http.post("/auth/token/refresh", json=refresh), 401, "auth_required")
    said = await api.http.post("/auth/login", json=login)
    assert refusal(said, 401, "auth_required") == {}
    wrong = await api.http.post("/auth/login", json=login | {"password": "quelque chose"})
    assert wrong.json()["error"] == said.json()["error"]
    await api.relay()
    refusal(await person.get("/me"), 401, "auth_required")
    data(await api.http.post("/auth/otp/send", json={"phone": person.phone}))
    assert [message for message in await api.messages(person.phone) if message["template"] == "otp"] == []
    assert data(await change(admin, person, is_active=True))["status"] == "active"
    data(await api.http.post("/auth/login", json=login))
    actions = [line.action for line in await api.inside.audit()]
    assert [actions.count(name) for name in ("user.suspended", "user.reinstated")] == [1, 1]


async def test_suspending_again_leaves_no_trace(api: Api) -> None:
    admin, person = await api.admin(), await api.passenger()
    data(await change(admin, person, is_active=False))
    before = await api.inside.everything()
    data(await change(admin, person, is_active=False))
    assert await api.inside.everything() == before


async def test_nothing_of_his_rides_changes_when_somebody_is_suspended(api: Api) -> None:
    admin, driver, person = await api.admin(), await api.driver(), await api.passenger()
    booking = await api.accepted(person, driver, await api.trip(driver))
    data(await change(admin, driver, is_active=False))
    await api.relay()
    assert data(await person.get(f"/bookings/{booking['id']}"))["status"] == "accepted"
    data(await person.post(f"/bookings/{booking['id']}/cancel"))


async def test_password_alone_opens_nothing_until_a_code_came_back(api: Api) -> None:
    admin = await api.admin(Role.OPS)
    person, login = await with_password(api)
    assert data(await change(admin, person, reset_mfa=True))["needs_code"] is True
    await api.relay()
    refusal(await person.get("/me"), 401, "auth_required")
    refusal(await api.http.post("/auth/login", json=login), 401, "auth_required")
    again = await api.log_in_by(person.phone)
    assert again.id == person.id
    data(await api.http.post("/auth/login", json=login))
    assert data(await admin.get(f"/admin/users/{person.id}"))["user"]["needs_code"] is False


async def test_who_has_no_phone_gets_a_link_when_a_code_is_asked_for(api: Api) -> None:
    admin, kept = await api.admin(), await CHEAP.hash(GOOD)
    email = "seul@demo.allonova.test"
    person = await api.passenger(
        phone=None, email=email, is_phone_verified=False, is_email_verified=True, password_hash=kept
    )
    login = {"identifier": email, "password": GOOD}
    data(await change(admin, person, reset_mfa=True))
    refusal(await api.http.post("/auth/login", json=login), 401, "auth_required")
    body = {"token": await api.link_token(email), "password": OTHER}
    assert (await api.http.post("/auth/password/reset", json=body)).status_code == 204
    refusal(await api.http.post("/auth/login", json=login), 401, "auth_required")
    data(await api.http.post("/auth/login", json=login | {"password": body["password"]}))


async def test_account_is_erased_by_the_same_rules_as_by_its_owner(api: Api) -> None:
    admin, driver, person = await api.admin(), await api.driver(), await api.passenger()
    booking = await api.pending(person, await api.trip(driver))
    path = f"/admin/users/{person.id}"
    assert refusal(await admin.send("DELETE", path), 409, "conflict") == {"reasons": ["booking"]}
    data(await person.post(f"/bookings/{booking['id']}/cancel"))
    data(await admin.post(f"{path}/notes", {"text": "Parle baoulé."}), 201)
    data(await change(admin, person, is_active=False))
    for _ in range(2):
        assert (await admin.send("DELETE", path)).status_code == 204
    shown = data(await admin.get(path))
    assert (shown["user"]["status"], shown["user"]["phone"], shown["counts"]["notes"]) == ("erased", None, 0)
    assert "baoul" not in await api.inside.everything()
    assert [line.action for line in await api.inside.audit()].count("user.erased") == 1
    refusal(await change(admin, person, is_active=True), 409, "conflict")
    refusal(await admin.post(f"{path}/notes", {"text": WHY}), 409, "conflict")


async def test_note_is_struck_by_its_author_or_a_super_and_by_nobody_else(api: Api) -> None:
    support, other, chief = await api.admin(Role.SUPPORT), await api.admin(Role.FINANCE), await api.admin()
    person, stranger = await api.passenger(), await api.passenger()
    path = f"/admin/users/{person.id}/notes"
    notes = [data(await support.post(path, {"text": f"note {n}"}), 201)["id"] for n in range(2)]
    refusal(await other.send("DELETE", f"{path}/{notes[0]}"), 403, "forbidden")
    refusal(await chief.send("DELETE", f"/admin/users/{stranger.id}/notes/{notes[0]}"), 404, "not_found")
    for admin, note in ((support, notes[0]), (chief, notes[1]), (chief, notes[1])):
        assert (await admin.send("DELETE", f"{path}/{note}")).status_code == 204
    shown = data(await other.get(path, sort="created_at"))
    assert [note["text"] for note in shown] == [None, None]
    assert sorted(note["struck_by"] for note in shown) == sorted([str(support.id), str(chief.id)])
    assert "note 1" not in await api.inside.everything()
    assert [line.action for line in await api.inside.audit()].count("user.note_struck") == 2
    for wrong in ("", " ", "x" * 2001, "a\x00b", None):
        refusal(await support.post(path, {"text": wrong}), 422, "validation_error")


async def test_notes_are_never_shown_to_whom_they_are_about(api: Api) -> None:
    admin, person = await api.admin(), await api.passenger()
    data(await admin.post(f"/admin/users/{person.id}/notes", {"text": "Très secret."}), 201)
    for path in ("/me", "/me/export", "/notifications"):
        answer = await person.get(path)
        assert "secret" not in answer.text, path


async def test_timeline_tells_what_happened_in_its_order(api: Api) -> None:
    admin, driver, person = await api.admin(Role.SUPPORT), await api.driver(), await api.passenger()
    stranger = await api.passenger()
    api.clock.advance(MINUTE)
    trip = await api.trip(driver)
    api.clock.advance(MINUTE)
    booking = await api.accepted(person, driver, trip)
    api.clock.advance(MINUTE)
    await api.press((await api.started(person, booking))["payment"]["provider_ref"], "paid")
    api.clock.advance(MINUTE)
    data(await person.post(f"/users/{driver.id}/report", {"reason": "Trop vite"}), 201)
    await api.pending(stranger, trip)
    api.clock.advance(MINUTE)
    data(await change(await api.admin(), driver, is_active=False))
    lines = data(await admin.get(f"/admin/users/{driver.id}/timeline"))
    assert [line["at"] for line in lines] == sorted((line["at"] for line in lines), reverse=True)
    kinds = {line["kind"] for line in lines}
    assert kinds == {
        *("registered", "session", "session_ended", "paper", "trip", "booking_received"),
        *("report_received", "suspended", "note"),
    }
    assert [line["facts"] for line in lines if line["kind"] == "booking_received"][-1]["amount"] == 6_000
    his = data(await admin.get(f"/admin/users/{person.id}/timeline", kind="in:booking,payment,report"))
    assert [line["kind"] for line in his] == ["report", "payment", "booking"]
    assert his[2]["entity_id"] == booking["id"]
    assert his[1]["facts"] == {"status": "paid", "method": "wave", "amount": 6_000}
    first = data(await admin.get(f"/admin/users/{driver.id}/timeline", page_size=2))
    second = data(await admin.get(f"/admin/users/{driver.id}/timeline", page_size=2, page=2))
    assert [*first, *second] == lines[:4]
