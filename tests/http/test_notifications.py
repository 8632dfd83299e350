"""What people are told in the app, by which ways it goes besides, and what becomes of what could not be sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from allonova.domain.identity.events import UserReinstated, UserSuspended
from allonova.domain.identity.roles import Role
from allonova.domain.notifications.quiet import morning_after
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, NOW, SECOND, new_id
from tests.support.wire import NOBODY, data, fresh_key, refusal

DAY = 24 * HOUR
NIGHT = NOW + 15 * HOUR
MAIL = "awa@example.test"


async def listed(person: Person, **given: str | int) -> list[str]:
    """The types of somebody's notifications, the newest first."""
    return [each["type"] for each in data(await person.get("/notifications", **given))]


async def texts(api: Api, person: Person) -> list[str]:
    """The templates of somebody's SMS, the oldest first."""
    return [message["template"] for message in reversed(await api.messages(person.phone))]


async def pushed(api: Api) -> list[Any]:
    """What devices were sent, the newest first."""
    await api.relay()
    return list(data(await api.outside.get("/outbox", params={"channel": "push"})))


async def device(person: Person, token: str | None = None) -> None:
    """A phone that takes pushes."""
    data(await person.post("/me/devices", {"token": token or fresh_key(), "platform": "android"}), 201)


async def sold(api: Api, **passenger: Any) -> tuple[Person, Person, Any]:
    """A driver, a passenger and what he has paid; all is delivered."""
    driver, rider = await api.driver(), await api.passenger(**passenger)
    booking = await api.paid(rider, driver, await api.trip(driver))
    await api.relay()
    return driver, rider, booking


async def test_list_shows_what_one_was_told_when_things_happened(api: Api) -> None:
    driver, passenger, booking = await sold(api, language="fr")
    assert sorted(await listed(driver)) == ["booking_paid_driver", "booking_requested"]
    newest, oldest = data(await passenger.get("/notifications", sort="-created_at"))
    assert {newest["type"], oldest["type"]} == {"booking_paid_passenger", "booking_accepted"}
    accepted = next(one for one in (newest, oldest) if one["type"] == "booking_accepted")
    assert accepted == {
        "id": accepted["id"],
        "type": "booking_accepted",
        "title": "Réservation acceptée",
        "body": "Abidjan, Plateau - Yamoussoukro, 02/10 08:30. Payez 6 000 F pour garder vos places.",
        "data": {"booking_id": booking["id"], "trip_id": booking["trip"]["id"]},
        "read_at": None,
        "created_at": accepted["created_at"],
    }
    await api.change(passenger, language="en")
    assert "Booking accepted" in [one["title"] for one in data(await passenger.get("/notifications"))]


async def test_list_is_filtered_when_it_is_asked(api: Api) -> None:
    _, passenger, _ = await sold(api)
    first = data(await passenger.get("/notifications"))[0]
    read = data(await passenger.post(f"/notifications/{first['id']}/read"))
    assert read["read_at"] is not None
    assert await listed(passenger, read="true") == [first["type"]]
    assert first["type"] not in await listed(passenger, read="false")
    assert await listed(passenger, type="booking_accepted") == ["booking_accepted"]
    assert await listed(passenger, created_at_gte=(NOW + DAY).isoformat()) == []
    answer = await passenger.get("/notifications", page_size=1)
    assert answer.json()["meta"]["pagination"]["total"] == 2
    for wrong in ({"type": "otp"}, {"type": "x"}, {"read": "maybe"}, {"user_id": NOBODY}, {"page_size": 101}):
        refusal(await passenger.get("/notifications", **wrong), 422, "validation_error")


