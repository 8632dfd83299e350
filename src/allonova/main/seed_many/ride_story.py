"""What happens to the bookings of one trip, told by the domain's own steps: no state that its machines do not reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.fares import Parting, booking_cancelled, booking_paid, driver_penalty, ride_completed
from allonova.domain.carpool.rating import RatedAs, Rating, closing_time, to_show
from allonova.domain.carpool.reliability import DEMOTION, is_broken_late
from allonova.domain.carpool.rules import COMPLETE_AFTER, RATING_WINDOW, Rules
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.machine import Party
from allonova.domain.money.journal import Entry
from allonova.domain.money.movements import refund_sent
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.refund import Refund, RefundCause, RefundTo
from allonova.main.seed_many.dice import Dice

METHODS = (Method.WAVE, Method.WAVE, Method.MTN, Method.CARD)  # all of them give back what is cancelled
PROVIDER_URL = "https://seed.invalid"  # nobody is asked there
GOOD = ("À l’heure, voiture propre.", "Conduite prudente, merci.", "Très agréable.", "Rien à redire.", None, None)
BAD = ("En retard d’une heure.", "A beaucoup téléphoné au volant.", None)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class RideStory:
    """One trip and all that came of it."""

    dice: Dice
    trip: Trip
    now: datetime
    rules: Rules = field(default_factory=Rules)
    bookings: list[Booking] = field(default_factory=list)
    payments: dict[UUID, Payment] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    demoted: list[tuple[UUID, datetime]] = field(default_factory=list)

    @property
    def driver(self) -> Actor:
        """As histories name him."""
        return Actor(Party.DRIVER, self.trip.driver_id)

    def things(self) -> Sequence[object]:
        """All of it."""
        return [self.trip, *self.bookings, *self.payments.values(), *self.refunds, *self.entries, *self.ratings]

    def request(self, passenger_id: UUID, at: datetime) -> Booking:
        """Somebody asks for a seat on one of the trip's rides."""
        leg = self.dice.choice(list(self.trip.legs()))
        # With three passengers at most, each finds a seat.
        seats = 2 if self.dice.one_in(4) and self.trip.bookable(leg.ride) >= 4 else 1
        amount = seats * leg.price
        booking = Booking(
            id=self.dice.new(),
            trip_id=self.trip.id,
            passenger_id=passenger_id,
            seats=seats,
            board=leg.ride.board,
            alight=leg.ride.alight,
            pickup_stop_id=leg.pickup.stop_id,
            dropoff_stop_id=leg.dropoff.stop_id,
            pickup_text=leg.pickup.label,
            dropoff_text=leg.dropoff.label,
            departure_time=leg.pickup.at,
            amount_total=amount,
            fees=self.rules.commission(amount),
            qr_code=f"{self.dice.getrandbits(192):048x}",
            created_at=at,
            updated_at=at,
        )
        booking.request(Actor(Party.PASSENGER, passenger_id), at)
        self.bookings.append(booking)
        return booking

    def accept(self, booking: Booking, at: datetime) -> None:
        """The driver says yes."""
        self.trip.hold(booking.ride, booking.seats)
        booking.accept(self.driver, at, self.rules.hold)

    def pay(self, booking: Booking, at: datetime) -> None:
        """The money comes, and waits in escrow."""
        payment = Payment(
            id=self.dice.new(),
            booking_id=booking.id,
            user_id=booking.passenger_id,
            method=self.dice.choice(METHODS),
            provider_url=PROVIDER_URL,
            amount=booking.amount_total,
            created_at=at - MINUTE,
            updated_at=at - MINUTE,
        )
        payment.pay(provider_ref=f"seed-{payment.id.hex}", raw=None, at=at)
        booking.pay(at)
        self.trip.sell(booking.ride, booking.seats)
        self.payments[booking.id] = payment
        self.entries.append(booking_paid(self.dice.new(), payment, at))

    def lapse(self, booking: Booking, at: datetime) -> None:
        """Nobody answered, or no money came."""
        if booking.hold_expires_at is not None:
            self.trip.release(booking.ride, booking.seats)
        booking.expire(at)

    def cancel(self, booking: Booking, by: Actor, at: datetime) -> None:
        """A side gives up what was paid; the fee, the penalty and what goes back follow from when."""
        is_driver = by.party is Party.DRIVER
        fee = 0 if is_driver else self.rules.passenger_fee(booking.amount_total, booking.departure_time, at)
        self.trip.unsell(booking.ride, booking.seats)
        booking.cancel(by, at, "cancelled", fee=fee)
        self._part(booking, at, withheld=fee)
        penalty = self.rules.penalty(booking.departure_time, at) if is_driver else 0
        if penalty:
            fined = driver_penalty(
                self.dice.new(), self.trip.driver_id, penalty, ref_type="booking", ref_id=booking.id, at=at
            )
            self.entries.append(fined)
        if is_broken_late(booking, at):
            self.demoted.append((self.trip.driver_id, at + DEMOTION))

    def miss(self, booking: Booking, at: datetime) -> None:
        """The passenger did not come."""
        fee = self.rules.no_show_fee(booking.amount_total)
        self.trip.unsell(booking.ride, booking.seats)
        booking.no_show(self.driver, at, fee=fee)
        self._part(booking, at, withheld=fee)

    def be_missed(self, booking: Booking, at: datetime) -> None:
        """The driver did not come, says the passenger: the money waits for his word."""
        self.trip.unsell(booking.ride, booking.seats)
        booking.driver_no_show(Actor(Party.PASSENGER, booking.passenger_id), at)

    def give_back(self, booking: Booking, at: datetime) -> None:
        """He said none."""
        booking.give_back(at)
        self._part(booking, at, withheld=0)

    def board(self, booking: Booking, at: datetime) -> None:
        """The driver reads the passenger's code."""
        booking.check_in(booking.qr_code, self.driver, at)

    def start(self, booking: Booking, at: datetime) -> None:
        """Off they go."""
        booking.start(self.driver, at)
        self.trip.start(Party.DRIVER, at)

    def driver_says_so(self, booking: Booking) -> bool:
        """Whether he ended the ride that he had started; what he forgets is completed by itself."""
        return booking.started_at is not None

    def arrive(self, booking: Booking, at: datetime) -> None:
        """The passenger is there, and the driver has earned it."""
        if self.driver_says_so(booking):
            booking.end(self.driver, at)
        else:
            booking.complete(SYSTEM, at + COMPLETE_AFTER)
        self.entries.append(ride_completed(self.dice.new(), booking, self.trip.driver_id, booking.updated_at))

    def judge(self, booking: Booking) -> None:
        """The sides say how it was, some of them; shown is what may be read by now."""
        closes_at = closing_time(booking)
        sides = ((self.trip.driver_id, RatedAs.DRIVER), (booking.passenger_id, RatedAs.PASSENGER))
        made: list[Rating] = []
        for (rated, role), (rater, _) in zip(sides, sides[::-1], strict=True):
            at = closes_at - RATING_WINDOW + self.dice.randint(1, 72) * HOUR
            if at < self.now and not self.dice.one_in(4):
                made.append(self._rating(booking, rater, rated, role, closes_at, at))
        for rating in to_show(made, self.now):
            rating.show(max(each.created_at for each in made) if len(made) > 1 else closes_at)
        self.ratings += made

    def _rating(
        self, booking: Booking, rater: UUID, rated: UUID, role: RatedAs, closes_at: datetime, at: datetime
    ) -> Rating:
        stars = self.dice.choice((5, 5, 5, 5, 4, 4, 4, 3, 2, 1))
        return Rating(
            id=self.dice.new(),
            booking_id=booking.id,
            from_user_id=rater,
            to_user_id=rated,
            role=role,
            stars=stars,
            comment=self.dice.choice(GOOD if stars > 3 else BAD),
            closes_at=closes_at,
            created_at=at,
            updated_at=at,
        )

    def _part(self, booking: Booking, at: datetime, *, withheld: int) -> None:
        """The fare leaves escrow; what is not withheld goes back by the way it came."""
        payment = self.payments[booking.id]
        commission = self.rules.commission(withheld) if withheld else 0
        parting = Parting.of(payment, withheld=withheld, commission=commission)
        booking.cancel_refund = parting.back
        self.entries.append(booking_cancelled(self.dice.new(), booking, self.trip.driver_id, parting, at))
        if parting.back:
            refund = Refund(
                id=self.dice.new(),
                payment_id=payment.id,
                user_id=payment.user_id,
                amount=parting.back,
                sent_to=RefundTo.PROVIDER,
                cause=RefundCause.CANCELLED,
                created_at=at,
                updated_at=at,
            )
            refund.finish(provider_ref=f"seed-{refund.id.hex}", at=at + MINUTE)
            payment.gone_back(refund.amount, at=at + MINUTE)
            self.refunds.append(refund)
            self.entries.append(refund_sent(self.dice.new(), refund, payment, at + MINUTE))
