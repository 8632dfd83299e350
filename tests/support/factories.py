"""Sound objects of the domain with sensible defaults; whatever a test is about, it says itself."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from allonova.application.audit.ports import AuditUnit
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.reminder_ports import ReminderUnit
from allonova.application.carpool.settings_ports import SettingsUnit
from allonova.application.files.export_ports import ExportUnit
from allonova.application.identity.social_ports import SocialUnit
from allonova.application.kernel.dead_letters import LettersUnit
from allonova.application.kernel.retention import RetentionUnit
from allonova.application.kyc.ports import KycUnit
from allonova.application.money.reconciliation_ports import ReconciliationUnit
from allonova.application.notifications.notice_ports import NoticeUnit
from allonova.domain.carpool.alert import Alert, alert_end
from allonova.domain.carpool.block import Block
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.dispute import Dispute, DisputeCategory, Evidence
from allonova.domain.carpool.rating import RatedAs, Rating
from allonova.domain.carpool.rules import RATING_WINDOW, Rules
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import Stop, Trip, TripStatus
from allonova.domain.carpool.vehicle import Comfort, Vehicle
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.referral_code import referral_code_of
from allonova.domain.identity.roles import Role
from allonova.domain.identity.user import Gender, User
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycDocument, KycStatus
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.promo import Promo, PromoType, PromoUse
from allonova.domain.money.referral import Referral
from allonova.domain.money.refund import Refund, RefundCause, RefundTo

NOW = datetime(2025, 10, 1, 7, 0, tzinfo=UTC)  # the night, in which SMS wait, is just over
DEPARTURE = datetime(2025, 10, 2, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

ABIDJAN = Point(5.3575, -4.0083)
NDOUCI = Point(5.8617, -4.7611)
TOUMODI = Point(6.5581, -5.0186)
YAMOUSSOUKRO = Point(6.8190, -5.2760)
BOUAKE = Point(7.6906, -5.0300)

_numbers = itertools.count(1)


class SetClock:
    """Time that stands still until a test moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        """See Clock."""
        return self.at

    def advance(self, by: timedelta) -> datetime:
        """Later, by that much."""
        self.at += by
        return self.at


class NumberedIds:
    """Identities that no two tests of a run share."""

    def new(self) -> UUID:
        """See Ids."""
        return new_id()


def new_id() -> UUID:
    """The next UUID v4 of this run, in no particular order."""
    digest = hashlib.sha256(str(next(_numbers)).encode()).digest()
    return UUID(bytes=digest[:16], version=4)