async def test_one_is_read_once_and_by_its_reader_alone(api: Api) -> None:
    driver, passenger, _ = await sold(api)
    [one, *_] = data(await passenger.get("/notifications"))
    path = f"/notifications/{one['id']}/read"
    assert refusal(await driver.post(path), 404, "not_found") == {}
    assert refusal(await passenger.post(f"/notifications/{NOBODY}/read"), 404, "not_found") == {}
    first = data(await passenger.post(path))
    api.clock.advance(MINUTE)
    assert data(await passenger.post(path)) == first == one | {"read_at": first["read_at"]}
    assert [data(await passenger.post("/notifications/read-all")) for _ in range(2)] == [{"read": 1}, {"read": 0}]
    assert await listed(passenger, read="false") == []
    assert len(await listed(driver, read="false")) == 2


@pytest.mark.parametrize(
    ("provider", "channels"), [("brevo", {"mail_notice", "text_notice"}), ("fcm", {"push_notice_to_device"})]
)
async def test_each_channel_fails_and_comes_again_alone(api: Api, provider: str, channels: set[str]) -> None:
    driver, passenger = await api.driver(), await api.passenger(email=MAIL, is_email_verified=True)
    await device(passenger)
    booking = await api.pending(passenger, await api.trip(driver))
    await api.relay()
    data(await driver.post(f"/bookings/{booking['id']}/accept"))
    await api.arm("error", provider=provider)
    await api.relay()
    [waiting] = [each.subscriber for each in await api.inside.outbox() if not each.is_done]
    assert waiting in channels
    api.clock.advance(15 * SECOND)
    assert await texts(api, passenger) == ["booking_accepted"]
    assert [mail["template"] for mail in await api.mails(MAIL)] == ["booking_accepted"]
    assert [push["subject"] for push in await pushed(api)] == ["Booking accepted"]


@pytest.mark.parametrize(
    ("given", "has_device", "ways"),
    [
        ({}, True, {"push", "email"}),
        ({}, False, {"email", "sms"}),
        ({"notify_push": False}, True, {"email", "sms"}),
        ({"notify_email": False}, True, {"push"}),
        ({"notify_sms": False}, False, {"email"}),
        ({"is_phone_verified": False}, False, {"email"}),
        ({"is_email_verified": False}, False, {"sms"}),
        ({"is_active": False}, True, set()),
    ],
)
async def test_text_stands_in_for_a_push_when_there_is_none(
    api: Api, given: dict[str, bool], has_device: bool, ways: set[str]
) -> None:
    driver, person = await api.driver(email=MAIL, is_email_verified=True), await api.passenger()
    if has_device:
        await device(driver)
    await api.pending(person, await api.trip(driver))
    await api.change(driver, **given)
    heard = {"push": await pushed(api), "email": await api.mails(MAIL), "sms": await texts(api, driver)}
    assert {name for name, messages in heard.items() if messages} == ways


async def test_text_follows_when_the_last_device_is_gone(api: Api) -> None:
    driver, person = await api.driver(), await api.passenger()
    for number in (1, 2):
        await device(driver, f"unregistered-{number}")
    await api.pending(person, await api.trip(driver))
    assert (await texts(api, driver), await pushed(api)) == (["booking_requested"], [])


async def test_push_says_what_it_is_about_when_it_comes(api: Api) -> None:
    driver, person = await api.driver(), await api.passenger()
    await device(driver, "phone-1")
    booking = await api.pending(person, await api.trip(driver))
    [push] = await pushed(api)
    [notice] = data(await driver.get("/notifications"))
    assert push["data"] == notice["data"] | {"type": "booking_requested", "notification_id": notice["id"]}
    assert (push["subject"], booking["id"]) == (notice["title"], notice["data"]["booking_id"])


async def test_nothing_is_pushed_when_it_was_read_meanwhile(api: Api) -> None:
    driver, person = await api.driver(), await api.passenger()
    await device(driver)
    await api.arm("error", provider="fcm")
    await api.pending(person, await api.trip(driver))
    await api.relay()
    data(await driver.post("/notifications/read-all"))
    api.clock.advance(MINUTE)
    assert await pushed(api) == []


