"""Bookings and their money."""

from __future__ import annotations

from allonova.application.carpool.accept_booking import AcceptBooking
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.check_payment import CapturePayment, CheckHinted, CheckPayment, EndPayment
from allonova.application.carpool.contest_no_show import ContestNoShow
from allonova.application.carpool.create_booking import CreateBooking
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.expire_bookings import ExpireBookings
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.reject_booking import RejectBooking
from allonova.application.carpool.report_driver_no_show import ReportDriverNoShow
from allonova.application.carpool.report_no_show import ReportNoShow
from allonova.application.carpool.settle_rides import SettleRides
from allonova.application.carpool.start_payment import StartPayment
from allonova.application.carpool.start_ride import StartRide
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.carpool.tell_payer import TellPayer
from allonova.application.carpool.tell_sides import TellSide
from allonova.application.kernel.ports import Begin
from allonova.application.money.alerts import AlertManualRefund, AlertMismatch
from allonova.application.money.promo_guard import PromoGuard
from allonova.application.money.send_refund import SendRefund
from allonova.application.notifications.notices import NoticeDesk
from allonova.domain.carpool.events import (
    BookingAccepted,
    BookingCancelled,
    BookingCompleted,
    BookingExpired,
    BookingPaid,
    BookingRejected,
    BookingRequested,
    PassengerMissing,
    RideQuestioned,
    TripChanged,
)
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.machine import Party
from allonova.domain.money.events import (
    CaptureDue,
    PaymentAbandoned,
    PaymentHinted,
    PaymentMismatched,
    PaymentRefunded,
    RefundDue,
    RefundManual,
)
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

_DRIVER = ("tell_driver",)
_PASSENGER = ("tell_passenger",)
HEARD: dict[type[Event], tuple[str, ...]] = {
    BookingRequested: _DRIVER,
    BookingAccepted: _PASSENGER,
    BookingExpired: _PASSENGER,
    BookingPaid: (*_DRIVER, *_PASSENGER),
    BookingCompleted: _PASSENGER,
    BookingRejected: _PASSENGER,
    BookingCancelled: (*_DRIVER, *_PASSENGER),
    TripChanged: _PASSENGER,
    PassengerMissing: _PASSENGER,
    RideQuestioned: (*_DRIVER, *_PASSENGER),
    PaymentRefunded: ("tell_payer",),
    RefundDue: ("refund_payment",),
    RefundManual: ("alert_manual_refund",),
    PaymentMismatched: ("alert_mismatch",),
    PaymentHinted: ("check_payment",),
    CaptureDue: ("capture_payment",),
    PaymentAbandoned: ("end_payment",),
}
EVERY_S = {"holds": 10, "rides": 60}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Bookings on their adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    queries, notices = platform.carpool, NoticeDesk(platform.begin, platform.clock)
    clock, ids, secrets, gateways = platform.clock, outside.ids, outside.secrets, outside.gateways
    desks, rules = cash(platform, outside, policies), policies.rides
    endings = desks.endings
    check = CheckPayment(begin, queries, desks.payments, gateways)
    return Part(
        use={
            "gateways": gateways,
            CreateBooking: CreateBooking(begin, clock, ids, secrets, rules),
            AcceptBooking: AcceptBooking(begin, clock, rules),
            RejectBooking: RejectBooking(begin, endings),
            CancelBooking: CancelBooking(begin, endings),
            ReportNoShow: ReportNoShow(begin, endings),
            ReportDriverNoShow: ReportDriverNoShow(begin, queries, endings),
            ContestNoShow: ContestNoShow(begin, clock),
            CheckIn: CheckIn(begin, clock),
            StartRide: StartRide(begin, clock),
            EndRide: EndRide(begin, clock, ids),
            StartPayment: StartPayment(begin, desks.opening, desks.payments, policies.money, PromoGuard(begin, clock)),
            CheckPayment: check,
            TakeProviderEvent: TakeProviderEvent(begin, desks.payments),
        },
        handlers={
            "refund_payment": SendRefund(begin, platform.money, desks.refunds, gateways),
            "check_payment": CheckHinted(check),
            "capture_payment": CapturePayment(check),
            "end_payment": EndPayment(check),
            "alert_manual_refund": AlertManualRefund(),
            "alert_mismatch": AlertMismatch(),
        },
        notifiers={
            "tell_driver": TellSide(Party.DRIVER, queries, notices, clock),
            "tell_passenger": TellSide(Party.PASSENGER, queries, notices, clock),
            "tell_payer": TellPayer(queries, notices),
        },
        jobs={
            "holds": ExpireBookings(begin, queries, clock),
            "rides": SettleRides(begin, queries, endings),
        },
    )
