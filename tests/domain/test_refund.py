"""Refunds: four eyes above an amount, and never a pretended success where a provider cannot give back."""

from __future__ import annotations

import pytest

from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import Forbidden
from allonova.domain.kernel.machine import Party
from allonova.domain.money.refund import LossDecided, Refund, RefundStatus, RefundTo, SameAdmin
from tests.support.factories import HOUR, NOW, a_booking, a_driver, a_payment, a_refund, a_trip, a_user, new_id

ONE, OTHER = Actor(Party.ADMIN, new_id()), Actor(Party.ADMIN, new_id())
PAYMENT = a_payment(a_booking(a_trip(a_driver()), a_user()))
LATER = NOW + HOUR


def waiting() -> Refund:
    return a_refund(PAYMENT, status=RefundStatus.AWAITING_APPROVAL, requested_by=ONE.id)


def test_sent_when_a_second_admin_agrees() -> None:
    refund = waiting()
    refund.approve(OTHER, LATER)
    assert (refund.status, refund.decided_by, refund.updated_at) == (RefundStatus.PENDING, OTHER.id, LATER)


def test_refused_with_a_reason_when_a_second_admin_does_not_agree() -> None:
    refund = waiting()
    refund.reject(OTHER, LATER, reason="not his fault")
    assert (refund.status, refund.decided_by, refund.updated_at) == (RefundStatus.REJECTED, OTHER.id, LATER)
    assert (refund.failure_code, refund.failure_message) == ("rejected", "not his fault")
    silent = waiting()
    silent.reject(OTHER, LATER)
    assert silent.failure_message == ""


def test_four_eyes_are_not_two_when_the_same_admin_decides() -> None:
    for decide in (Refund.approve, Refund.reject):
        refund = waiting()
        with pytest.raises(SameAdmin):
            decide(refund, ONE, NOW)
        assert (refund.status, refund.decided_by) == (RefundStatus.AWAITING_APPROVAL, None)
        with pytest.raises(Forbidden):
            decide(refund, Actor(Party.PASSENGER, new_id()), NOW)


def test_waits_for_a_person_when_the_provider_cannot() -> None:
    refund = a_refund(PAYMENT)
    refund.give_up(code="unsupported", message="Orange has no refund", at=LATER)
    assert (refund.status, refund.updated_at) == (RefundStatus.PENDING_MANUAL, LATER)
    assert (refund.failure_code, refund.failure_message) == ("unsupported", "Orange has no refund")
    refund.confirm(ONE, "receipt 12", LATER + HOUR)
    assert (refund.status, refund.reference, refund.decided_by) == (RefundStatus.DONE, "receipt 12", ONE.id)
    assert refund.done_at == refund.updated_at == LATER + HOUR


def test_to_the_wallet_when_the_provider_cannot() -> None:
    refund = a_refund(PAYMENT)
    refund.redirect(code="partial", message="whole payments only", at=LATER)
    assert (refund.sent_to, refund.status, refund.updated_at) == (RefundTo.WALLET, RefundStatus.PENDING, LATER)
    assert (refund.failure_code, refund.failure_message) == ("partial", "whole payments only")


def test_providers_name_kept_when_it_has_gone_back() -> None:
    refund = a_refund(PAYMENT, provider_ref="asked")
    refund.finish(provider_ref="re_1", at=LATER)
    assert (refund.status, refund.provider_ref) == (RefundStatus.DONE, "re_1")
    assert refund.done_at == refund.updated_at == LATER
    unnamed = a_refund(PAYMENT, provider_ref="asked")
    unnamed.finish(provider_ref=None, at=LATER)
    assert unnamed.provider_ref == "asked"


def test_said_once_who_bears_what_a_cards_bank_took() -> None:
    refund = a_refund(PAYMENT)
    refund.bear(ONE, "no ride", LATER)
    assert (refund.decided_by, refund.reason, refund.updated_at) == (ONE.id, "no ride", LATER)
    with pytest.raises(LossDecided):
        refund.bear(OTHER, "ride", LATER)
    assert refund.decided_by == ONE.id