async def test_text_waits_for_the_morning_when_it_is_night(api: Api) -> None:
    api.clock.at = NIGHT - DAY
    driver, person = await api.driver(email=MAIL, is_email_verified=True), await api.passenger()
    await api.pending(person, await api.trip(driver))
    assert (await texts(api, driver), len(await api.mails(MAIL))) == ([], 1)
    morning = morning_after(api.clock.now())
    assert morning is not None
    api.clock.at = morning - SECOND
    assert await texts(api, driver) == []
    api.clock.at = morning
    assert await texts(api, driver) == ["booking_requested"]


async def test_text_goes_at_night_when_the_morning_is_too_late(api: Api) -> None:
    api.clock.at = NIGHT - DAY
    driver, person = await api.driver(), await api.passenger()
    booking = await api.pending(person, await api.trip(driver))
    data(await driver.post(f"/bookings/{booking['id']}/accept"))
    assert await texts(api, person) == ["booking_accepted"]


@pytest.mark.parametrize("given", [{"notify_sms": False}, {"notify_email": False, "notify_push": False}])
async def test_account_is_told_at_any_hour_when_it_is_suspended(api: Api, given: dict[str, bool]) -> None:
    api.clock.at = NIGHT
    person = await api.passenger(email=MAIL, is_email_verified=True, is_active=False, **given)
    async with api.service.platform.begin() as unit:
        await unit.outbox.put(UserSuspended(person.id))
    assert await texts(api, person) == ["account_suspended"]
    assert [mail["template"] for mail in await api.mails(MAIL)] == ["account_suspended"]
    await api.change(person, is_active=True)
    api.clock.advance(SECOND)
    async with api.service.platform.begin() as unit:
        await unit.outbox.put(UserReinstated(person.id))
    assert await texts(api, person) == ["account_suspended", "account_reinstated"]
    assert await listed(person) == ["account_reinstated", "account_suspended"]


async def test_message_is_told_of_after_a_minute_when_nobody_read_it(api: Api) -> None:
    driver, passenger, booking = await sold(api)
    path = f"/bookings/{booking['id']}/messages"
    message = data(await driver.post(path, {"type": "text", "content": "Je suis là"}), 201)
    await api.relay()
    api.clock.advance(MINUTE - SECOND)
    assert "message_waiting" not in await texts(api, passenger)
    api.clock.advance(SECOND)
    data(await driver.post(path, {"type": "text", "content": "Et vous ?"}), 201)
    assert (await texts(api, passenger)).count("message_waiting") == 1
    api.clock.advance(MINUTE)
    assert (await texts(api, passenger)).count("message_waiting") == 1
    assert "Je suis" not in str(data(await passenger.get("/notifications")))
    last = data(await passenger.get(path, sort="-created_at"))[0]
    data(await passenger.post(f"{path}/read", {"up_to": last["id"]}))
    await api.relay()
    assert "message_waiting" not in await listed(passenger, read="false")
    data(await driver.post(path, {"type": "text", "content": "Bien"}), 201)
    await api.relay()
    api.clock.advance(MINUTE)
    assert (await texts(api, passenger)).count("message_waiting") == 2
    assert message["id"] != last["id"]


async def test_message_is_not_told_of_when_it_was_read_within_the_minute(api: Api) -> None:
    driver, passenger, booking = await sold(api)
    path = f"/bookings/{booking['id']}/messages"
    message = data(await driver.post(path, {"type": "text", "content": "Je suis là"}), 201)
    await api.relay()
    data(await passenger.post(f"{path}/read", {"up_to": message["id"]}))
    api.clock.advance(2 * MINUTE)
    assert "message_waiting" not in await texts(api, passenger)


async def test_both_are_reminded_once_when_a_day_and_two_hours_are_left(api: Api) -> None:
    driver, passenger, booking = await sold(api)
    kinds = ("ride_reminder_driver", "ride_reminder_passenger")
    for left, told in ((24 * HOUR + SECOND, 0), (24 * HOUR, 1), (3 * HOUR, 1), (2 * HOUR, 2), (HOUR, 2)):
        api.clock.at = DEPARTURE - left
        for _ in range(2):
            await api.run("reminders")
        for person, kind in zip((driver, passenger), kinds, strict=True):
            assert (await listed(person)).count(kind) == told
    [last, first] = data(await passenger.get("/notifications", type=kinds[1], sort="-created_at"))
    assert (first["data"]["hours_before"], last["data"]["hours_before"]) == ("24", "2")
    assert last["data"]["booking_id"] == booking["id"]
    assert (await texts(api, driver)).count(kinds[0]) == 2


