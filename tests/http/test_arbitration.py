"""The back office's word on a booking: who gets its money, whose fault it was, and who may say so."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.money.promo import PromoType
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api
from tests.support.arguing import complain, contested, quarrel, rule
from tests.support.factories import DEPARTURE, HOUR, a_promo
from tests.support.purses import require_sound_books
from tests.support.sales import accounts, sold
from tests.support.wire import NOBODY, data, refusal

FARE = 12_000


def giving(refund: int | None) -> dict[str, Any]:
    """A body that says how much goes back, unless it is all."""
    return {} if refund is None else {"refund_amount": refund}


@pytest.mark.parametrize(
    ("refund", "fee", "driver", "commission", "reason"),
    [
        (None, 0, 0, 0, "driver_no_show"),
        (FARE, 0, 0, 0, "driver_no_show"),
        (4_000, 8_000, 7_200, 800, "arbitrated"),
        (0, FARE, 10_800, 1_200, "arbitrated"),
    ],
)
async def test_frozen_money_goes_where_the_back_office_says(
    api: Api, refund: int | None, fee: int, driver: int, commission: int, reason: str
) -> None:
    sale = await contested(api, "card")
    ruled = data(await rule(sale, **giving(refund)))
    assert (ruled["status"], ruled["cancellation"]) == (
        "cancelled", {"by": "passenger", "reason": reason, "fee": fee, "refund": FARE - fee},
    )  # fmt: skip
    await api.relay()
    held = await accounts(api)
    assert (held.get(f"driver_payable:{sale.driver.id}", 0), held.get("commission", 0)) == (driver, commission)
    assert (await sale.status())[1] == FARE - fee
    details = refusal(await rule(sale), 409, "invalid_transition")
    assert details == {"from": "cancelled", "to": "cancelled"}
    await api.audit_books()


async def test_nothing_marks_the_driver_when_it_was_not_his_fault_though_all_goes_back(api: Api) -> None:
    ruled = data(await rule(await contested(api), driver_at_fault=False))
    assert ruled["cancellation"]["reason"] == "arbitrated"


async def test_driver_is_marked_when_it_was_his_fault_though_a_part_goes_back(api: Api) -> None:
    ruled = data(await rule(await contested(api, "card"), refund_amount=6_000, driver_at_fault=True))
    assert ruled["cancellation"]["reason"] == "driver_no_show"


@pytest.mark.parametrize(("refund", "promo_back", "driver"), [(None, 2_000, 0), (4_000, 2_000, 5_400), (0, 0, 10_800)])
async def test_promos_part_goes_back_unless_the_driver_gets_his_whole_fare(
    api: Api, refund: int | None, promo_back: int, driver: int
) -> None:
    promo = a_promo(type=PromoType.AMOUNT, value=2_000)
    await api.keep(promo)
    sale = await contested(api, "card", promo_code=promo.code)
    data(await rule(sale, **giving(refund)))
    await api.relay()
    held = await accounts(api)
    assert held.get("promo_expense", 0) == promo_back - 2_000
    assert held.get(f"driver_payable:{sale.driver.id}", 0) == driver
    await require_sound_books(api)


@pytest.mark.parametrize("refund", [None, 4_000])
async def test_paid_booking_is_cancelled_with_what_is_to_go_back(api: Api, refund: int | None) -> None:
    sale = await sold(api, "card")
    ruled = data(await rule(sale, **giving(refund)))
    back = FARE if refund is None else refund
    assert ruled["cancellation"] == {"by": "admin", "reason": "arbitrated", "fee": FARE - back, "refund": back}
    await api.relay()
    assert (await sale.status())[1:] == (back, "cancelled")
    trip = data(await sale.driver.get(f"/trips/{sale.booking['trip']['id']}"))
    assert trip["seats_available"] == trip["seats_total"]
    actions = [line.action for line in await api.inside.audit()]
    assert "booking.ruled" in actions
    await require_sound_books(api)


async def test_more_than_was_paid_is_refused(api: Api) -> None:
    sale = await contested(api)
    assert refusal(await rule(sale, refund_amount=FARE + 1), 409, "conflict") == {"left": FARE}


@pytest.mark.parametrize("until", ["checkin", "start-ride"])
async def test_begun_ride_is_completed_and_a_part_goes_back(api: Api, until: str) -> None:
    sale = await sold(api, "card")
    await sale.ride(until=until)
    refusal(await rule(sale), 409, "invalid_transition")
    ruled = data(await rule(sale, "completed", refund_amount=4_000))
    assert ruled["status"] == "completed"
    await api.relay()
    held = await accounts(api)
    assert (held[f"driver_payable:{sale.driver.id}"], held["commission"]) == (7_200, 800)
    refusal(await rule(sale, "completed"), 409, "invalid_transition")
    await require_sound_books(api)


async def test_ride_that_nobody_began_cannot_be_completed(api: Api) -> None:
    details = refusal(await rule(await sold(api), "completed"), 409, "invalid_transition")
    assert details == {"from": "paid", "to": "completed"}
    refusal(await rule(await contested(api), "completed"), 409, "invalid_transition")


async def test_unpaid_booking_is_cancelled_and_nothing_goes_back(api: Api) -> None:
    driver, passenger, admin = await api.driver(), await api.passenger(), await api.admin()
    later = await api.trip(driver, departure_time=(DEPARTURE + 24 * HOUR).isoformat())
    pending = await api.pending(passenger, await api.trip(driver))
    for booking in (pending, await api.accepted(passenger, driver, later)):
        path, body = f"/admin/bookings/{booking['id']}", {"status": "cancelled", "reason": "Doublon."}
        refused = await admin.send("PATCH", path, json=body | {"refund_amount": 1})
        assert refusal(refused, 409, "conflict") == {"left": 0}
        assert data(await admin.send("PATCH", path, json=body))["cancellation"]["reason"] == "arbitrated"


async def test_dispute_is_decided_first_unless_all_goes_back(api: Api) -> None:
    case = await quarrel(api, "card", until="start-ride")
    assert refusal(await rule(case.sale, "completed"), 409, "conflict") == {}
    sale = await contested(api, "card")
    await complain(sale.driver, sale.booking)
    assert refusal(await rule(sale, refund_amount=4_000), 409, "conflict") == {}
    data(await rule(sale))
    await require_sound_books(api)


async def test_frozen_money_is_decided_with_the_dispute_about_it(api: Api) -> None:
    sale = await contested(api, "card")
    dispute = await complain(sale.passenger, sale.booking, category="no_show")
    path = f"/admin/disputes/{dispute['id']}"
    data(await sale.admin.send("PATCH", path, json={"status": "in_review"}))
    body = {"status": "resolved", "resolution": "À moitié.", "refund_amount": 6_000}
    data(await sale.admin.send("PATCH", path, json=body))
    await api.relay()
    assert await sale.status() == ("paid", 6_000, "cancelled")
    assert (await accounts(api))[f"driver_payable:{sale.driver.id}"] == 5_400
    refusal(await rule(sale), 409, "invalid_transition")
    await require_sound_books(api)


async def test_role_without_the_payments_row_gives_back_up_to_the_limit(api: Api) -> None:
    sale, helper = await contested(api, "card"), await api.admin(Role.SUPPORT)
    assert refusal(await rule(sale, by=helper), 403, "forbidden") == {"limit": 10_000}
    data(await rule(sale, by=helper, refund_amount=10_000))
    for role in (Role.FINANCE, Role.COMPLIANCE):
        refusal(await rule(sale, by=await api.admin(role)), 403, "forbidden")
    refusal(await rule(sale, by=sale.passenger), 401, "auth_required")


async def test_role_without_the_payments_row_may_cancel_what_nobody_rode_when_all_goes_back(api: Api) -> None:
    sale, helper = await sold(api, "card"), await api.admin(Role.SUPPORT)
    assert refusal(await rule(sale, by=helper, refund_amount=FARE - 1), 403, "forbidden") == {"limit": 10_000}
    ruled = data(await rule(sale, by=helper))
    assert (ruled["status"], ruled["cancellation"]["refund"]) == ("cancelled", FARE)
    await api.relay()
    assert (await sale.status())[1] == FARE
    await require_sound_books(api)


async def test_large_refund_waits_for_another_admin(api: Api) -> None:
    api.follow(money=MoneyRules(four_eyes_amount=5_000))
    sale = await contested(api)
    assert data(await rule(sale))["cancellation"]["fee"] == FARE
    refund = (await sale.detail())["refunds"][0]
    assert (refund["status"], refund["amount"]) == ("awaiting_approval", FARE)
    assert (await accounts(api))[f"driver_payable:{sale.driver.id}"] == 10_800
    data(await sale.admin.post(f"/admin/refunds/{refund['id']}/approve"))
    await api.relay()
    assert await accounts(api) == {}
    await require_sound_books(api)


async def test_stale_version_is_refused(api: Api) -> None:
    sale, admin = await contested(api), await api.admin()
    path, body = f"/admin/bookings/{sale.booking['id']}", {"status": "cancelled", "reason": "Relu."}
    stale = await admin.send("PATCH", path, json=body, headers={"If-Match": '"1"'})
    current = refusal(stale, 412, "precondition_failed")["current"]
    fresh = await admin.send("PATCH", path, json=body, headers={"If-Match": f'"{current["version"]}"'})
    assert fresh.headers["etag"] == f'"{data(fresh)["version"]}"'
    refusal(await admin.send("PATCH", f"/admin/bookings/{NOBODY}", json=body), 404, "not_found")


async def test_both_sides_are_told_once_how_it_ended(api: Api) -> None:
    sale = await contested(api, "card")
    for person in (sale.driver, sale.passenger):
        await api.messages(person.phone)
    data(await rule(sale, refund_amount=4_000))
    for person in (sale.driver, sale.passenger):
        heard = [message["template"] for message in await api.messages(person.phone)]
        assert heard.count("booking_arbitrated") == 1
        assert not [one for one in heard if one.startswith("booking_cancelled")]
