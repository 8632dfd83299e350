"""Who hears of a booking, by which channel, and that each channel fails and is tried again alone."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.application.carpool.tell_sides import WORDS
from allonova.domain.kernel.machine import Party
from allonova.main.wiring import HEARD
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE
from tests.support.wire import data

MAIL_OF = {Party.DRIVER: "yao@example.test", Party.PASSENGER: "awa@example.test"}
BY_MAIL = {"is_email_verified": True}
DAY = 24 * HOUR


async def both(api: Api, **passengers: Any) -> tuple[Person, Person]:
    """A driver and a passenger with verified phones and e-mails, the latter's as given."""
    driver = await api.driver(email=MAIL_OF[Party.DRIVER], **BY_MAIL)
    return driver, await api.passenger(**({"email": MAIL_OF[Party.PASSENGER], **BY_MAIL} | passengers))


async def texts(api: Api, person: Person) -> list[str]:
    """The templates of somebody's SMS, in their order."""
    return [message["template"] for message in reversed(await api.messages(person.phone))]


async def mails(api: Api, side: Party) -> list[str]:
    """The templates of a side's mails, in their order."""
    return [mail["template"] for mail in reversed(await api.mails(MAIL_OF[side]))]


async def ridden(api: Api, passenger: Person, driver: Person) -> None:
    """The whole story, from the request to the arrival."""
    booking = await api.pending(passenger, await api.trip(driver))
    path = f"/bookings/{booking['id']}"
    await api.relay()
    data(await driver.post(f"{path}/accept"))
    await api.relay()
    await api.press((await api.started(passenger, booking))["payment"]["provider_ref"], "paid")
    await api.relay()
    api.clock.at = DEPARTURE
    booking = data(await passenger.get(path))
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    for step in ("start-ride", "end-ride"):
        data(await driver.post(f"{path}/{step}"))
        await api.relay()


async def test_both_channels_tell_the_story_when_both_are_verified(api: Api) -> None:
    driver, passenger = await both(api)
    await ridden(api, passenger, driver)
    heard = ["booking_accepted", "booking_paid_passenger", "booking_completed"]
    assert await texts(api, passenger) == await mails(api, Party.PASSENGER) == heard
    heard = ["booking_requested", "booking_paid_driver", "rating_due"]
    assert await texts(api, driver) == await mails(api, Party.DRIVER) == heard


async def test_mails_tell_the_story_when_there_is_no_phone(api: Api) -> None:
    driver, passenger = await both(api, phone=None, is_phone_verified=False, language="fr")
    await ridden(api, passenger, driver)
    heard = await api.mails(MAIL_OF[Party.PASSENGER])
    assert [mail["template"] for mail in heard] == ["booking_completed", "booking_paid_passenger", "booking_accepted"]
    accepted = heard[-1]
    assert accepted["subject"] == "Réservation acceptée : Abidjan, Plateau - Yamoussoukro"
    assert "Payez 6 000 F" in accepted["body"]
    assert "02/10 08:30" in accepted["body"]


@pytest.mark.parametrize(
    ("given", "has_text", "has_mail"),
    [
        ({"notify_sms": False}, False, True),
        ({"notify_email": False}, True, False),
        ({"notify_sms": False, "notify_email": False}, False, False),
        ({"is_email_verified": False}, True, False),
        ({"is_phone_verified": False}, False, True),
    ],
)
async def test_channel_is_silent_when_it_is_unwanted_or_unverified(
    api: Api, given: dict[str, bool], has_text: bool, has_mail: bool
) -> None:
    driver, passenger = await both(api, **given)
    await api.accepted(passenger, driver, await api.trip(driver))
    assert await texts(api, passenger) == ["booking_accepted"] * has_text
    assert await mails(api, Party.PASSENGER) == ["booking_accepted"] * has_mail


async def test_channel_is_tried_again_alone_when_it_fails(api: Api) -> None:
    driver, passenger = await both(api)
    booking = await api.pending(passenger, await api.trip(driver))
    await api.relay()
    data(await driver.post(f"/bookings/{booking['id']}/accept"))
    await api.arm("error", provider="brevo")
    await api.relay()
    [failed] = [each.subscriber for each in await api.inside.outbox() if not each.is_done]
    assert failed in ("mail_notice", "text_notice")
    api.clock.advance(MINUTE)
    assert await texts(api, passenger) == await mails(api, Party.PASSENGER) == ["booking_accepted"]
    assert all(each.is_done for each in await api.inside.outbox())


async def test_mail_is_given_up_alone_when_its_address_is_none(api: Api) -> None:
    driver, passenger = await both(api, email="nobody@nowhere")
    await api.accepted(passenger, driver, await api.trip(driver))
    assert await texts(api, passenger) == ["booking_accepted"]
    [mail] = [each for each in await api.inside.outbox() if not each.is_done]
    assert (mail.subscriber, mail.is_dead) == ("mail_notice", True)