def a_user(**given: Any) -> User:
    """A passenger with a verified phone of his own."""
    phone = f"+22507{next(_numbers):08d}"
    made: dict[str, Any] = {
        "id": new_id(),
        "phone": phone,
        "first_name": "Awa",
        "last_name": "Koné",
        "is_phone_verified": True,
        "referral_code": referral_code_of(new_id()),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return User(**(made | given))


WOMAN: Mapping[str, Any] = {
    "gender": Gender.FEMALE,
    "confirmed_gender": Gender.FEMALE,
    "gender_confirmed_by": UUID("00000000-0000-4000-8000-00000000000a"),
}
"""Fields of a woman whose paper says so."""


def a_woman(**given: Any) -> User:
    """A passenger whose paper says that she is a woman."""
    return a_user(**(dict(WOMAN) | given))


def an_admin(role: Role = Role.SUPER, **given: Any) -> AdminUser:
    """Somebody of the back office; without a password, unless one is given."""
    id = new_id()
    made: dict[str, Any] = {
        "id": id,
        "email": f"admin-{id}@allonova.test",
        "role": role,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return AdminUser(**(made | given))


def a_paper(owner: User, doc_type: DocType = DocType.CNI, **given: Any) -> KycDocument:
    """An approved paper."""
    made: dict[str, Any] = {
        "id": new_id(),
        "user_id": owner.id,
        "doc_type": doc_type,
        "doc_number": "sealed",
        "front_url": f"kyc/{doc_type}.jpg",
        "status": KycStatus.APPROVED,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return KycDocument(**(made | given))


def a_vehicle(owner: User, **given: Any) -> Vehicle:
    """A car of four passengers."""
    made: dict[str, Any] = {
        "id": new_id(),
        "user_id": owner.id,
        "make": "Toyota",
        "model": "Corolla",
        "color": "white",
        "plate_number": f"{next(_numbers)}TS01",
        "seats_total": 5,
        "comfort_level": Comfort.STANDARD,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Vehicle(**(made | given))


@dataclass(frozen=True, slots=True)
class Driver:
    """A user who may publish trips, with what it takes."""

    user: User
    vehicle: Vehicle
    papers: list[KycDocument] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The user's."""
        return self.user.id


def a_driver(*, comfort: Comfort = Comfort.STANDARD, **given: Any) -> Driver:
    """A verified driver: identity card, licence and a car."""
    user = a_user(**({"first_name": "Yao", "last_name": "Kouassi", "is_driver": True} | given))
    papers = [a_paper(user, DocType.CNI), a_paper(user, DocType.PERMIS)]
    return Driver(user, a_vehicle(user, comfort_level=comfort), papers)


def a_stop(order: int = 1, **given: Any) -> Stop:
    """Toumodi, two thirds of the way to Yamoussoukro."""
    made: dict[str, Any] = {
        "id": new_id(),
        "order": order,
        "point": TOUMODI,
        "label": "Toumodi",
        "price_from_origin": 4_000,
        "distance_m": 195_000,
        "eta": DEPARTURE + 2 * HOUR,
    }
    return Stop(**(made | given))


def a_trip(driver: Driver, *, stops: Sequence[Stop] = (), seats: int = 3, **given: Any) -> Trip:
    """Abidjan to Yamoussoukro for 6,000 francs, published, with all its seats free."""
    departure: datetime = given.get("departure_time", DEPARTURE)
    made: dict[str, Any] = {
        "id": new_id(),
        "driver_id": driver.id,
        "vehicle_id": driver.vehicle.id,
        "origin_point": ABIDJAN,
        "origin_text": "Abidjan, Plateau",
        "destination_point": YAMOUSSOUKRO,
        "destination_text": "Yamoussoukro",
        "departure_time": departure,
        "arrival_eta": departure + 3 * HOUR,
        "distance_m": 240_000,
        "price_per_seat": 6_000,
        "seats_total": seats,
        "seats_available": seats,
        "seats_held": [0] * (len(stops) + 1),
        "seats_sold": [0] * (len(stops) + 1),
        "status": TripStatus.PUBLISHED,
        "stops": list(stops),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Trip(**(made | given))


def a_booking(trip: Trip, passenger: User, *, seats: int = 1, ride: Ride | None = None, **given: Any) -> Booking:
    """A pending request for the whole way, its first line of history not yet kept."""
    points = trip.waypoints()
    ride = ride or Ride(0, len(points) - 1)
    pickup, dropoff = points[ride.board], points[ride.alight]
    amount = seats * (dropoff.price_from_origin - pickup.price_from_origin)
    made: dict[str, Any] = {
        "id": new_id(),
        "trip_id": trip.id,
        "passenger_id": passenger.id,
        "seats": seats,
        "board": ride.board,
        "alight": ride.alight,
        "pickup_stop_id": pickup.stop_id,
        "dropoff_stop_id": dropoff.stop_id,
        "pickup_text": pickup.label,
        "dropoff_text": dropoff.label,
        "departure_time": pickup.at,
        "amount_total": amount,
        "fees": Rules().commission(amount),
        "qr_code": f"qr-{new_id()}",
        "created_at": NOW,
        "updated_at": NOW,
    }
    booking = Booking(**(made | given))
    booking.request(Actor(Party.PASSENGER, passenger.id), booking.created_at)
    return booking


def accepted(trip: Trip, booking: Booking, *, at: datetime = NOW) -> Booking:
    """The driver said yes: its seats are held for 30 minutes."""
    booking.accept(Actor(Party.DRIVER, trip.driver_id), at, Rules().hold)
    trip.hold(booking.ride, booking.seats)
    return booking


def paid(trip: Trip, booking: Booking, *, at: datetime = NOW) -> Booking:
    """Accepted and paid: its seats are sold."""
    accepted(trip, booking, at=at).pay(at)
    trip.sell(booking.ride, booking.seats)
    return booking


def cancelled(booking: Booking, *, reason: str = "expired", at: datetime = NOW) -> Booking:
    """Over, whatever it was before."""
    booking.status = BookingStatus.CANCELLED
    booking.cancelled_by, booking.cancel_reason = SYSTEM.party, reason
    booking.updated_at = at
    return booking


def a_payment(booking: Booking, **given: Any) -> Payment:
    """The booking's fare on its way by Wave."""
    made: dict[str, Any] = {
        "id": new_id(),
        "booking_id": booking.id,
        "user_id": booking.passenger_id,
        "method": Method.WAVE,
        "provider_url": "https://wave.test",
        "amount": booking.amount_total,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Payment(**(made | given))


def a_refund(payment: Payment, **given: Any) -> Refund:
    """The whole of a payment on its way back by the way it came."""
    made: dict[str, Any] = {
        "id": new_id(),
        "payment_id": payment.id,
        "user_id": payment.user_id,
        "amount": payment.amount,
        "sent_to": RefundTo.PROVIDER,
        "cause": RefundCause.CANCELLED,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Refund(**(made | given))


def a_promo(**given: Any) -> Promo:
    """A fifth off a ride, for the first ten, once for each."""
    made: dict[str, Any] = {
        "id": new_id(),
        "code": f"PROMO{next(_numbers)}",
        "type": PromoType.PERCENT,
        "value": 20,
        "max_uses": 10,
        "starts_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Promo(**(made | given))


def a_promo_use(promo: Promo, payment: Payment, **given: Any) -> PromoUse:
    """A fifth of a payment's fare, reserved."""
    made: dict[str, Any] = {
        "id": new_id(),
        "promo_id": promo.id,
        "user_id": payment.user_id,
        "payment_id": payment.id,
        "booking_id": payment.booking_id,
        "discount": 1_200,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return PromoUse(**(made | given))


def a_referral(referrer: User, referee: User, **given: Any) -> Referral:
    """The one has brought the other, who has not ridden yet."""
    made: dict[str, Any] = {
        "id": new_id(),
        "referrer_id": referrer.id,
        "referee_id": referee.id,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Referral(**(made | given))


def an_alert(owner: User, **given: Any) -> Alert:
    """Abidjan to Yamoussoukro within 25 km, whenever and whatever it costs."""
    made: dict[str, Any] = {
        "id": new_id(),
        "user_id": owner.id,
        "origin_point": ABIDJAN,
        "origin_text": "Abidjan",
        "destination_point": YAMOUSSOUKRO,
        "destination_text": None,
        "radius_m": 25_000,
        "expires_at": alert_end(NOW),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Alert(**(made | given))


def a_block(by: User, blocked: User) -> Block:
    """The one wants nothing to do with the other."""
    return Block(id=new_id(), user_id=by.id, blocked_id=blocked.id, created_at=NOW)


def a_dispute(trip: Trip, booking: Booking, *, by_driver: bool = False, **given: Any) -> Dispute:
    """What a side of a booking, the passenger unless said otherwise, complains of."""
    sides = (trip.driver_id, booking.passenger_id) if by_driver else (booking.passenger_id, trip.driver_id)
    made: dict[str, Any] = {
        "id": new_id(),
        "booking_id": booking.id,
        "opened_by": sides[0],
        "other_id": sides[1],
        "party": Party.DRIVER if by_driver else Party.PASSENGER,
        "category": DisputeCategory.PAYMENT,
        "description": "Il m'a fait payer les bagages.",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Dispute(**(made | given))


def a_rating(trip: Trip, booking: Booking, *, by_driver: bool = False, **given: Any) -> Rating:
    """Five stars of the passenger for the driver, or the other way round, not shown yet."""
    sides = (trip.driver_id, booking.passenger_id)
    rater, rated = sides if by_driver else sides[::-1]
    made: dict[str, Any] = {
        "id": new_id(),
        "booking_id": booking.id,
        "from_user_id": rater,
        "to_user_id": rated,
        "role": RatedAs.PASSENGER if by_driver else RatedAs.DRIVER,
        "stars": 5,
        "comment": "À l'heure.",
        "closes_at": booking.departure_time + RATING_WINDOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Rating(**(made | given))


def arrived(trip: Trip, booking: Booking, *, at: datetime = DEPARTURE) -> Booking:
    """Paid, and the ride is over."""
    paid(trip, booking)
    driver = Actor(Party.DRIVER, trip.driver_id)
    booking.check_in(booking.qr_code, driver, at)
    booking.start(driver, at)
    booking.end(driver, at + 3 * HOUR)
    return booking


def some_evidence(dispute: Dispute, user_id: UUID, **given: Any) -> Evidence:
    """Words that a side of a dispute gave."""
    made: dict[str, Any] = {
        "id": new_id(),
        "dispute_id": dispute.id,
        "user_id": user_id,
        "note": "J'ai le reçu.",
        "created_at": NOW,
    }
    return Evidence(**(made | given))


class AnyUnit(
    ReconciliationUnit,
    SocialUnit,
    AuditUnit,
    KycUnit,
    CarpoolUnit,
    SettingsUnit,
    NoticeUnit,
    ReminderUnit,
    LettersUnit,
    ExportUnit,
    RetentionUnit,
    Protocol,
):
    """A unit with every store there is."""


type Aside = Alert | Block | Dispute | Evidence | Rating | Refund | Promo | PromoUse | Referral
type Thing = Aside | User | AdminUser | KycDocument | Vehicle | Driver | Trip | Booking | Payment


async def keep(unit: AnyUnit, *things: Thing) -> None:
    """Add each to its store, in this order: what others refer to comes first."""
    for thing in things:
        match thing:
            case User():
                await unit.users.add(thing)
            case AdminUser():
                await unit.admins.add(thing)
            case KycDocument():
                await unit.papers.add(thing)
            case Vehicle():
                await unit.vehicles.add(thing)
            case Driver():
                await keep(unit, thing.user, thing.vehicle, *thing.papers)
            case Trip():
                await unit.trips.add(thing)
            case Booking():
                await unit.bookings.add(thing)
            case Payment():
                await unit.payments.add(thing)
            case _:
                await _keep_aside(unit, thing)


async def _keep_aside(unit: AnyUnit, thing: Aside) -> None:
    match thing:
        case Refund():
            await unit.refunds.add(thing)
        case Promo():
            await unit.promos.add(thing)
        case PromoUse():
            await unit.promo_uses.add(thing)
        case Referral():
            await unit.referrals.add(thing)
        case Alert():
            await unit.alerts.add(thing)
        case Block():
            await unit.blocks.put(thing)
        case Rating():
            await unit.ratings.add(thing)
        case Dispute():
            await unit.disputes.add(thing)
        case Evidence():
            await unit.evidence.add(thing)