async def test_nobody_is_reminded_when_the_ride_was_called_off_in_the_night_of_his_text(api: Api) -> None:
    _, passenger, booking = await sold(api)
    await api.arm("error", provider="brevo", times=2)
    api.clock.at = DEPARTURE - 24 * HOUR
    await api.run("reminders")
    await api.relay()
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    api.clock.advance(HOUR)
    assert "ride_reminder_passenger" not in await texts(api, passenger)


async def test_notices_leave_with_their_reader_when_he_is_erased(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.pending(passenger, await api.trip(driver))
    data(await driver.post(f"/bookings/{booking['id']}/reject"))
    await api.relay()
    export = data(await passenger.get("/me/export"))
    assert [notice["type"] for notice in export["notifications"]] == ["booking_rejected"]
    id = export["notifications"][0]["id"]
    assert (await passenger.send("DELETE", "/me")).status_code == 204
    assert f"'{id}'" not in (await api.inside.everything()).split("outbox")[0]


async def dead(api: Api) -> tuple[Person, Any]:
    """Somebody of the back office, and a mail that was given up."""
    driver, passenger = await api.driver(email="nobody@nowhere", is_email_verified=True), await api.passenger()
    await api.pending(passenger, await api.trip(driver))
    await api.relay()
    admin = await api.admin()
    [letter] = data(await admin.get("/admin/notifications/failed"))
    return admin, letter


async def test_given_up_mail_is_listed_without_what_it_says(api: Api) -> None:
    admin, letter = await dead(api)
    assert letter == {
        "id": letter["id"],
        "event": "notice.posted",
        "subscriber": "mail_notice",
        "attempts": 1,
        "error": "BadAddress",
        "created_at": letter["created_at"],
        "failed_at": letter["failed_at"],
    }
    path = "/admin/notifications/failed"
    for given, total in (
        ({"event": "notice.posted"}, 1), ({"event": "otp.requested"}, 0), ({"subscriber": "mail_notice"}, 1),
        ({"failed_at_gte": NOW.isoformat()}, 1), ({"failed_at_lte": (NOW - DAY).isoformat()}, 0),
    ):  # fmt: skip
        assert len(data(await admin.get(path, **given))) == total
    refusal(await admin.get(path, payload="x"), 422, "validation_error")


async def test_given_up_mail_is_tried_again_when_somebody_says_so(api: Api) -> None:
    admin, letter = await dead(api)
    path = f"/admin/notifications/failed/{letter['id']}/resend"
    again = data(await admin.post(path))
    assert again == letter | {"attempts": 0, "error": None, "failed_at": None}
    assert refusal(await admin.post(path), 409, "conflict") == {}
    assert refusal(await admin.post(f"/admin/notifications/failed/{NOBODY}/resend"), 404, "not_found") == {}
    assert "delivery.resent" in [line.action for line in await api.inside.audit()]
    assert await api.relay() == 1
    assert [one["attempts"] for one in data(await admin.get("/admin/notifications/failed"))] == [1]


async def test_resend_counts_once_when_many_press_at_once(api: Api) -> None:
    admin, letter = await dead(api)
    path = f"/admin/notifications/failed/{letter['id']}/resend"
    answers = await asyncio.gather(*(admin.post(path) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPER])
async def test_given_up_ones_are_nobody_elses_business(api: Api, role: Role) -> None:
    admin = await api.admin(role)
    path = "/admin/notifications/failed"
    refusal(await admin.get(path), 403, "forbidden")
    refusal(await admin.post(f"{path}/{new_id()}/resend"), 403, "forbidden")
