"""Money that is taken back from us: by a card's bank, or by a provider on its own."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.money.ports import ProviderEvent, Report, Reported
from allonova.domain.money.payment import Method
from tests.support.api import Api
from tests.support.factories import HOUR, new_id
from tests.support.purses import filled, require_sound_books, wallet_of
from tests.support.sales import Sale, accounts, sold
from tests.support.wire import NOBODY, data, paths, refusal

FARE = 12_000


async def dispute(sale: Sale, **more: Any) -> None:
    """The card's bank takes the money back, or decides; Stripe has reported it when this returns."""
    body = {"payment_intent": sale.payment["provider_ref"], **more}
    answer = await sale.api.outside.post("/stripe/disputes", json=body)
    assert answer.status_code == 200, answer.text


async def said(sale: Sale, reported: Reported, *, back: int = 0) -> str:
    """What becomes of a provider's word."""
    take: Any = sale.api.service.edge.use[TakeProviderEvent]
    payment = sale.payment
    report = Report(
        reported=reported, provider_ref=payment["provider_ref"], amount=payment["amount"], currency="XOF", back=back
    )
    provider = {"card": "stripe"}.get(payment["method"], payment["method"])
    event = ProviderEvent(
        provider=provider, event_id=f"event-{new_id()}", kind="x", provider_ref=report.provider_ref, report=report
    )
    return str(await take(event))


async def borne(sale: Sale, by: str) -> Any:
    """The answer when somebody says who bears it."""
    return await sale.admin.post(f"/admin/payments/{sale.payment['id']}/chargeback", {"bear": by, "reason": "Fraud."})


async def flagged(sale: Sale, flag: str) -> list[str]:
    """The payments that somebody should look at."""
    return [row["id"] for row in data(await sale.admin.get("/admin/payments", flag=flag))]


async def ours(sale: Sale) -> dict[str, int]:
    """What the accounts of those concerned hold, without the provider's."""
    held = await accounts(sale.api)
    payable = held.get(f"driver_payable:{sale.driver.id}", 0)
    return {"loss": held.get("loss", 0), "payable": payable, "escrow": held.get("escrow", 0)}


async def test_booking_ends_and_nobody_loses_when_the_bank_takes_it_before_the_ride(api: Api) -> None:
    sale = await sold(api, "card")
    await dispute(sale)
    assert await sale.status() == ("refunded", FARE, "cancelled")
    assert await ours(sale) == {"loss": 0, "payable": 0, "escrow": 0}
    (refund,) = (await sale.detail())["refunds"]
    assert (refund["cause"], refund["status"], refund["amount"]) == ("chargeback", "done", FARE)
    assert await flagged(sale, "chargeback") == [sale.payment["id"]]
    refusal(await borne(sale, "driver"), 409, "conflict")
    booking = data(await sale.passenger.get(f"/bookings/{sale.booking['id']}"))
    assert booking["cancellation"]["reason"] == "taken_back"
    await require_sound_books(api)


