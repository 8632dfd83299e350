"""Kept searches: what one may keep, and how one hears of trips that match."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.carpool.rules import ALERT_TTL, MAX_ALERTS
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, SECOND
from tests.support.wire import (
    ABIDJAN,
    NOBODY,
    TOUMODI,
    YAMOUSSOUKRO,
    data,
    fresh_key,
    paths,
    refusal,
    require_refused,
    stop_body,
)

DAY = timedelta(days=1)
BODY: dict[str, Any] = {
    "from": ABIDJAN, "to": TOUMODI, "radius_km": 30, "days": [4, 1, 4], "time_from": "06:00", "time_to": "10:30",
    "seats": 2, "price_max": 5000,
}  # fmt: skip
PLAIN: dict[str, Any] = {"from": ABIDJAN, "to": YAMOUSSOUKRO}


async def save(person: Person, **given: Any) -> Any:
    """A search that is kept."""
    return data(await person.post("/me/alerts", PLAIN | given), 201)


async def texts(person: Person) -> list[str]:
    """The templates of somebody's SMS, the newest first."""
    return [message["template"] for message in await person.api.messages(person.phone)]


async def pushed(api: Api) -> list[Any]:
    """The pushes that went out, newest first."""
    await api.relay()
    return list(data(await api.outside.get("/outbox", params={"channel": "push"})))


async def phone(person: Person, token: str) -> None:
    """A device of somebody's."""
    data(await person.post("/me/devices", {"token": token, "platform": "android"}), 201)


async def test_alert_is_shown_as_it_was_saved_when_it_is_listed(api: Api) -> None:
    person = await api.passenger()
    alert = data(await person.post("/me/alerts", BODY), 201)
    assert alert == BODY | {
        "id": alert["id"],
        "from": ABIDJAN,
        "to": TOUMODI | {"text": None},
        "days": [1, 4],
        "created_at": alert["created_at"],
        "expires_at": (api.clock.now() + ALERT_TTL).isoformat().replace("+00:00", "Z"),
    }
    assert data(await person.get("/me/alerts")) == [alert]
    assert data(await (await api.passenger()).get("/me/alerts")) == []
    plain = await save(person)
    assert (plain["radius_km"], plain["days"], plain["seats"], plain["time_from"]) == (25, [], 1, None)
    answer = await person.get("/me/alerts", sort="-created_at", page_size=1)
    assert answer.json()["meta"]["pagination"]["total"] == 2


async def test_alert_is_gone_when_it_is_removed_by_its_owner_alone(api: Api) -> None:
    person, other = await api.passenger(), await api.passenger()
    alert = await save(person)
    path = f"/me/alerts/{alert['id']}"
    assert [(await other.send("DELETE", p)).status_code for p in (path, f"/me/alerts/{NOBODY}")] == [404, 404]
    assert [(await person.send("DELETE", path)).status_code for _ in range(2)] == [204, 404]
    await api.trip(await api.driver())
    assert await texts(person) == []


async def test_alert_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    person = await api.passenger()
    wrong: list[tuple[str, object]] = [
        ("radius_km", 0), ("radius_km", 101), ("days", [1] * 8), ("time_from", "24:00"), ("time_to", "9:30"),
        ("time_to", "09:30:00"), ("seats", 0), ("seats", 51), ("price_max", -1), ("price_max", 0.5),
        ("user_id", NOBODY),
    ]  # fmt: skip
    await require_refused(subtests, wrong, lambda given: person.post("/me/alerts", PLAIN | given))
    for given, path in (
        ({"days": [0]}, "days.0"), ({"days": ["monday"]}, "days.0"), ({"from": {"lat": 91, "lon": 0}}, "from.lat"),
        ({"to": {"lat": 0}}, "to.lon"), ({"time_from": "10:00", "time_to": "09:59"}, "time_to"),
    ):  # fmt: skip
        assert paths(refusal(await person.post("/me/alerts", PLAIN | given), 422, "validation_error")) == [path]
    assert data(await person.get("/me/alerts")) == []


