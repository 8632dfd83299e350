"""Payments, promos, referrals and payout accounts: what each step notes, and how two sides are compared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import Forbidden, InvalidTransition
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Flag, Payment, PaymentStatus
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.payout_account import PayoutAccount, account_context, payout_context
from allonova.domain.money.payouts_due import earned_until
from allonova.domain.money.promo import PromoReason, PromoRefused, UseStatus
from allonova.domain.money.reconciliation import (
    Difference,
    DifferenceKind,
    DifferenceStatus,
    Reconciliation,
    Resolution,
    Subject,
    Tally,
    day_of,
)
from allonova.domain.money.referral import ReferralReason, ReferralRefused, ReferralStatus
from tests.support.factories import (
    HOUR,
    NOW,
    SECOND,
    a_booking,
    a_driver,
    a_payment,
    a_promo,
    a_promo_use,
    a_referral,
    a_trip,
    a_user,
    new_id,
)

LATER = NOW + HOUR
BOOKING = a_booking(a_trip(a_driver()), a_user(), seats=2)


def payment(**given: object) -> Payment:
    return a_payment(BOOKING, **given)


def test_cheaper_for_the_payer_when_a_promo_pays_a_part() -> None:
    promo_id, one = new_id(), payment()
    one.take_promo(promo_id, "NOEL", 2_000)
    assert (one.amount, one.discount, one.promo_id, one.promo_code) == (10_000, 2_000, promo_id, "NOEL")
    one.forgo_promo()
    assert (one.amount, one.discount, one.promo_id, one.promo_code) == (10_000, 0, None, None)


def test_providers_charge_kept_when_it_is_told() -> None:
    one = payment(status=PaymentStatus.PAID)
    one.charged(120, at=LATER)
    assert (one.fees, one.amount, one.updated_at) == (120, 12_000, LATER)


def test_noted_when_each_step_was() -> None:
    one = payment()
    one.note_attempt(code="a", message="b", at=LATER)
    one.note_attempt(code="c", message="d", at=LATER)
    assert (one.attempts, one.updated_at) == (2, LATER)
    one.authorize(provider_ref="pi_1", at=LATER + SECOND)
    assert one.updated_at == LATER + SECOND
    one.fail(code="declined", message="by the bank", by=Party.PROVIDER, at=LATER + 2 * SECOND)
    assert (one.status, one.failure_code, one.failure_message) == (PaymentStatus.FAILED, "declined", "by the bank")
    assert one.updated_at == LATER + 2 * SECOND
    one.flag(Flag.CHARGEBACK, at=LATER + 3 * SECOND)
    assert one.updated_at == LATER + 3 * SECOND
    one.unflag(Flag.CHARGEBACK, at=LATER + 4 * SECOND)
    assert (one.flags, one.updated_at) == ([], LATER + 4 * SECOND)


def test_refunded_franc_by_franc() -> None:
    one = payment(status=PaymentStatus.PAID, amount=2)
    one.gone_back(1, at=LATER)
    assert (one.refunded_amount, one.status) == (1, PaymentStatus.PAID)
    one.gone_back(1, at=LATER)
    assert (one.refunded_amount, one.status) == (2, PaymentStatus.REFUNDED)


def test_nothing_else_to_be_told_when_a_provider_needs_no_keys() -> None:
    one = payment()
    one.started(provider_ref="cos-1", intent={}, keys={}, notif_token=None, at=NOW)
    assert (one.provider_keys, one.notif_token) == (None, None)


def test_a_payment_without_a_booking_fills_the_wallet() -> None:
    assert payment(booking_id=None).is_topup
    assert not payment().is_topup


def test_uses_of_a_promo_go_up_and_down() -> None:
    promo = a_promo(uses=4)
    promo.take(LATER)
    assert (promo.uses, promo.updated_at) == (5, LATER)
    promo.give_back(LATER + HOUR)
    promo.give_back(LATER + HOUR)
    assert (promo.uses, promo.updated_at) == (3, LATER + HOUR)


def test_a_use_counts_until_it_came_to_nothing() -> None:
    use = a_promo_use(a_promo(), payment())
    for status, counts in ((UseStatus.RESERVED, True), (UseStatus.USED, True), (UseStatus.RELEASED, False)):
        use.become(status, LATER)
        assert (use.status, use.counts, use.updated_at) == (status, counts, LATER)


def test_named_in_the_body_why_a_code_gives_nothing() -> None:
    promo, referral = PromoRefused.because(PromoReason.ENDED), ReferralRefused.because(ReferralReason.OWN)
    for refused, path, reason in ((promo, "promo_code", "ended"), (referral, "code", "own")):
        (fault,) = refused.fields
        assert (fault.path, fault.code, bool(fault.message)) == (path, reason, True)
        assert refused.facts()["reason"] == reason


def test_earned_by_the_ride_of_a_booking() -> None:
    referral, booking_id = a_referral(a_user(), a_user()), new_id()
    referral.earn(bonus_referrer=1_000, bonus_referee=0, booking_id=booking_id, at=LATER)
    assert (referral.status, referral.booking_id) == (ReferralStatus.EARNED, booking_id)
    assert (referral.bonus_referrer, referral.bonus_referee) == (1_000, 0)
    assert referral.earned_at == referral.updated_at == LATER
    assert referral.shares() == ((referral.referrer_id, 1_000),)


def test_void_when_an_admin_says_so_and_nobody_else_does() -> None:
    referral = a_referral(a_user(), a_user())
    with pytest.raises(Forbidden):
        referral.void(Actor(Party.SYSTEM), NOW)
    referral.void(Actor(Party.ADMIN, new_id()), LATER)
    assert (referral.status, referral.updated_at) == (ReferralStatus.VOID, LATER)
    with pytest.raises(InvalidTransition):
        referral.earn(bonus_referrer=1, bonus_referee=1, booking_id=new_id(), at=LATER)


def test_another_account_from_now_on() -> None:
    account = PayoutAccount(
        id=new_id(),
        user_id=new_id(),
        method=PayoutMethod.WAVE,
        phone="old",
        confirmed_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    account.become(PayoutMethod.MTN, "new", LATER)
    assert (account.method, account.phone) == (PayoutMethod.MTN, "new")
    assert account.confirmed_at == account.updated_at == LATER
    assert account_context(account.id) == f"payout_accounts.phone:{account.id}"
    assert payout_context(account.id) == f"payouts.phone:{account.id}"


def test_earned_before_a_day_began() -> None:
    now = datetime(2026, 1, 3, 7, 8, 9, 10, tzinfo=UTC)
    assert earned_until(date(2025, 12, 29), now) == datetime(2025, 12, 29, tzinfo=UTC)


def test_closed_when_both_sides_agree_by_now() -> None:
    difference = Difference(
        id=new_id(),
        kind=DifferenceKind.PAID_THERE,
        subject=Subject.PAYMENT,
        subject_id=new_id(),
        provider="wave",
        ours="init",
        theirs="paid",
        created_at=NOW,
        updated_at=NOW,
    )
    difference.close(LATER)
    assert (difference.status, difference.resolution) == (DifferenceStatus.CLOSED, Resolution.GONE)
    assert difference.closed_at == difference.updated_at == LATER


def test_added_up_what_every_look_came_to() -> None:
    run = Reconciliation(id=new_id(), tick="2025-10-01", started_at=NOW, created_at=NOW, updated_at=NOW)
    run.count(Tally(asked=4, unanswered=1, settled=2, differences=3), NOW)
    run.count(Tally(asked=40, unanswered=10, settled=20, differences=30), LATER)
    assert (run.asked, run.unanswered, run.settled, run.differences, run.updated_at) == (44, 11, 22, 33, LATER)
    run.finish(LATER + HOUR)
    assert run.finished_at == run.updated_at == LATER + HOUR


def test_a_days_run_is_due_two_hours_after_midnight() -> None:
    two = datetime(2025, 10, 1, 2, tzinfo=UTC)
    assert day_of(two) == date(2025, 10, 1)
    assert day_of(two - timedelta(microseconds=1)) == date(2025, 9, 30)