async def test_driver_bears_it_once_when_somebody_says_so_after_the_ride(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.ride()
    await dispute(sale)
    assert await sale.status() == ("refunded", FARE, "completed")
    assert await ours(sale) == {"loss": -FARE, "payable": 10_800, "escrow": 0}
    assert paths(refusal(await borne(sale, "passenger"), 422, "validation_error")) == ["bear"]
    refund = data(await borne(sale, "driver"))
    assert (refund["reason"], refund["decided_by"]) == ("Fraud.", str(sale.admin.id))
    assert await ours(sale) == {"loss": 0, "payable": 10_800 - FARE, "escrow": 0}
    for bearer in ("driver", "platform"):
        refusal(await borne(sale, bearer), 409, "conflict")
    assert [line.action for line in await api.inside.audit()].count("payment.loss_decided") == 1
    await require_sound_books(api)
    await dispute(sale, outcome="won")
    assert await ours(sale) == {"loss": 0, "payable": 10_800, "escrow": 0}
    assert await flagged(sale, "chargeback") == []
    await require_sound_books(api)


async def test_platform_bears_it_when_somebody_says_so(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.ride()
    refusal(await borne(sale, "platform"), 409, "conflict")
    await dispute(sale)
    data(await borne(sale, "platform"))
    refusal(await borne(sale, "driver"), 409, "conflict")
    assert await ours(sale) == {"loss": -FARE, "payable": 10_800, "escrow": 0}
    await dispute(sale, outcome="lost")
    assert await flagged(sale, "chargeback") == [sale.payment["id"]]
    refusal(await sale.admin.post(f"/admin/payments/{NOBODY}/chargeback", {"bear": "driver", "reason": "x"}), 404,
            "not_found")  # fmt: skip
    await require_sound_books(api)


async def test_loss_is_made_good_when_the_bank_decides_for_us(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.ride()
    await dispute(sale)
    await dispute(sale, outcome="won")
    assert await ours(sale) == {"loss": 0, "payable": 10_800, "escrow": 0}
    refusal(await borne(sale, "driver"), 409, "conflict")
    assert await said(sale, Reported.CHARGEBACK_WON, back=FARE) == "known"
    await require_sound_books(api)


@pytest.mark.parametrize("ends", ["ridden", "cancelled"])
async def test_part_is_our_loss_until_the_passenger_gets_less_when_the_bank_takes_a_part(api: Api, ends: str) -> None:
    sale = await sold(api, "card")
    await dispute(sale, amount=5_000)
    assert await sale.status() == ("paid", 5_000, "paid")
    assert await ours(sale) == {"loss": -5_000, "payable": 0, "escrow": FARE}
    await require_sound_books(api)
    if ends == "ridden":
        await sale.ride()
        data(await borne(sale, "driver"))
        assert await ours(sale) == {"loss": 0, "payable": 5_800, "escrow": 0}
        assert await sale.status() == ("paid", 5_000, "completed")
    else:
        data(await sale.driver.post(f"/bookings/{sale.booking['id']}/cancel"))
        await api.relay()
        assert (await ours(sale))["loss"] == 0
        assert await sale.status() == ("refunded", FARE, "cancelled")
    await require_sound_books(api)


async def test_rest_goes_back_when_the_back_office_gives_it_after_a_part_was_taken(api: Api) -> None:
    sale = await sold(api, "card")
    await dispute(sale, amount=5_000)
    assert refusal(await sale.give_back(amount=7_001), 409, "conflict") == {"left": 7_000}
    assert data(await sale.give_back(to="wallet"))["amount"] == 7_000
    assert await sale.status() == ("refunded", FARE, "cancelled")
    assert (await ours(sale))["loss"] == 0
    assert await wallet_of(sale.passenger) == (7_000, 0)
    await require_sound_books(api)


async def test_waits_for_a_person_when_the_bank_still_holds_what_should_go_back(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.ride()
    await dispute(sale, amount=5_000)
    data(await sale.give_back(amount=1_000))
    await api.relay()
    (waiting,) = data(await sale.admin.get("/admin/refunds", status="pending_manual"))
    assert (waiting["amount"], waiting["failure"]["code"]) == (1_000, "charge_disputed")
    await require_sound_books(api)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("reported", [Reported.REFUNDED, Reported.CHARGED_BACK])
async def test_once_when_it_is_reported_again(api: Api, when: str, reported: Reported) -> None:
    sale = await sold(api, "card")
    if when == "after":
        await sale.ride()
    outcomes = [await said(sale, reported, back=FARE) for _ in range(3)]
    assert outcomes == ["taken_back" if reported is Reported.REFUNDED else "chargeback", "known", "known"]
    assert await ours(sale) == {
        "loss": 0 if when == "before" else -FARE, "payable": 0 if when == "before" else 10_800, "escrow": 0,
    }  # fmt: skip
    assert (await sale.status())[:2] == ("refunded", FARE)
    await require_sound_books(api)


async def test_only_what_is_news_counts_when_a_provider_says_how_much_went_back_so_far(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.ride()
    data(await sale.give_back(amount=2_000))
    await api.relay()
    assert await said(sale, Reported.REFUNDED, back=2_000) == "known"
    assert await said(sale, Reported.REFUNDED, back=5_000) == "taken_back"
    assert await said(sale, Reported.REFUNDED, back=5_000) == "known"
    assert await sale.status() == ("paid", 5_000, "completed")
    assert (await ours(sale))["loss"] == -3_000
    assert await flagged(sale, "taken_back") == [sale.payment["id"]]
    assert refusal(await sale.give_back(amount=7_001), 409, "conflict") == {"left": 7_000}
    await require_sound_books(api)


async def test_nobody_rides_when_it_went_back_before_we_knew_that_it_came(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver), seats=2)
    payment = (await api.started(passenger, booking))["payment"]
    sale = Sale(api=api, driver=driver, passenger=passenger, booking=booking, payment=payment, admin=await api.admin())
    assert await said(sale, Reported.REFUNDED, back=FARE) == "taken_back"
    assert await said(sale, Reported.PAID) == "known"
    assert await sale.status() == ("refunded", FARE, "cancelled")
    await require_sound_books(api)


async def test_fee_that_was_kept_is_our_loss_when_the_bank_takes_it(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.cancel(ahead=12 * HOUR)
    await api.relay()
    assert await sale.status() == ("paid", 8_400, "cancelled")
    await dispute(sale, amount=3_600)
    assert (await sale.status())[:2] == ("refunded", FARE)
    data(await borne(sale, "driver"))
    assert await ours(sale) == {"loss": 0, "payable": 3_240 - 3_600, "escrow": 0}
    await require_sound_books(api)


async def test_what_had_gone_back_already_is_lost_when_the_bank_takes_all_of_it(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.cancel(ahead=12 * HOUR)
    await api.relay()
    await dispute(sale)
    assert (await sale.status())[:2] == ("refunded", FARE)
    assert (await ours(sale))["loss"] == -FARE
    assert await said(sale, Reported.CHARGED_BACK, back=FARE) == "known"
    assert await said(sale, Reported.CHARGEBACK_WON, back=FARE) == "chargeback_won"
    assert (await ours(sale))["loss"] == 0
    await require_sound_books(api)


@pytest.mark.parametrize("reported", [Reported.REFUNDED, Reported.CHARGED_BACK])
async def test_loss_is_ours_when_a_top_up_is_taken_back(api: Api, reported: Reported) -> None:
    passenger = await api.passenger()
    payment = await filled(api, passenger, 5_000, method=Method.CARD)
    shown = {"id": str(payment.id), "method": "card", "amount": 5_000, "provider_ref": payment.provider_ref}
    sale = Sale(api=api, driver=passenger, passenger=passenger, booking=None, payment=shown, admin=await api.admin())
    for expected in ("taken_back" if reported is Reported.REFUNDED else "chargeback", "known"):
        assert await said(sale, reported, back=5_000) == expected
    assert (await ours(sale))["loss"] == -5_000
    assert await wallet_of(passenger) == (5_000, 0)
    refusal(await borne(sale, "driver"), 409, "conflict")
    assert (await sale.detail())["booking_status"] is None
    await require_sound_books(api)