async def test_limit_holds_when_alerts_are_saved_at_once(api: Api) -> None:
    person = await api.passenger()
    for _ in range(MAX_ALERTS - 2):
        await save(person)
    answers = await asyncio.gather(*(person.post("/me/alerts", PLAIN) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    assert refusal(max(answers, key=lambda a: a.status_code), 409, "conflict") == {"limit": MAX_ALERTS}
    api.clock.advance(ALERT_TTL)
    await save(await api.log_in(person.phone))


async def test_somebody_hears_of_a_trip_once_when_it_is_published(api: Api) -> None:
    person, driver = await api.passenger(language="fr"), await api.driver()
    await save(person, time_from="08:00", time_to="09:00")
    await save(person, radius_km=50)
    draft = await api.trip(driver, status="draft")
    assert await texts(person) == []
    trip = data(await driver.post(f"/trips/{draft['id']}/publish"))
    (message,) = await api.messages(person.phone)
    assert message["body"] == (
        "AlloCar : un trajet pour vous, Abidjan, Plateau - Yamoussoukro, 02/10 08:30, 6000 F la place. "
        "Voyez l'application."
    )
    data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"price_per_seat": 5000}))
    assert await texts(person) == ["alert_matched"]


async def test_somebody_hears_of_a_trip_when_a_change_makes_it_match(api: Api, subtests: pytest.Subtests) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, seats_available=2)
    path = f"/trips/{trip['id']}"
    changes: list[tuple[dict[str, Any], str, str, dict[str, Any]]] = [
        ({"price_max": 5500}, "PATCH", path, {"price_per_seat": 5500}),
        ({"seats": 3}, "PATCH", path, {"seats_available": 3}),
        ({"time_from": "09:00"}, "PATCH", path, {"departure_time": (DEPARTURE + HOUR).isoformat()}),
        ({"to": TOUMODI}, "POST", f"{path}/stops", {"stops": [stop_body()]}),
        ({"from": {"lat": 5.75, "lon": -4.0}}, "PATCH", path, {"origin": ABIDJAN | {"lat": 5.6}}),
    ]
    for alert, method, where, change in changes:
        with subtests.test(str(change)):
            person = await api.passenger()
            await save(person, **alert)
            assert await texts(person) == []
            data(await driver.send(method, where, json=change))
            assert await texts(person) == ["alert_matched"]


@pytest.mark.parametrize("ends_by_time", [True, False])
async def test_somebody_hears_of_a_full_trip_when_a_seat_becomes_free(api: Api, ends_by_time: bool) -> None:
    driver, person, rider = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver, seats_available=1)
    booking = await api.accepted(rider, driver, trip)
    await save(person)
    data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"price_per_seat": 5000}))
    assert await texts(person) == []
    if ends_by_time:
        api.clock.advance(HOUR)
        await api.run("holds")
    else:
        data(await rider.post(f"/bookings/{booking['id']}/cancel"))
    assert await texts(person) == ["alert_matched"]


async def test_push_goes_to_every_device_and_nothing_else_when_there_are_devices(api: Api) -> None:
    person = await api.passenger(email="awa@example.test", is_email_verified=True)
    alert = await save(person)
    for token in ("phone-1", "phone-2"):
        await phone(person, token)
    await phone(await api.passenger(), "phone-3")
    trip = await api.trip(await api.driver())
    sent = await pushed(api)
    assert sorted(push["to"] for push in sent) == ["phone-1", "phone-2"]
    for push in sent:
        assert push["subject"] == "A trip for you"
        assert push["body"] == "Abidjan, Plateau - Yamoussoukro, 02/10 08:30, 6,000 F a seat."
        [notice] = data(await person.get("/notifications"))
        about = {"trip_id": trip["id"], "alert_id": alert["id"]}
        assert push["data"] == about | {"type": "alert_matched", "notification_id": notice["id"]}
    assert (await texts(person), await api.mails("awa@example.test")) == ([], [])


async def test_push_is_tried_again_alone_when_it_fails(api: Api) -> None:
    person = await api.passenger()
    await save(person)
    for token in ("phone-1", "phone-2"):
        await phone(person, token)
    await api.arm("error", provider="fcm")
    await api.trip(await api.driver())
    assert len(await pushed(api)) == 1
    api.clock.advance(15 * SECOND)
    assert sorted(push["to"] for push in await pushed(api)) == ["phone-1", "phone-2"]


