"""What a provider says of a payment, made true in our books: the one way, whoever brings the word."""

from __future__ import annotations

import logging

from allonova.application.carpool.access import lock_booking
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.wired import wired
from allonova.application.money.opening import audit_payment
from allonova.application.money.ports import Report, Reported
from allonova.application.money.promo_desk import forgo_promo, hold_promo, release_promo, use_promo
from allonova.application.money.refund_desk import wallet_of
from allonova.domain.carpool.booking import Booking, BookingStage, BookingStatus
from allonova.domain.carpool.events import BookingCancelled, BookingPaid
from allonova.domain.carpool.fares import booking_paid, payment_without_booking
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.changes import PROVIDER, SYSTEM
from allonova.domain.kernel.machine import Party
from allonova.domain.money.events import (
    CaptureDue,
    PaymentAbandoned,
    PaymentHinted,
    PaymentMismatched,
    WalletToppedUp,
)
from allonova.domain.money.journal import LOSS, EntryKind
from allonova.domain.money.movements import (
    beyond_won,
    chargeback_won,
    provider_charged,
    refund_owed,
    taken_beyond,
    wallet_topped_up,
)
from allonova.domain.money.payment import CARD_TRIES, CARD_WINDOW, SETTLED, Flag, Method, Payment, PaymentStatus
from allonova.domain.money.refund import RefundCause, RefundTo
from allonova.domain.money.rules import NEVER_OPENED_AFTER
from allonova.domain.money.wallet import TxnSource

log = logging.getLogger(__name__)

TOO_MANY_TRIES = "too_many_attempts"
NEVER_OPENED = "never_opened"
TAKEN_BACK = "taken_back"  # why a booking ended whose money its provider took back

type Place = tuple[Trip, Booking] | None
"""The trip and the booking that a payment is for; None for a wallet's."""


