"""Bookings and their money."""

from __future__ import annotations

from allonova.application.carpool.accept_booking import AcceptBooking
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.contest_no_show import ContestNoShow
from allonova.application.carpool.create_booking import CreateBooking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.expire_bookings import ExpireBookings
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.refund_payment import RefundPayment
from allonova.application.carpool.reject_booking import RejectBooking
from allonova.application.carpool.report_driver_no_show import ReportDriverNoShow
from allonova.application.carpool.report_no_show import ReportNoShow
from allonova.application.carpool.settle_rides import SettleRides
from allonova.application.carpool.start_payment import StartPayment
from allonova.application.carpool.start_ride import StartRide
from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.carpool.tell_payer import MailPayer, TextPayer
from allonova.application.carpool.tell_sides import MailSide, TextSide
from allonova.application.kernel.ports import Begin
from allonova.application.money.alert_mismatch import AlertMismatch
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
from allonova.domain.carpool.rules import Rules
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.machine import Party
from allonova.domain.money.events import PaymentMismatched, PaymentRefunded, RefundDue
from allonova.main.parts import Outside, Part, Platform

_DRIVER = ("tell_driver", "mail_driver")
_PASSENGER = ("tell_passenger", "mail_passenger")
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
    PaymentRefunded: ("tell_payer", "mail_payer"),
    RefundDue: ("refund_payment",),
    PaymentMismatched: ("alert_mismatch",),
}
EVERY_S = {"holds": 10, "rides": 60}


def build(platform: Platform, outside: Outside, rules: Rules) -> Part:
    """Bookings on their adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    queries, messenger = platform.carpool, outside.messenger
    clock, ids, secrets, gateways = platform.clock, outside.ids, outside.secrets, outside.gateways
    endings = EndingDesk(clock, ids, rules)
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
            StartPayment: StartPayment(begin, clock, ids, gateways),
            TakeProviderEvent: TakeProviderEvent(begin, clock, ids, rules),
        },
        handlers={
            "tell_driver": TextSide(Party.DRIVER, queries, messenger),
            "tell_passenger": TextSide(Party.PASSENGER, queries, messenger),
            "mail_driver": MailSide(Party.DRIVER, queries, messenger),
            "mail_passenger": MailSide(Party.PASSENGER, queries, messenger),
            "tell_payer": TextPayer(queries, messenger),
            "mail_payer": MailPayer(queries, messenger),
            "refund_payment": RefundPayment(begin, queries, clock, endings, gateways),
            "alert_mismatch": AlertMismatch(),
        },
        jobs={
            "holds": ExpireBookings(begin, queries, clock),
            "rides": SettleRides(begin, queries, endings),
        },
    )
