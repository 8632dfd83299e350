"""One's own profile, and where one is logged in."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from tests.support.api import Api
from tests.support.factories import MINUTE, NOW, SECOND
from tests.support.wire import NOBODY, data, paths, refusal

PREFERENCES = {"language": "en", "notifications": {"push": True, "email": True, "sms": True}}


async def test_profile_changes_in_what_is_given_when_some_is(api: Api) -> None:
    person = await api.passenger()
    before = data(await person.get("/me"))
    assert before["preferences"] == PREFERENCES
    api.clock.advance(MINUTE)
    body = {
        "first_name": " Aya ",
        "gender": "female",
        "birthdate": "1998-04-12",
        "preferences": {"language": "fr", "notifications": {"sms": False}},
    }
    after = data(await person.send("PATCH", "/me", json=body))
    wanted = before | {
        "first_name": "Aya",
        "gender": "female",
        "birthdate": "1998-04-12",
        "preferences": {"language": "fr", "notifications": {"push": True, "email": True, "sms": False}},
        "version": before["version"] + 1,
        "updated_at": after["updated_at"],
    }
    assert after == wanted == data(await person.get("/me"))
    assert after["updated_at"] > before["updated_at"]


async def test_field_is_empty_when_null_is_given(api: Api) -> None:
    person = await api.passenger(gender="other")
    after = data(await person.send("PATCH", "/me", json={"last_name": None, "gender": None}))
    assert (after["first_name"], after["last_name"], after["gender"]) == ("Awa", None, None)


@pytest.mark.parametrize("body", [{}, {"first_name": "Awa"}, {"preferences": {}}, {"preferences": PREFERENCES}])
async def test_version_stays_when_nothing_changes(api: Api, body: dict[str, object]) -> None:
    person = await api.passenger()
    before = data(await person.get("/me"))
    assert data(await person.send("PATCH", "/me", json=body)) == before


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": "a\u0007"}, "first_name"),
        ({"gender": "F"}, "gender"),
        ({"birthdate": "12/04/1998"}, "birthdate"),
        ({"birthdate": "1899-12-31"}, "birthdate"),
        ({"birthdate": "2009-10-02"}, "birthdate"),
        ({"birthdate": "2030-01-01"}, "birthdate"),
        ({"preferences": None}, "preferences"),
        ({"preferences": {"language": "de"}}, "preferences.language"),
        ({"preferences": {"language": None}}, "preferences.language"),
        ({"preferences": {"notifications": {"sms": "no"}}}, "preferences.notifications.sms"),
        ({"preferences": {"notifications": {"pigeon": True}}}, "preferences.notifications.pigeon"),
    ],
)
async def test_change_is_refused_when_a_value_is_not_sound(api: Api, body: dict[str, object], path: str) -> None:
    person = await api.passenger()
    before = data(await person.get("/me"))
    found = paths(refusal(await person.send("PATCH", "/me", json=body), 422, "validation_error"))
    assert found[0].startswith(path)
    assert data(await person.get("/me")) == before


async def test_sixteenth_birthday_is_old_enough(api: Api) -> None:
    person = await api.passenger()
    birthday = date(NOW.year - 16, NOW.month, NOW.day)
    data(await person.send("PATCH", "/me", json={"birthdate": birthday.isoformat()}))
    tomorrow = birthday + timedelta(days=1)
    answer = await person.send("PATCH", "/me", json={"birthdate": tomorrow.isoformat()})
    assert refusal(answer, 422, "validation_error")["fields"][0]["code"] == "too_young"


@pytest.mark.parametrize(
    "name",
    [
        *("id", "phone", "email", "is_active", "is_driver", "is_phone_verified", "is_email_verified", "rating_avg"),
        *("version", "role", "balance", "password_hash", "photo_url", "notify_sms", "created_at", "user_id"),
    ],
)
async def test_field_is_refused_when_it_is_not_the_owners_to_set(api: Api, name: str) -> None:
    person = await api.passenger()
    before = data(await person.get("/me"))
    answer = await person.send("PATCH", "/me", json={"first_name": "Mallory", name: True})
    assert paths(refusal(answer, 422, "validation_error")) == [name]
    assert data(await person.get("/me")) == before


async def test_change_is_refused_with_the_present_account_when_it_was_read_before_another(api: Api) -> None:
    person = await api.passenger()
    etag = (await person.get("/me")).headers["etag"]
    first = await person.send("PATCH", "/me", json={"first_name": "Aya"}, headers={"If-Match": etag})
    assert first.headers["etag"] == f'"{data(first)["version"]}"' != etag
    second = await person.send("PATCH", "/me", json={"first_name": "Ada"}, headers={"If-Match": etag})
    assert refusal(second, 412, "precondition_failed") == {"current": data(await person.get("/me"))}
    weak = {"If-Match": f"W/{first.headers['etag']}"}
    assert data(await person.send("PATCH", "/me", json={"first_name": "Ada"}, headers=weak))["first_name"] == "Ada"
    data(await person.send("PATCH", "/me", json={"first_name": "Eve"}, headers={"If-Match": "*"}))
    data(await person.send("PATCH", "/me", json={"first_name": "Awa"}))


@pytest.mark.parametrize("etag", ["1", '"x"', '"0"', "", '"1", "2"', '"99999999999999999999"'])
async def test_change_is_malformed_when_the_etag_is_none_of_ours(api: Api, etag: str) -> None:
    person = await api.passenger()
    answer = await person.send("PATCH", "/me", json={"first_name": "Ada"}, headers={"If-Match": etag})
    assert paths(refusal(answer, 422, "validation_error")) == ["If-Match"]


async def test_one_change_wins_when_ten_name_the_same_version(api: Api) -> None:
    person = await api.passenger()
    headers = {"If-Match": (await person.get("/me")).headers["etag"]}
    changes = [person.send("PATCH", "/me", json={"first_name": f"Aya {n}"}, headers=headers) for n in range(10)]
    assert sorted([answer.status_code for answer in await asyncio.gather(*changes)]) == [200] + [412] * 9


async def test_account_is_closed_to_tokens_that_outlived_it(api: Api) -> None:
    person = await api.passenger()
    await api.change(person, is_active=False)
    refusal(await person.send("PATCH", "/me", json={"first_name": "Ada"}), 401, "auth_required")
    refusal(await person.post("/me/phone", {"phone": "+2250700000042"}), 401, "auth_required")
    refusal(await person.post("/me/password", {"new": "quatre mots sans rapport"}), 401, "auth_required")


async def test_sessions_are_listed_when_they_live(api: Api) -> None:
    person = await api.passenger()
    api.clock.advance(MINUTE)
    other = await api.log_in(person.phone)
    api.clock.advance(MINUTE)
    data(await api.http.post("/auth/token/refresh", json={"refresh_token": person.tokens["refresh_token"]}))
    answer = await other.get("/me/sessions", sort="created_at")
    mine, its = data_of_list(answer.json())
    assert set(its) == {"id", "created_at", "last_used_at", "expires_at", "is_current"}
    assert [(mine["is_current"], its["is_current"])] == [(False, True)]
    assert its["last_used_at"] is None
    assert mine["last_used_at"] == "2025-10-01T07:02:00.000001Z"
    assert mine["expires_at"] == "2025-10-31T07:02:00.000001Z"
    assert answer.json()["meta"]["pagination"]["total"] == 2


def data_of_list(body: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """The items of a page."""
    return body["data"]


async def test_session_is_not_listed_when_it_has_ended_or_run_out(api: Api) -> None:
    person = await api.passenger()
    api.clock.advance(timedelta(days=29))
    other, ended = await api.log_in(person.phone), await api.log_in(person.phone)
    assert (await other.get("/me/sessions")).json()["meta"]["pagination"]["total"] == 3
    await ended.post("/auth/logout", {"refresh_token": ended.tokens["refresh_token"]})
    assert (await other.get("/me/sessions")).json()["meta"]["pagination"]["total"] == 2
    api.clock.advance(timedelta(days=1) + SECOND)
    (left,) = data_of_list((await other.get("/me/sessions")).json())
    assert left["is_current"]


async def test_session_is_over_when_its_owner_ends_it(api: Api) -> None:
    person = await api.passenger()
    other = await api.log_in(person.phone)
    (there,) = [s for s in data_of_list((await person.get("/me/sessions")).json()) if not s["is_current"]]
    assert (await person.send("DELETE", f"/me/sessions/{there['id']}")).status_code == 204
    await api.relay()
    refusal(await other.get("/me"), 401, "auth_required")
    refusal(await person.send("DELETE", f"/me/sessions/{there['id']}"), 404, "not_found")
    data(await person.get("/me"))


async def test_session_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    person, other = await api.passenger(), await api.passenger()
    (theirs,) = data_of_list((await other.get("/me/sessions")).json())
    for id in (theirs["id"], NOBODY):
        refusal(await person.send("DELETE", f"/me/sessions/{id}"), 404, "not_found")
    data(await other.get("/me"))


async def test_every_change_is_audited_without_a_value_when_an_account_changes(api: Api) -> None:
    person = await api.passenger(password_hash=None)
    body = {"first_name": "Aminata", "birthdate": "1998-04-12", "preferences": {"language": "fr"}}
    data(await person.send("PATCH", "/me", json=body))
    data(await person.post("/me/email", {"email": "aminata@exemple.test"}), 202)
    code = (await api.mails("aminata@exemple.test"))[0]["data"]["code"]
    data(await person.post("/me/email/confirm", {"code": code}))
    device = data(await person.post("/me/devices", {"token": "t" * 40, "platform": "web"}), 201)
    await person.send("DELETE", f"/me/devices/{device['id']}")
    await person.post("/me/password", {"new": "quatre mots sans rapport"})
    lines = await api.inside.audit()
    assert [line.action for line in lines] == [
        "user.profile_changed",
        "user.contact_change_asked",
        "user.email_changed",
        "device.added",
        "device.removed",
        "user.password_changed",
    ]
    assert "birthdate,first_name,language" in lines[0].meta
    assert not any(word in str(lines) for word in ("Aminata", "1998", "exemple.test", code))