@wired
class PaymentDesk:
    """Settles payments: once for each fact, whatever the order, the copies and the delay.

    Money moves the payment, the booking, the seats and the books in one transaction. Money for seats that are gone is
    kept apart and sent back. What does not add up is flagged and moves nothing.
    """

    endings: EndingDesk

    async def lock(self, unit: CarpoolUnit, payment: Payment) -> tuple[Payment, Place]:
        """A payment as it is now, and what it is for: the trip first, as everywhere."""
        place = None if payment.booking_id is None else await lock_booking(unit, payment.booking_id)
        return await unit.payments.get(payment.id, lock=True), place

    async def settle(self, unit: CarpoolUnit, payment: Payment, report: Report) -> str:
        """Take a report in. Returns what came of it, in a word: `paid`, `failed`, `refund_due`, `mismatch`, …"""
        payment, place = await self.lock(unit, payment)
        if report.reported in (Reported.OPEN, Reported.OTHER):
            return "ignored"
        if report.reported is Reported.NOT_FOUND:
            return await self._not_found(unit, payment)
        if report.reported is Reported.UNKNOWN or not _is_ours(report, payment):
            return await self._doubtful(unit, payment, report)
        if report.reported in (Reported.REFUNDED, Reported.CHARGED_BACK):
            return await self._taken_back(unit, payment, place, report)
        return await self._moved(unit, payment, place, report)

    async def _moved(self, unit: CarpoolUnit, payment: Payment, place: Place, report: Report) -> str:
        match report.reported:
            case Reported.PAID:
                return await self._paid(unit, payment, place, report)
            case Reported.AUTHORIZED:
                return await self._authorized(unit, payment, place, report)
            case Reported.ATTEMPT_FAILED:
                return await self._attempt_failed(unit, payment, report)
            case Reported.FAILED:
                return await self._failed(unit, payment, code=report.failure_code, message=report.failure_message)
            case _:
                return await self._chargeback_won(unit, payment)

    async def pay_from_wallet(self, unit: CarpoolUnit, payment: Payment, trip: Trip, booking: Booking) -> None:
        """Pay what is left after a promo out of the payer's wallet. Raises InsufficientFunds."""
        now, ids = self.endings.clock.now(), self.endings.ids
        if payment.amount:
            purse = await wallet_of(unit, ids, payment.user_id, now)
            purse.debit(ids.new(), payment.amount, TxnSource.PAYMENT, payment.id, now)
            await unit.wallets.save(purse)
        payment.pay(provider_ref=None, raw=None, at=now)
        await unit.payments.save(payment)
        await self._place(unit, payment, trip, booking)

    async def _paid(self, unit: CarpoolUnit, payment: Payment, place: Place, report: Report) -> str:
        now = self.endings.clock.now()
        if not payment.pay(provider_ref=report.provider_ref, raw=report.raw, at=now):
            await self._charge(unit, payment, report)
            return "known"
        await unit.payments.save(payment)
        await audit_payment(unit, payment, "payment.paid", PROVIDER)
        await self._charge(unit, payment, report)
        if place is None:
            await self._top_up(unit, payment)
            return "paid"
        trip, booking = place
        if await self._seats_still_there(unit, trip, booking) and await hold_promo(unit, payment, now):
            await self._place(unit, payment, trip, booking)
            return "paid"
        await forgo_promo(unit, payment, now)
        await unit.journal.post(payment_without_booking(self.endings.ids.new(), payment, now))
        refunds = self.endings.refunds
        await refunds.open(unit, payment, refunds.made(payment, payment.amount, RefundCause.SEATS_GONE))
        return "refund_due"

    async def _charge(self, unit: CarpoolUnit, payment: Payment, report: Report) -> None:
        """What the provider keeps for itself, once it has said so."""
        now = self.endings.clock.now()
        if report.fees and not payment.fees:
            payment.charged(report.fees, at=now)
            await unit.payments.save(payment)
            ids = self.endings.ids
            await unit.journal.post(
                provider_charged(ids.new(), payment.method, "payment", payment.id, report.fees, now)
            )

    async def _top_up(self, unit: CarpoolUnit, payment: Payment) -> None:
        now, ids = self.endings.clock.now(), self.endings.ids
        purse = await wallet_of(unit, ids, payment.user_id, now)
        is_card = payment.method is Method.CARD
        purse.credit(ids.new(), payment.amount, TxnSource.TOPUP, payment.id, now, spend_only=is_card)
        await unit.wallets.save(purse)
        await unit.journal.post(wallet_topped_up(ids.new(), payment, now))
        await unit.outbox.put(WalletToppedUp(payment.id))

    async def _place(self, unit: CarpoolUnit, payment: Payment, trip: Trip, booking: Booking) -> None:
        """The fare is here: the seats are sold, and it waits in escrow."""
        now = self.endings.clock.now()
        await use_promo(unit, payment, now)
        if booking.status is BookingStatus.CANCELLED:
            booking.departure_time = trip.leaves_at(booking.ride)
            booking.revive(now, self.endings.rules().hold)
            trip.hold(booking.ride, booking.seats)
        booking.pay(now)
        trip.sell(booking.ride, booking.seats)
        await unit.trips.save(trip)
        await unit.bookings.save(booking)
        await unit.journal.post(booking_paid(self.endings.ids.new(), payment, now))
        await unit.outbox.put(BookingPaid(booking.id))

    async def _seats_still_there(self, unit: CarpoolUnit, trip: Trip, booking: Booking) -> bool:
        """Held for it, or its hold ended without money and nobody took them meanwhile, nor he others on this trip, and
        the way is still the one that he booked.
        """
        if booking.status is BookingStatus.ACCEPTED:
            return True
        if trip.was_rerouted_since(booking.created_at):
            return False
        is_running = trip.status in (TripStatus.PUBLISHED, TripStatus.ONGOING)
        in_time = self.endings.clock.now() < trip.leaves_at(booking.ride)
        is_free = booking.was_left_unpaid and is_running and in_time and trip.bookable(booking.ride) >= booking.seats
        return is_free and not await self._has_booked_anew(unit, booking)

    async def _has_booked_anew(self, unit: CarpoolUnit, booking: Booking) -> bool:
        live = await unit.bookings.live_of(booking.trip_id)
        return any(other.passenger_id == booking.passenger_id for other in live)

    async def _authorized(self, unit: CarpoolUnit, payment: Payment, place: Place, report: Report) -> str:
        """The card's bank holds the money: it is taken if there is still something to pay, else let go."""
        now = self.endings.clock.now()
        if not payment.authorize(provider_ref=report.provider_ref or payment.provider_ref or "", at=now):
            return "known"
        await unit.payments.save(payment)
        await audit_payment(unit, payment, "payment.authorized", PROVIDER)
        wanted = place is None or await self._seats_still_there(unit, *place)
        await unit.outbox.put(CaptureDue(payment.id) if wanted else PaymentAbandoned(payment.id))
        return "authorized"

    async def _attempt_failed(self, unit: CarpoolUnit, payment: Payment, report: Report) -> str:
        """The payer may try again, but a card not for ever (seeds/allocar.txt, Anti-fraude)."""
        now = self.endings.clock.now()
        if payment.status is not PaymentStatus.INIT:
            return "known"
        payment.note_attempt(code=report.failure_code, message=report.failure_message, at=now)
        await unit.payments.save(payment)
        if payment.method is not Method.CARD:
            return "attempt_failed"
        if await unit.payments.card_failures(payment.user_id, since=now - CARD_WINDOW) < CARD_TRIES:
            return "attempt_failed"
        await unit.outbox.put(PaymentAbandoned(payment.id))
        return await self._failed(unit, payment, code=TOO_MANY_TRIES, message=report.failure_message)

    async def _failed(self, unit: CarpoolUnit, payment: Payment, *, code: str, message: str) -> str:
        if not payment.is_open:
            return "known"
        now = self.endings.clock.now()
        payment.fail(code=code, message=message, by=Party.PROVIDER, at=now)
        await unit.payments.save(payment)
        await release_promo(unit, payment, now)
        await audit_payment(unit, payment, "payment.failed", PROVIDER)
        return "failed"

    async def _not_found(self, unit: CarpoolUnit, payment: Payment) -> str:
        """Right after it was made that is no word yet (providers.md 1.3); later nothing will come of it."""
        if not payment.is_open or self.endings.clock.now() < payment.created_at + NEVER_OPENED_AFTER:
            return "ignored"
        return await self._failed(unit, payment, code=NEVER_OPENED, message="The provider knows nothing of it.")

    async def _doubtful(self, unit: CarpoolUnit, payment: Payment, report: Report) -> str:
        """Never paid: somebody must look."""
        is_unknown = report.reported is Reported.UNKNOWN
        flag = Flag.UNKNOWN_STATUS if is_unknown else Flag.AMOUNT_MISMATCH
        if flag.value in payment.flags:
            return "mismatch"
        payment.flag(flag, at=self.endings.clock.now())
        await unit.payments.save(payment)
        await unit.outbox.put(PaymentMismatched(payment.id))
        await audit_payment(unit, payment, "payment.mismatched", PROVIDER)
        return "mismatch"

    async def _taken_back(self, unit: CarpoolUnit, payment: Payment, place: Place, report: Report) -> str:
        """Money went back that we did not send: a fact. A provider who gives back has been paid before."""
        if payment.status not in SETTLED:
            if report.amount is None:  # it does not prove what was paid
                await unit.outbox.put(PaymentHinted(payment.id))
                return "asked"
            await self._paid(unit, payment, place, report)
            payment, place = await self.lock(unit, payment)
        is_chargeback = report.reported is Reported.CHARGED_BACK
        if is_chargeback and await unit.refunds.find(payment_id=payment.id, cause=RefundCause.CHARGEBACK) is not None:
            return "known"
        claims = await unit.refunds.claims(payment.id)
        in_our_place = sum(refund.amount for refund in await unit.refunds.charged_back(payment.id))
        unknown = report.back - (in_our_place if is_chargeback else claims.sent)
        if unknown <= 0:
            return "known"
        cause, flag = RefundCause.TAKEN_BACK, Flag.TAKEN_BACK
        if is_chargeback:
            cause, flag = RefundCause.CHARGEBACK, Flag.CHARGEBACK
        if flag.value not in payment.flags:
            payment.flag(flag, at=self.endings.clock.now())
            await unit.payments.save(payment)
            await unit.outbox.put(PaymentMismatched(payment.id))
        taken = min(unknown, payment.amount - claims.all)
        if taken > 0:
            await self._write_off(unit, payment, place, taken, cause)
        beyond = unknown - taken - (claims.asked if is_chargeback else 0)
        if beyond > 0:
            await self._lose(unit, payment, beyond)
        return cause.value

    async def _lose(self, unit: CarpoolUnit, payment: Payment, amount: int) -> None:
        """What had gone back another way was taken once more; it happens once to a payment, and more is for people."""
        if await unit.journal.find(EntryKind.TAKEN_BEYOND, "payment", payment.id) is None:
            ids, now = self.endings.ids, self.endings.clock.now()
            await unit.journal.post(taken_beyond(ids.new(), payment, amount, now))

    async def _write_off(
        self, unit: CarpoolUnit, payment: Payment, place: Place, taken: int, cause: RefundCause
    ) -> None:
        """Out of the escrow of a ride that has not begun, which ends with it; else it is our loss."""
        desk, now = self.endings, self.endings.clock.now()
        refund = desk.refunds.made(payment, taken, cause, to=RefundTo.PROVIDER)
        await unit.refunds.add(refund)
        waits = place is not None and place[1].stage is BookingStage.PAID
        if place is not None and waits and taken == payment.amount:
            trip, booking = place
            desk.free_seats(trip, booking)
            booking.cancel(SYSTEM, now, TAKEN_BACK)
            await desk.part(unit, trip, booking, payment, withheld=0)
            await desk.keep(unit, booking, SYSTEM, BookingCancelled(booking.id), "booking.cancelled")
            await desk.close(unit, trip)
        else:
            await unit.journal.post(refund_owed(desk.ids.new(), refund, now, (LOSS, taken)))
        await desk.refunds.sent(unit, payment, refund, provider_ref=None, is_news=False)

    async def _chargeback_won(self, unit: CarpoolUnit, payment: Payment) -> str:
        """What the card's bank took is ours again, or whose it was made."""
        if Flag.CHARGEBACK.value not in payment.flags:
            return "known"
        now, ids = self.endings.clock.now(), self.endings.ids
        payment.unflag(Flag.CHARGEBACK, at=now)
        await unit.payments.save(payment)
        for refund in await unit.refunds.charged_back(payment.id):
            borne = await unit.journal.find(EntryKind.LOSS_TO_DRIVER, "refund", refund.id)
            to = LOSS if borne is None else next(p.account for p in borne.postings if p.account != LOSS)
            await unit.journal.post(chargeback_won(ids.new(), refund, payment, now, to=to))
        beyond = await unit.journal.find(EntryKind.TAKEN_BEYOND, "payment", payment.id)
        if beyond is not None:
            amount = sum(posting.amount for posting in beyond.postings if posting.amount > 0)
            await unit.journal.post(beyond_won(ids.new(), payment, amount, now))
        await audit_payment(unit, payment, "payment.chargeback_won", PROVIDER)
        return "chargeback_won"


def _is_ours(report: Report, payment: Payment) -> bool:
    """Whether it names our payment's reference, amount and currency, as far as it names any. A bank that takes money
    back names what it takes, not what was paid.
    """
    same_ref = report.provider_ref is None or payment.provider_ref in (None, report.provider_ref)
    if report.reported in (Reported.FAILED, Reported.ATTEMPT_FAILED):
        return same_ref and report.amount in (None, payment.amount)
    if report.reported in (Reported.CHARGED_BACK, Reported.CHARGEBACK_WON):
        return same_ref and report.amount in (None, payment.amount) and report.currency == payment.currency
    return same_ref and report.amount == payment.amount and report.currency == payment.currency
