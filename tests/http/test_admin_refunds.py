"""Giving back: how much, by which way, whose francs, and who agrees."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.money.payment import Method
from allonova.domain.money.promo import PromoType
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND, a_promo
from tests.support.purses import filled, require_sound_books, wallet_of
from tests.support.sales import accounts, sold
from tests.support.wire import NOBODY, data, fresh_key, paths, refusal, require_refused

FARE = 12_000
TWO_PAIRS_OF_EYES = MoneyRules(four_eyes_amount=5_000)


async def test_whole_payment_goes_back_and_the_booking_ends_when_the_ride_has_not_begun(api: Api) -> None:
    sale = await sold(api)
    refund = data(await sale.give_back(reason="Trajet annulé par erreur"))
    assert refund == {
        "id": refund["id"], "payment_id": sale.payment["id"], "user_id": str(sale.passenger.id), "amount": FARE,
        "currency": "XOF", "sent_to": "provider", "cause": "admin", "reason": "Trajet annulé par erreur",
        "status": "pending", "provider_ref": None, "reference": None, "failure": None,
        "requested_by": str(sale.admin.id), "decided_by": None, "done_at": None,
        "created_at": refund["created_at"], "updated_at": refund["updated_at"],
    }  # fmt: skip
    await require_sound_books(api)
    booking = data(await sale.passenger.get(f"/bookings/{sale.booking['id']}"))
    assert booking["cancellation"] == {"by": "admin", "reason": "refunded", "fee": 0, "refund": FARE}
    trip = data(await sale.driver.get(f"/trips/{sale.booking['trip']['id']}"))
    assert trip["seats_available"] == 3
    assert (await api.messages(sale.driver.phone))[0]["template"].startswith("booking_cancelled")
    await api.relay()
    assert await sale.status() == ("refunded", FARE, "cancelled")
    assert await accounts(api) == {}
    actions = [line.action for line in await api.inside.audit()]
    assert actions[-3:] == ["refund.requested", "booking.cancelled", "payment.refunded"]
    await api.audit_books()


@pytest.mark.parametrize("stage", ["paid", "checkin", "start-ride"])
async def test_refused_when_a_part_is_asked_or_the_passenger_is_there(api: Api, stage: str) -> None:
    sale = await sold(api)
    body: dict[str, Any] = {"amount": 5_000}
    if stage != "paid":
        await sale.ride(until=stage)
        body = {}
    before = await accounts(api)
    details = refusal(await sale.give_back(**body), 409, "conflict")
    assert details == {"stage": {"paid": "paid", "checkin": "checked_in", "start-ride": "started"}[stage]}
    assert await accounts(api) == before


async def test_driver_and_platform_give_their_shares_when_the_ride_is_over(api: Api) -> None:
    sale = await sold(api, "card")
    await sale.ride()
    data(await sale.give_back(amount=3_335))
    data(await sale.give_back(amount=3_335))
    await api.relay()
    payable = f"driver_payable:{sale.driver.id}"
    held = await accounts(api)
    assert (held[payable], held["commission"]) == (10_800 - 6_003, 1_200 - 667)  # 666.99…, half up over both
    assert await sale.status() == ("paid", 6_670, "completed")
    assert refusal(await sale.give_back(amount=5_331), 409, "conflict") == {"left": 5_330}
    data(await sale.give_back())
    await api.relay()
    assert await sale.status() == ("refunded", FARE, "completed")
    held = await accounts(api)
    assert payable not in held
    assert "commission" not in held
    assert refusal(await sale.give_back(), 409, "conflict") == {"left": 0}
    await require_sound_books(api)


async def test_driver_owes_it_when_he_has_been_paid_out(api: Api) -> None:
    sale = await sold(api)
    await sale.ride()
    api.clock.advance(HOUR)
    data(await sale.admin.post("/admin/payouts/run", {}))
    await api.relay()
    data(await sale.give_back())
    await api.relay()
    assert (await accounts(api))[f"driver_payable:{sale.driver.id}"] == -10_800
    assert await sale.status() == ("refunded", FARE, "completed")
    await require_sound_books(api)


async def test_fee_comes_back_from_those_who_got_it_and_nothing_more(api: Api) -> None:
    sale = await sold(api)
    await sale.cancel(ahead=12 * HOUR)
    await api.relay()
    assert await wallet_of(sale.passenger) == (8_400, 8_400)
    assert refusal(await sale.give_back(amount=3_601), 409, "conflict") == {"left": 3_600}
    refund = data(await sale.give_back(amount=1_000))
    assert (refund["sent_to"], refund["status"]) == ("wallet", "done")
    data(await sale.give_back())
    assert await wallet_of(sale.passenger) == (FARE, FARE)
    assert await sale.status() == ("refunded", FARE, "cancelled")
    held = await accounts(api)
    assert held == {"clearing:wave": -FARE, f"wallet:{sale.passenger.id}": FARE}
    await api.audit_books()


async def test_refused_when_the_sides_disagree_about_the_ride(api: Api) -> None:
    sale = await sold(api)
    api.clock.at = DEPARTURE + 20 * MINUTE
    data(await sale.passenger.post(f"/bookings/{sale.booking['id']}/driver-no-show"))
    assert refusal(await sale.give_back(), 409, "conflict") == {}  # not for want of francs
    await require_sound_books(api)


@pytest.mark.parametrize("is_over", [False, True])
async def test_promos_part_is_nobodys_when_a_ride_was_cheaper(api: Api, is_over: bool) -> None:
    promo = a_promo(type=PromoType.AMOUNT, value=2_000)
    await api.keep(promo)
    sale = await sold(api, promo_code=promo.code)
    if is_over:
        await sale.ride()
    assert refusal(await sale.give_back(amount=10_001), 409, "conflict") == {"left": 10_000}
    data(await sale.give_back())
    await api.relay()
    assert await sale.status() == ("refunded", 10_000, "completed" if is_over else "cancelled")
    held = await accounts(api)
    if is_over:  # the discount stays with those who drove, each his share of it
        assert held == {"promo_expense": -2_000, f"driver_payable:{sale.driver.id}": 1_800, "commission": 200}
    else:
        assert held == {}
    await api.audit_books()


@pytest.mark.parametrize(
    ("method", "amount", "to", "sent_to"),
    [
        ("wave", None, None, "provider"),
        ("wave", 4_000, None, "wallet"),
        ("orange", None, None, "wallet"),
        ("mtn", 4_000, None, "provider"),
        ("card", 4_000, None, "provider"),
        ("card", 4_000, "wallet", "wallet"),
    ],
)
async def test_way_is_that_of_the_payment_when_its_provider_can(
    api: Api, method: str, amount: int | None, to: str | None, sent_to: str
) -> None:
    sale = await sold(api, method)
    await sale.ride()
    body: dict[str, Any] = {name: value for name, value in (("amount", amount), ("to", to)) if value}
    assert data(await sale.give_back(**body))["sent_to"] == sent_to
    await api.relay()
    assert (await sale.status())[1] == amount or FARE
    expected = (amount or FARE) if sent_to == "wallet" else 0
    assert await wallet_of(sale.passenger) == (expected, 0 if method == "card" else expected)
    await require_sound_books(api)


async def test_back_into_the_wallet_when_it_paid_and_wallets_are_off(api: Api) -> None:
    passenger = await api.passenger()
    await filled(api, passenger, FARE)
    sale = await sold(api, "wallet", passenger=passenger)
    assert paths(refusal(await sale.give_back(to="provider"), 422, "validation_error")) == ["to"]
    api.follow(money=MoneyRules(enable_wallet=False))
    data(await sale.give_back(to="wallet"))
    assert await wallet_of(passenger) == (FARE, FARE)
    other = await sold(api)
    refusal(await other.give_back(to="wallet"), 409, "conflict")
    await require_sound_books(api)


async def test_waits_for_a_person_when_the_provider_cannot_and_was_chosen(api: Api) -> None:
    sale = await sold(api, "orange")
    refund = data(await sale.give_back(to="provider"))
    path = f"/admin/refunds/{refund['id']}"
    refusal(await sale.admin.post(f"{path}/confirm", {"reference": "OM 1"}), 409, "invalid_transition")
    await api.relay()
    (waiting,) = data(await sale.admin.get("/admin/refunds", status="pending_manual"))
    assert (waiting["id"], waiting["status"], waiting["done_at"]) == (refund["id"], "pending_manual", None)
    assert waiting["failure"]["code"]
    (flagged,) = data(await sale.admin.get("/admin/payments", flag="refund_pending_manual"))
    assert flagged["id"] == sale.payment["id"]
    assert await sale.status() == ("paid", 0, "cancelled")
    await require_sound_books(api)
    done = data(await sale.admin.post(f"{path}/confirm", {"reference": "OM 20251001.1"}))
    assert (done["status"], done["reference"], done["decided_by"]) == ("done", "OM 20251001.1", str(sale.admin.id))
    refusal(await sale.admin.post(f"{path}/confirm", {"reference": "again"}), 409, "invalid_transition")
    assert data(await sale.admin.get(path)) == done
    assert await sale.status() == ("refunded", FARE, "cancelled")
    assert data(await sale.admin.get("/admin/payments", flag="refund_pending_manual")) == []
    assert await accounts(api) == {}
    await require_sound_books(api)


async def test_nothing_moves_before_another_admin_agrees_when_it_is_much(api: Api) -> None:
    api.follow(money=TWO_PAIRS_OF_EYES)
    sale = await sold(api)
    before = await accounts(api)
    refund = data(await sale.give_back())
    assert (refund["status"], await accounts(api)) == ("awaiting_approval", before)
    assert refusal(await sale.give_back(amount=1), 409, "conflict") == {"left": 0}
    path = f"/admin/refunds/{refund['id']}"
    for verb, body in (("approve", None), ("reject", {"reason": "No."})):
        refusal(await sale.admin.post(f"{path}/{verb}", body), 403, "forbidden")
    other = await api.admin()
    approved = data(await other.post(f"{path}/approve"))
    assert (approved["status"], approved["decided_by"]) == ("pending", str(other.id))
    refusal(await other.post(f"{path}/approve"), 409, "invalid_transition")
    refusal(await other.post(f"{path}/reject", {"reason": "No."}), 409, "invalid_transition")
    await api.relay()
    assert await sale.status() == ("refunded", FARE, "cancelled")
    await api.audit_books()


async def test_parts_count_together_when_one_admin_gives_them(api: Api) -> None:
    api.follow(money=TWO_PAIRS_OF_EYES)
    sale = await sold(api)
    await sale.ride()
    assert data(await sale.give_back(amount=5_000))["status"] == "done"
    assert data(await sale.give_back(amount=1))["status"] == "awaiting_approval"
    await api.audit_books()


async def test_refused_when_things_have_changed_before_the_second_admin_agrees(api: Api) -> None:
    api.follow(money=TWO_PAIRS_OF_EYES)
    api.clock.at = DEPARTURE - 72 * HOUR
    sale = await sold(api)
    refund = data(await sale.give_back())
    await sale.cancel(ahead=72 * HOUR)
    await api.relay()
    assert await sale.status() == ("refunded", FARE, "cancelled")
    other, path = await api.admin(Role.FINANCE), f"/admin/refunds/{refund['id']}"
    assert refusal(await other.post(f"{path}/approve"), 409, "conflict") == {"left": 0}
    rejected = data(await other.post(f"{path}/reject", {"reason": "He cancelled himself."}))
    assert (rejected["status"], rejected["failure"]) == (
        "rejected", {"code": "rejected", "message": "He cancelled himself."},
    )  # fmt: skip
    await api.audit_books()


async def test_ride_that_began_is_waited_for_when_the_second_admin_comes_late(api: Api) -> None:
    api.follow(money=TWO_PAIRS_OF_EYES)
    sale = await sold(api)
    path = f"/admin/refunds/{data(await sale.give_back())['id']}/approve"
    await sale.ride(until="checkin")
    other = await api.admin()
    assert refusal(await other.post(path), 409, "conflict") == {"stage": "checked_in"}
    for name in ("start-ride", "end-ride"):
        data(await sale.driver.post(f"/bookings/{sale.booking['id']}/{name}"))
    data(await other.post(path))
    await api.relay()
    assert await sale.status() == ("refunded", FARE, "completed")
    await api.audit_books()


async def test_once_when_the_request_comes_again_with_its_key(api: Api) -> None:
    sale = await sold(api)
    await sale.ride()
    key = fresh_key()
    first, again = [await sale.give_back(amount=1_000, key=key) for _ in range(2)]
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    refusal(await sale.give_back(amount=2_000, key=key), 422, "idempotency_mismatch")
    assert (await sale.status())[1] == 1_000


async def test_refused_when_nothing_was_paid_or_nobody_knows_it(api: Api) -> None:
    driver, passenger, admin = await api.driver(), await api.passenger(), await api.admin()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    payment = (await api.started(passenger, booking))["payment"]
    path, body = f"/admin/payments/{payment['id']}/refund", {"reason": "x"}
    assert refusal(await admin.post(path, body), 409, "conflict") == {"status": "init"}
    refusal(await admin.post(f"/admin/payments/{NOBODY}/refund", body), 404, "not_found")
    refusal(await admin.get(f"/admin/payments/{NOBODY}"), 404, "not_found")
    refusal(await admin.get(f"/admin/refunds/{NOBODY}"), 404, "not_found")
    for verb, given in (("approve", None), ("reject", body), ("confirm", {"reference": "x"})):
        refusal(await admin.post(f"/admin/refunds/{NOBODY}/{verb}", given), 404, "not_found")


UNSOUND = [
    ("amount", 0), ("amount", -1), ("amount", 1.5), ("amount", "100"), ("amount", True), ("to", "bank"),
    ("reason", " "), ("reason", None), ("status", "done"),
]  # fmt: skip


async def test_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    admin, path = await api.admin(), f"/admin/payments/{NOBODY}/refund"
    await require_refused(subtests, UNSOUND, lambda given: admin.post(path, {"reason": "x", **given}))


@pytest.mark.parametrize("method", [Method.WAVE, Method.CARD])
async def test_top_up_leaves_the_wallet_when_it_goes_back(api: Api, method: Method) -> None:
    passenger, admin = await api.passenger(), await api.admin()
    kept = await filled(api, passenger, 3_000, method=Method.CARD if method is Method.WAVE else Method.WAVE)
    payment = await filled(api, passenger, 5_000, method=method)
    before, path = await wallet_of(passenger), f"/admin/payments/{payment.id}/refund"
    assert paths(refusal(await admin.post(path, {"reason": "x", "to": "wallet"}), 422, "validation_error")) == ["to"]
    data(await admin.post(path, {"reason": "x", "amount": 4_000}))
    moved = 0 if method is Method.CARD else 4_000
    assert await wallet_of(passenger) == (before[0] - 4_000, before[1] - moved)
    line = data(await passenger.get("/wallet/txns"))[0]
    assert (line["type"], line["source"], line["amount"]) == ("debit", "refund", 4_000)
    data(await admin.post(f"/admin/payments/{kept.id}/refund", {"reason": "x"}))
    assert await wallet_of(passenger) == (1_000, 0 if method is Method.CARD else 1_000)
    await require_sound_books(api)


async def test_refused_when_a_top_up_is_spent(api: Api) -> None:
    passenger = await api.passenger()
    payment = await filled(api, passenger, FARE)
    sale = await sold(api, "wallet", passenger=passenger)
    before = await api.inside.everything()
    path = f"/admin/payments/{payment.id}/refund"
    refusal(await sale.admin.post(path, {"reason": "x"}), 402, "insufficient_funds")
    assert await api.inside.everything() == before


async def test_only_finance_and_super_give_back(api: Api, subtests: pytest.Subtests) -> None:
    sale = await sold(api)
    for role in Role:
        with subtests.test(role.value):
            admin = await api.admin(role)
            may_read = role in (Role.SUPER, Role.OPS, Role.FINANCE)
            assert (await admin.get("/admin/payments")).status_code == (200 if may_read else 403)
            assert (await admin.get("/admin/refunds")).status_code == (200 if may_read else 403)
            answer = await admin.post(f"/admin/payments/{NOBODY}/refund", {"reason": "x"})
            assert answer.status_code == (404 if role in (Role.SUPER, Role.FINANCE) else 403)
    refusal(await sale.passenger.get("/admin/payments"), 401, "auth_required")


async def test_lists_find_what_is_asked_for(api: Api, subtests: pytest.Subtests) -> None:
    first = await sold(api)
    api.clock.advance(SECOND)
    second = await sold(api, "card")
    data(await first.give_back())
    await api.relay()
    ids = {first.payment["id"]: "first", second.payment["id"]: "second"}
    for query, found in (
        ({}, ["second", "first"]),
        ({"sort": "created_at"}, ["first", "second"]),
        ({"status": "refunded"}, ["first"]),
        ({"method": "in:card,mtn"}, ["second"]),
        ({"user_id": str(first.passenger.id)}, ["first"]),
        ({"booking_id": second.booking["id"]}, ["second"]),
        ({"booking_id": "null"}, []),
        ({"provider_ref": first.payment["provider_ref"]}, ["first"]),
        ({"provider_ref": f"in:x,{second.payment['provider_ref']}"}, ["second"]),
        ({"flag": "chargeback"}, []),
        ({"flag": "in:chargeback,amount_mismatch"}, []),
        ({"amount_gte": FARE, "amount_lte": FARE}, ["second", "first"]),
        ({"amount": FARE + 1}, []),
        ({"created_at_gte": "2100-01-01T00:00:00Z"}, []),
    ):
        with subtests.test(str(query)):
            listed = await first.admin.get("/admin/payments", **query)
            assert [ids[row["id"]] for row in listed.json()["data"]] == found
    (refund,) = data(await first.admin.get("/admin/refunds", payment_id=first.payment["id"]))
    for query, count in (
        ({"status": "done"}, 1), ({"status": "pending_manual"}, 0), ({"cause": "admin"}, 1), ({"sent_to": "wallet"}, 0),
        ({"user_id": str(first.passenger.id), "sort": "-amount"}, 1), ({"created_at_lte": "2000-01-01T00:00:00Z"}, 0),
    ):  # fmt: skip
        assert len(data(await first.admin.get("/admin/refunds", **query))) == count, query
    shown = await first.detail()
    assert shown["refunds"] == [refund]
    assert [event["kind"] for event in shown["events"]] == ["checkout.session.completed"]
    assert set(shown["payment"]) >= {"flags", "attempts", "paid_at", "checked_at", "refunded_amount"}