async def test_passenger_is_told_when_the_driver_says_no(api: Api) -> None:
    driver, passenger = await both(api)
    booking = await api.pending(passenger, await api.trip(driver))
    data(await driver.post(f"/bookings/{booking['id']}/reject"))
    assert await texts(api, passenger) == await mails(api, Party.PASSENGER) == ["booking_rejected"]


@pytest.mark.parametrize("by", [Party.DRIVER, Party.PASSENGER])
async def test_other_side_is_told_when_nothing_was_paid(api: Api, by: Party) -> None:
    driver, passenger = await both(api)
    booking = await api.pending(passenger, await api.trip(driver))
    await api.relay()
    data(await (driver if by is Party.DRIVER else passenger).post(f"/bookings/{booking['id']}/cancel"))
    told = {
        Party.DRIVER: ["booking_requested"] + ["booking_cancelled_driver"] * (by is Party.PASSENGER),
        Party.PASSENGER: ["booking_cancelled_unpaid"] * (by is Party.DRIVER),
    }
    assert (await texts(api, driver), await texts(api, passenger)) == (told[Party.DRIVER], told[Party.PASSENGER])
    assert {side: await mails(api, side) for side in told} == told


async def test_passenger_reads_what_it_costs_when_he_cancels_late(api: Api) -> None:
    api.clock.at = DEPARTURE - 2 * DAY
    driver, passenger = await both(api)
    booking = await api.paid(passenger, driver, await api.trip(driver))
    await api.relay()
    api.clock.at = DEPARTURE - 3 * HOUR
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    await api.relay()
    api.clock.at = DEPARTURE - 90 * MINUTE  # the night is over
    assert (await api.messages(passenger.phone))[0]["body"].endswith("Fee: 1800 F. Refund: 4200 F.")
    [mail, *_] = await api.mails(MAIL_OF[Party.PASSENGER])
    assert "Cancellation fee: 1,800 F. Refund: 4,200 F." in mail["body"]
    assert (await texts(api, driver))[-1] == (await mails(api, Party.DRIVER))[-1] == "booking_cancelled_driver"


async def test_payer_is_told_of_his_refund_when_the_driver_cancels(api: Api) -> None:
    api.clock.at = DEPARTURE - 2 * DAY
    driver, passenger = await both(api)
    booking = await api.paid(passenger, driver, await api.trip(driver))
    data(await driver.post(f"/bookings/{booking['id']}/cancel"))
    for heard in (await texts(api, passenger), await mails(api, Party.PASSENGER)):
        assert heard[-2:] == ["booking_cancelled_passenger", "refund_sent"]
    [mail, *_] = await api.mails(MAIL_OF[Party.PASSENGER])
    assert mail["subject"] == "Refund of 6,000 F"
    assert "booking_cancelled_driver" not in await texts(api, driver)


async def test_passenger_reads_the_new_time_when_the_driver_moves_the_trip(api: Api) -> None:
    driver, passenger = await both(api)
    trip = await api.trip(driver)
    await api.accepted(passenger, driver, trip)
    later = (DEPARTURE + 15 * MINUTE).isoformat()
    data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"departure_time": later}))
    assert (await texts(api, passenger))[-1] == (await mails(api, Party.PASSENGER))[-1] == "trip_changed"
    assert "02/10 08:45" in (await api.messages(passenger.phone))[0]["body"]
    assert (await texts(api, driver))[-1] == "booking_requested"


async def test_passenger_is_told_when_he_did_not_come(api: Api) -> None:
    driver, passenger = await both(api)
    booking = await api.paid(passenger, driver, await api.trip(driver))
    api.clock.at = DEPARTURE + 30 * MINUTE
    data(await driver.post(f"/bookings/{booking['id']}/no-show"))
    assert (await texts(api, passenger))[-1] == (await mails(api, Party.PASSENGER))[-1] == "no_show"


async def test_both_are_asked_when_no_driver_was_seen(api: Api) -> None:
    driver, passenger = await both(api)
    booking = await api.paid(passenger, driver, await api.trip(driver))
    await api.relay()
    api.clock.at = DEPARTURE + HOUR
    data(await passenger.post(f"/bookings/{booking['id']}/driver-no-show"))
    assert (await texts(api, passenger))[-1] == (await mails(api, Party.PASSENGER))[-1] == "ride_question"
    assert (await texts(api, driver))[-1] == (await mails(api, Party.DRIVER))[-1] == "ride_question"


async def test_outbox_holds_no_address_when_mails_wait(api: Api) -> None:
    driver, passenger = await both(api)
    await api.accepted(passenger, driver, await api.trip(driver))
    await api.arm("error", provider="brevo", times=20)
    await api.relay()
    api.clock.advance(MINUTE)
    waiting = await api.service.platform.deliveries.claim(now=api.clock.now(), lease=MINUTE, limit=99)
    assert {each.subscriber for each in waiting} == {"mail_notice", "text_notice", "text_unpushed"}
    assert all(set(each.payload) == {"notice_id"} for each in waiting)


@pytest.mark.parametrize("side", WORDS)
def test_each_event_has_words_when_a_side_hears_of_it(side: Party) -> None:
    assert {event for event, names in HEARD.items() if f"tell_{side}" in names} == set(WORDS[side])