async def test_next_channel_tells_when_the_last_device_is_gone(api: Api) -> None:
    person = await api.passenger()
    await save(person)
    for number in (1, 2):
        await phone(person, f"unregistered-{number}")
    await api.trip(await api.driver())
    assert await texts(person) == ["alert_matched"]
    assert await pushed(api) == []
    assert data(await person.get("/me/export"))["devices"] == []


@pytest.mark.parametrize(
    ("given", "has_device", "channel"),
    [
        ({}, True, "push"),
        ({"notify_push": False}, True, "email"),
        ({}, False, "email"),
        ({"notify_email": False}, False, "sms"),
        ({"is_email_verified": False}, False, "sms"),
        ({"notify_email": False, "notify_sms": False}, False, None),
        ({"notify_email": False, "is_phone_verified": False}, False, None),
        ({"is_active": False}, True, None),
    ],
)
async def test_channel_is_the_first_that_is_wanted_when_there_are_several(
    api: Api, given: dict[str, bool], has_device: bool, channel: str | None
) -> None:
    person = await api.passenger(email="awa@example.test", is_email_verified=True)
    await save(person)
    if has_device:
        await phone(person, fresh_key())
    await api.change(person, **given)
    await api.trip(await api.driver())
    heard = {"push": await pushed(api), "email": await api.mails("awa@example.test"), "sms": await texts(person)}
    assert [name for name, messages in heard.items() if messages] == ([channel] if channel else [])
    if channel == "email":
        (mail,) = heard["email"]
        assert mail["subject"] == "A trip for you: Abidjan, Plateau - Yamoussoukro"
        assert "on 02/10 08:30, 6,000 F a seat" in " ".join(mail["body"].split())


async def test_nothing_is_told_when_the_trip_is_gone_before_the_message_leaves(api: Api) -> None:
    person, driver = await api.passenger(), await api.driver()
    await save(person)
    await phone(person, "phone-1")
    trip = await api.trip(driver)
    await api.arm("error", provider="fcm")
    assert await pushed(api) == []
    data(await driver.post(f"/trips/{trip['id']}/cancel"))
    api.clock.advance(15 * SECOND)
    assert (await pushed(api), await texts(person)) == ([], [])


async def test_outbox_names_nobody_when_messages_wait(api: Api) -> None:
    person = await api.passenger()
    await save(person)
    await phone(person, "phone-1")
    await api.trip(await api.driver())
    await api.arm("error", provider="fcm")
    await pushed(api)
    waiting = await api.service.platform.deliveries.claim(now=api.clock.now() + DAY, lease=HOUR, limit=99)
    assert [set(each.payload) for each in waiting] == [{"notice_id", "device_id"}]


async def test_expired_alerts_are_silent_and_forgotten_when_their_time_is_over(api: Api) -> None:
    person, driver = await api.passenger(), await api.driver()
    alert = await save(person)
    api.clock.advance(ALERT_TTL)
    person, driver = await api.log_in(person.phone), await api.log_in(driver.phone)
    assert data(await person.get("/me/alerts")) == []
    await api.trip(driver, departure_time=(api.clock.now() + DAY).isoformat())
    assert "alert_matched" not in await texts(person)
    named = (await api.inside.everything()).count(alert["id"])
    await api.run("alerts")
    assert (await api.inside.everything()).count(alert["id"]) < named


async def test_alerts_and_blocks_go_with_their_owner_when_he_is_erased(api: Api) -> None:
    person, other = await api.passenger(), await api.passenger()
    await save(person, to=YAMOUSSOUKRO | {"text": "canary of a place"})
    data(await person.post(f"/users/{other.id}/block"))
    data(await person.post(f"/users/{other.id}/report", {"reason": "Conduite dangereuse"}), 201)
    mine = data(await person.get("/me/export"))
    assert [len(mine[name]) for name in ("alerts", "blocks", "reports")] == [1, 1, 1]
    assert (await person.send("DELETE", "/me")).status_code == 204
    assert "canary of a place" not in await api.inside.everything()
    await api.trip(await api.driver())
    assert await texts(person) == []
    assert data(await other.get("/me/export"))["reports"] == []
