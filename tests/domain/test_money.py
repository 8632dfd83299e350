"""Payments, the journal, fares and commissions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.fares import (
    Parting,
    booking_cancelled,
    booking_paid,
    payment_without_booking,
    ride_completed,
    share_back,
)
from allonova.domain.carpool.rules import Rules
from allonova.domain.kernel.errors import InvalidTransition
from allonova.domain.kernel.machine import Party
from allonova.domain.money.journal import (
    COMMISSION,
    ESCROW,
    PROMO_EXPENSE,
    REFUNDS_DUE,
    Account,
    AccountKind,
    Entry,
    EntryKind,
    Posting,
    clearing,
    driver_payable,
    move,
    wallet,
)
from allonova.domain.money.movements import came_from, refund_owed, refund_sent, refund_to_wallet
from allonova.domain.money.payment import Flag, Method, Payment, PaymentStatus
from tests.support.factories import HOUR, NOW, a_booking, a_driver, a_payment, a_refund, a_trip, a_user, new_id

DRIVER = a_driver()
TRIP = a_trip(DRIVER)
BOOKING = a_booking(TRIP, a_user(), seats=2)


def a_wave_payment(**given: object) -> Payment:
    return a_payment(BOOKING, **given)


def amounts(entry: Entry) -> dict[Account, int]:
    return {posting.account: posting.amount for posting in entry.postings}


def an_entry(*postings: Posting) -> Entry:
    return Entry(
        id=new_id(),
        kind=EntryKind.BOOKING_PAID,
        ref_type="booking",
        ref_id=new_id(),
        postings=postings,
        created_at=NOW,
    )


def test_kept_when_an_entry_balances() -> None:
    assert len(an_entry(Posting(ESCROW, 5), Posting(COMMISSION, -2), Posting(REFUNDS_DUE, -3)).postings) == 3


def test_refused_when_an_entry_does_not_balance() -> None:
    with pytest.raises(ValueError, match="balance"):
        an_entry(Posting(ESCROW, 5), Posting(COMMISSION, -4))


@pytest.mark.parametrize("postings", [(), (Posting(ESCROW, 0),), (Posting(ESCROW, 0), Posting(COMMISSION, 0))])
def test_refused_when_an_entry_moves_nothing(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(ValueError, match="moves money"):
        an_entry(*postings)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
def test_balanced_without_zeros_when_francs_are_moved(shares: list[int]) -> None:
    postings = move(ESCROW, *((Account(AccountKind.DRIVER_PAYABLE, str(n)), s) for n, s in enumerate(shares)))
    assert sum(posting.amount for posting in postings) == 0
    assert postings[0] == Posting(ESCROW, -sum(shares))
    assert all(posting.amount > 0 for posting in postings[1:])


def test_into_escrow_when_a_booking_is_paid() -> None:
    payment = a_wave_payment()
    entry = booking_paid(new_id(), payment, NOW)
    assert amounts(entry) == {clearing("wave"): -12_000, ESCROW: 12_000}
    assert (entry.kind, entry.ref_type, entry.ref_id) == (EntryKind.BOOKING_PAID, "payment", payment.id)


def test_into_escrow_when_a_promo_pays_a_part_or_all_of_it() -> None:
    part = booking_paid(new_id(), a_wave_payment(amount=9_000, discount=3_000), NOW)
    assert amounts(part) == {clearing("wave"): -9_000, PROMO_EXPENSE: -3_000, ESCROW: 12_000}
    whole = booking_paid(new_id(), a_wave_payment(amount=0, discount=12_000), NOW)
    assert amounts(whole) == {PROMO_EXPENSE: -12_000, ESCROW: 12_000}


def test_out_of_the_wallet_when_that_pays() -> None:
    payment = a_wave_payment(method=Method.WALLET)
    assert came_from(payment) == wallet(payment.user_id)
    assert amounts(booking_paid(new_id(), payment, NOW)) == {wallet(payment.user_id): -12_000, ESCROW: 12_000}


@pytest.mark.parametrize(
    ("paid", "discount", "withheld", "back", "promo_back"),
    [
        (12_000, 0, 0, 12_000, 0),
        (12_000, 0, 3_600, 8_400, 0),
        (9_000, 3_000, 0, 9_000, 3_000),
        (9_000, 3_000, 3_600, 5_400, 3_000),
        (2_000, 10_000, 3_600, 0, 8_400),
        (0, 12_000, 12_000, 0, 0),
    ],
)
def test_the_payer_bears_a_fee_before_the_promo_does(
    paid: int, discount: int, withheld: int, back: int, promo_back: int
) -> None:
    payment = a_wave_payment(amount=paid, discount=discount)
    parting = Parting.of(payment, withheld=withheld, commission=withheld // 10)
    assert (parting.back, parting.promo_back) == (back, promo_back)
    shares = amounts(booking_cancelled(new_id(), BOOKING, DRIVER.id, parting, NOW))
    expected = {
        ESCROW: -12_000,
        driver_payable(DRIVER.id): withheld - withheld // 10,
        COMMISSION: withheld // 10,
        REFUNDS_DUE: back,
        PROMO_EXPENSE: promo_back,
    }
    assert shares == {account: amount for account, amount in expected.items() if amount}


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.data())
def test_what_was_kept_comes_back_by_shares(kept: int, part: int, data: st.DataObject) -> None:
    commission, amount = min(part, kept), data.draw(st.integers(1, kept))
    (_, driver), (_, ours) = share_back(amount, kept=kept, commission=commission, driver_id=DRIVER.id)
    assert driver + ours == amount
    assert abs(ours * kept - amount * commission) * 2 <= kept


def test_to_driver_and_platform_when_a_ride_is_completed() -> None:
    entry = ride_completed(new_id(), BOOKING, DRIVER.id, NOW)
    assert amounts(entry) == {ESCROW: -12_000, driver_payable(DRIVER.id): 10_800, COMMISSION: 1_200}
    assert (entry.kind, entry.ref_type, entry.ref_id) == (EntryKind.RIDE_COMPLETED, "booking", BOOKING.id)


def test_no_share_of_nothing_when_there_is_no_commission() -> None:
    assert COMMISSION not in amounts(ride_completed(new_id(), replace(BOOKING, fees=0), DRIVER.id, NOW))


def test_owed_back_and_sent_when_money_came_for_lost_seats() -> None:
    payment = a_wave_payment(method=Method.MTN)
    refund = a_refund(payment)
    came = payment_without_booking(new_id(), payment, NOW)
    went = refund_sent(new_id(), refund, payment, NOW)
    assert amounts(came) == {clearing("mtn"): -12_000, REFUNDS_DUE: 12_000}
    assert amounts(went) == {REFUNDS_DUE: -12_000, clearing("mtn"): 12_000}
    assert [(e.ref_type, e.ref_id) for e in (came, went)] == [("payment", payment.id), ("refund", refund.id)]
    assert amounts(refund_to_wallet(new_id(), refund, NOW)) == {REFUNDS_DUE: -12_000, wallet(refund.user_id): 12_000}
    taken = refund_owed(new_id(), refund, NOW, (driver_payable(DRIVER.id), 10_800), (COMMISSION, 1_200))
    assert amounts(taken) == {driver_payable(DRIVER.id): -10_800, COMMISSION: -1_200, REFUNDS_DUE: 12_000}


@given(st.integers(1, 10**9), st.integers(0, 100), st.integers(0, 10**6))
def test_never_more_than_the_fare_when_the_commission_is_taken(fare: int, percent: int, fixed: int) -> None:
    fees = Rules(commission_percent=percent, commission_fixed=fixed).commission(fare)
    assert 0 <= fees <= fare
    if fixed == 0:
        assert abs(fees * 100 - fare * percent) <= 50


@pytest.mark.parametrize(("fare", "fees"), [(6_000, 600), (5, 1), (4, 0), (1_005, 101)])
def test_ten_percent_half_up_when_the_defaults_hold(fare: int, fees: int) -> None:
    assert Rules().commission(fare) == fees


def test_the_fixed_part_added_when_there_is_one() -> None:
    assert Rules(commission_fixed=50).commission(1_000) == 150
    assert Rules(commission_fixed=50).commission(20) == 20


def test_paid_once_when_the_provider_says_so_twice() -> None:
    payment = a_wave_payment()
    assert payment.pay(provider_ref="cos-1", raw={"a": 1}, at=NOW + HOUR)
    assert not payment.pay(provider_ref="cos-2", raw={}, at=NOW + 2 * HOUR)
    assert (payment.status, payment.provider_ref, payment.raw_payload) == (PaymentStatus.PAID, "cos-1", {"a": 1})
    assert payment.updated_at == NOW + HOUR


def test_paid_when_the_money_comes_after_a_failure() -> None:
    payment = a_wave_payment()
    payment.fail(code="x", message="y", by=Party.SYSTEM, at=NOW)
    assert payment.pay(provider_ref="cos-1", raw={}, at=NOW)
    assert payment.status is PaymentStatus.PAID


def test_still_refunded_when_the_news_of_the_payment_comes_late() -> None:
    payment = a_wave_payment(status=PaymentStatus.PAID)
    payment.gone_back(payment.amount, at=NOW)
    assert not payment.pay(provider_ref="cos-1", raw={}, at=NOW)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, payment.amount)


@pytest.mark.parametrize("status", [PaymentStatus.PAID, PaymentStatus.REFUNDED, PaymentStatus.FAILED])
def test_refused_when_a_settled_payment_fails(status: PaymentStatus) -> None:
    with pytest.raises(InvalidTransition):
        a_wave_payment(status=status).fail(code="x", message="y", by=Party.PROVIDER, at=NOW)


@pytest.mark.parametrize("status", [s for s in PaymentStatus if s is not PaymentStatus.PAID])
def test_refused_when_what_is_not_paid_is_refunded(status: PaymentStatus) -> None:
    payment = a_wave_payment(status=status)
    with pytest.raises(InvalidTransition):
        payment.gone_back(payment.amount, at=NOW)


def test_still_paid_when_a_part_went_back_and_refunded_with_the_rest() -> None:
    payment = a_wave_payment(status=PaymentStatus.PAID)
    payment.gone_back(5_000, at=NOW + HOUR)
    assert (payment.status, payment.refunded_amount, payment.updated_at) == (PaymentStatus.PAID, 5_000, NOW + HOUR)
    for wrong in (7_001, 0, -1):
        with pytest.raises(ValueError, match="more went back"):
            payment.gone_back(wrong, at=NOW)
    payment.gone_back(7_000, at=NOW)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, 12_000)


def test_authorized_once_and_never_after_it_was_settled() -> None:
    payment = a_wave_payment()
    assert payment.authorize(provider_ref="pi_1", at=NOW + HOUR)
    assert (payment.status, payment.provider_ref, payment.is_open) == (PaymentStatus.AUTHORIZED, "pi_1", True)
    assert not payment.authorize(provider_ref="pi_1", at=NOW)
    assert payment.pay(provider_ref="pi_1", raw={}, at=NOW)
    assert (payment.paid_at, payment.is_open) == (NOW, False)
    assert not payment.authorize(provider_ref="pi_1", at=NOW)


def test_reason_kept_and_payment_open_when_a_try_failed() -> None:
    payment = a_wave_payment()
    payment.note_attempt(code="insufficient", message="no money", at=NOW + HOUR)
    assert (payment.status, payment.failure_code, payment.failure_message) == (
        PaymentStatus.INIT,
        "insufficient",
        "no money",
    )
    assert payment.attempts == 1
    assert payment.updated_at == NOW + HOUR


def test_reference_and_intent_kept_when_the_provider_opened_it() -> None:
    payment = a_wave_payment()
    payment.started(provider_ref="cos-1", intent={"url": "x"}, keys={"k": "v"}, notif_token="n", at=NOW + HOUR)
    assert (payment.provider_keys, payment.notif_token) == ({"k": "v"}, "n")
    assert (payment.provider_ref, payment.intent, payment.updated_at) == ("cos-1", {"url": "x"}, NOW + HOUR)


def test_flagged_once_when_flagged_twice() -> None:
    payment = a_wave_payment()
    before = payment.flags
    payment.flag(Flag.AMOUNT_MISMATCH, at=NOW)
    payment.flag(Flag.AMOUNT_MISMATCH, at=NOW + HOUR)
    payment.flag(Flag.CHARGEBACK, at=NOW)
    assert payment.flags == ["amount_mismatch", "chargeback"]
    assert before == []
    payment.unflag(Flag.AMOUNT_MISMATCH, at=NOW)
    payment.unflag(Flag.TAKEN_BACK, at=NOW)
    assert payment.flags == ["chargeback"]
