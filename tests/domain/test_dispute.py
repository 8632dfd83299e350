"""Disputes: who may open one and until when, who reads what of it, how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from allonova.domain.carpool.booking import Booking, BookingStage
from allonova.domain.carpool.dispute import (
    Decision,
    DisputeCategory,
    DisputeDecided,
    DisputeStatus,
    DisputeTooLate,
    NothingToDispute,
    require_disputable,
)
from allonova.domain.carpool.fares import kept_of_escrow
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import Forbidden, InvalidTransition, ValidationError
from allonova.domain.kernel.machine import Party
from tests.support.factories import (
    DEPARTURE,
    MINUTE,
    NOW,
    SECOND,
    a_booking,
    a_dispute,
    a_driver,
    a_payment,
    a_trip,
    a_user,
    accepted,
    cancelled,
    new_id,
    paid,
)

ADMIN = Actor(Party.ADMIN, new_id())
MONTH = timedelta(days=30)


def pair() -> tuple[Trip, Booking]:
    trip = a_trip(a_driver())
    return trip, a_booking(trip, a_user(), seats=2)


def missed() -> tuple[Trip, Booking]:
    """The passenger says that no driver came."""
    trip, booking = pair()
    paid(trip, booking).driver_no_show(Actor(Party.PASSENGER, booking.passenger_id), DEPARTURE + 20 * MINUTE)
    return trip, booking


def test_nothing_is_disputed_when_the_booking_was_never_accepted() -> None:
    trip, booking = pair()
    with pytest.raises(NothingToDispute):
        require_disputable(booking, trip, NOW)
    with pytest.raises(NothingToDispute):
        require_disputable(cancelled(booking), trip, NOW)


def test_both_may_dispute_when_it_was_accepted_or_paid_at_some_time() -> None:
    trip, booking = pair()
    require_disputable(cancelled(accepted(trip, booking)), trip, NOW)
    trip, booking = pair()
    require_disputable(paid(trip, booking), trip, NOW)


def test_window_ends_thirty_days_after_arrival_or_after_the_end_of_the_ride() -> None:
    trip, booking = pair()
    paid(trip, booking)
    require_disputable(booking, trip, trip.arrival_eta + MONTH - SECOND)
    with pytest.raises(DisputeTooLate) as refused:
        require_disputable(booking, trip, trip.arrival_eta + MONTH)
    assert refused.value.closed_at == trip.arrival_eta + MONTH
    booking.ended_at = trip.arrival_eta + MINUTE
    require_disputable(booking, trip, trip.arrival_eta + MONTH)


@pytest.mark.parametrize("category", list(DisputeCategory))
def test_other_side_reads_what_it_has_to_answer_and_its_writer_all(category: DisputeCategory) -> None:
    trip, booking = pair()
    dispute = a_dispute(trip, booking, category=category, description="Il n'est pas venu.")
    is_told = category in {"payment", "no_show", "lost_item"}
    assert dispute.description_for(dispute.opened_by) == "Il n'est pas venu."
    assert dispute.description_for(dispute.other_id) == ("Il n'est pas venu." if is_told else None)


def test_dispute_ends_with_words_and_who_wrote_them() -> None:
    dispute = a_dispute(*pair())
    with pytest.raises(InvalidTransition):
        dispute.resolve(ADMIN, NOW, "D'accord.")
    dispute.review(ADMIN, NOW + MINUTE)
    assert (dispute.status, dispute.is_open, dispute.updated_at) == (DisputeStatus.IN_REVIEW, True, NOW + MINUTE)
    dispute.reject(ADMIN, NOW + 2 * MINUTE, "Rien ne le montre.")
    assert (dispute.status, dispute.resolution, dispute.resolved_by) == ("rejected", "Rien ne le montre.", ADMIN.id)
    assert dispute.resolved_at == dispute.updated_at == NOW + 2 * MINUTE
    with pytest.raises(DisputeDecided) as refused:
        dispute.require_open()
    assert refused.value.status == "rejected"


def test_nobody_else_moves_a_dispute() -> None:
    dispute = a_dispute(*pair())
    for party in set(Party) - {Party.ADMIN}:
        with pytest.raises(Forbidden):
            dispute.review(Actor(party, dispute.opened_by), NOW)
    dispute.require_open()


@pytest.mark.parametrize(
    ("status", "resolution", "refund", "path"),
    [
        (DisputeStatus.RESOLVED, None, None, "resolution"),
        (DisputeStatus.REJECTED, None, None, "resolution"),
        (DisputeStatus.IN_REVIEW, "Déjà ?", None, "resolution"),
        (DisputeStatus.REJECTED, "Non.", 1, "refund_amount"),
        (DisputeStatus.IN_REVIEW, None, 1, "refund_amount"),
    ],
)
def test_decision_is_refused_when_it_contradicts_itself(
    status: DisputeStatus, resolution: str | None, refund: int | None, path: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Decision(status=status, resolution=resolution, refund_amount=refund)
    assert [fault.path for fault in refused.value.fields] == [path]


def test_decision_stands_when_it_does_not() -> None:
    assert Decision(status=DisputeStatus.RESOLVED, resolution="Oui.", refund_amount=1).refund_amount == 1
    assert Decision(status=DisputeStatus.REJECTED, resolution="Non.", refund_amount=0).refund_amount == 0
    assert Decision(status=DisputeStatus.IN_REVIEW).resolution is None


def test_frozen_booking_is_decided_once_and_by_the_back_office_alone() -> None:
    _, booking = missed()
    assert booking.in_escrow
    with pytest.raises(Forbidden):
        booking.arbitrate(SYSTEM, NOW, "arbitrated", fee=0)
    booking.arbitrate(ADMIN, NOW, "arbitrated", fee=4_000)
    assert (booking.is_frozen, booking.cancel_fee, booking.cancel_reason) == (False, 4_000, "arbitrated")
    assert not booking.in_escrow
    assert (booking.changes[-1].by, booking.changes[-1].meta) == (ADMIN, {"reason": "arbitrated", "fee": 4_000})
    with pytest.raises(InvalidTransition) as refused:
        booking.arbitrate(ADMIN, NOW, "arbitrated", fee=4_000)
    assert refused.value.from_ == BookingStage.CANCELLED


@pytest.mark.parametrize(
    ("gone", "amount", "kept"),
    [(0, None, 0), (0, 10_000, 0), (0, 4_000, 6_000), (0, 0, 12_000), (3_000, None, 0), (3_000, 4_000, 3_000)],
)
def test_rest_of_the_passengers_money_stays_and_the_whole_fare_when_nothing_goes_back(
    gone: int, amount: int | None, kept: int
) -> None:
    _, booking = pair()
    assert booking.amount_total == 12_000
    payment = replace(a_payment(booking), amount=10_000, discount=2_000, refunded_amount=gone)
    assert kept_of_escrow(booking, payment, amount) == kept
