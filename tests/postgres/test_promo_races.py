"""Promos and referrals when many want them at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.money.promos import PostgresPromoQueries
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.earn_referral import EarnReferral
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.carpool.start_payment import StartPayment, Wish
from allonova.application.kernel.idempotency import UNKEYED
from allonova.application.money.opening import OpeningDesk
from allonova.application.money.promo_guard import PromoGuard
from allonova.application.money.refund_desk import RefundDesk
from allonova.application.money.release_promo import ReleasePromo
from allonova.application.money.use_referral import UseReferral
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.events import BookingCompleted
from allonova.domain.carpool.rules import Rules
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import PromoReturned
from allonova.domain.money.payment import Method
from allonova.domain.money.promo import Promo, PromoRefused
from allonova.domain.money.rules import MoneyRules
from allonova.domain.money.wallet import TxnSource, Wallet
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    NumberedIds,
    SetClock,
    a_booking,
    a_driver,
    a_promo,
    a_referral,
    a_trip,
    a_user,
    keep,
    new_id,
)

MANY = 50
FEE = 1_800  # 30 % of 6,000


@dataclass(frozen=True, slots=True)
class Stage:
    """The use cases on real connections, three hours before departure."""

    units: PostgresUnits
    pool: Pool
    pay: StartPayment
    cancel: CancelBooking
    release: ReleasePromo
    earn: EarnReferral
    use: UseReferral

    async def accepted(self, passenger: User) -> Booking:
        """A booking that waits for its money, on a trip of its own: no lock but the promo's is shared."""
        driver = a_driver()
        trip = a_trip(driver)
        booking = a_booking(trip, passenger)
        hold_until = DEPARTURE - timedelta(hours=2)
        booking.status, booking.hold_expires_at = BookingStatus.ACCEPTED, hold_until
        trip.hold(booking.ride, booking.seats)
        async with self.units.begin() as unit:
            if await unit.users.find(id=passenger.id) is None:
                await unit.users.add(passenger)
            await keep(unit, driver, trip, booking)
        return booking

    async def paid(self, booking: Booking, promo: Promo) -> str:
        """`paid`, or why not."""
        wish = Wish(booking_id=booking.id, method=Method.WALLET, return_url="", promo_code=promo.code)
        return await outcome(self.pay(caller_id=booking.passenger_id, wish=wish, once=UNKEYED))

    async def standing(self, promo: Promo) -> tuple[int, int]:
        """What the promo's row counts, and what its uses add up to."""
        detail = await PostgresPromoQueries(self.pool).promo(promo.id)
        assert detail is not None
        return detail.promo.uses, detail.totals.reserved + detail.totals.used

    async def balance(self, owner: User) -> int:
        """What a wallet holds."""
        return (await PostgresCarpoolQueries(self.pool).wallet(owner.id)).balance

    async def require_sound(self) -> None:
        """The books are, but for the wallets that were filled by hand."""
        report = await PostgresBooks(self.pool).verify()
        assert [fault for fault in report.faults if not fault.startswith("wallet")] == []


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the reason or the code of the refusal."""
    try:
        await deed
    except PromoRefused as refusal:
        return refusal.reason
    except DomainError as error:
        return error.code
    return "done"


@pytest.fixture
def stage(units: PostgresUnits, pool: Pool) -> Stage:
    clock, ids = SetClock(DEPARTURE - 3 * HOUR), NumberedIds()
    rules, rides = MoneyRules(), Rules()
    refunds = RefundDesk(clock, ids, {}, lambda: rules)
    endings = EndingDesk(clock, ids, lambda: rides, refunds)
    opening = OpeningDesk(units.begin, clock, {})
    guard = PromoGuard(units.begin, clock)
    return Stage(
        units=units,
        pool=pool,
        pay=StartPayment(units.begin, opening, PaymentDesk(endings), lambda: rules, guard),
        cancel=CancelBooking(units.begin, endings),
        release=ReleasePromo(units.begin, clock),
        earn=EarnReferral(units.begin, clock, ids, lambda: rules),
        use=UseReferral(units.begin, SetClock(), ids),
    )


async def kept(stage: Stage, **given: object) -> Promo:
    """A promo that covers everything, so that nobody but us is asked for money."""
    promo = a_promo(**{"value": 100, "max_uses": None, "per_user_limit": None, **given})
    async with stage.units.begin() as unit:
        await unit.promos.add(promo)
    return promo


@pytest.mark.promise("counters")
async def test_no_use_is_given_twice_when_fifty_pay_at_once(stage: Stage) -> None:
    promo = await kept(stage, max_uses=7)
    bookings = [await stage.accepted(a_user()) for _ in range(MANY)]
    outcomes = Counter(await asyncio.gather(*(stage.paid(booking, promo) for booking in bookings)))
    assert outcomes == {"done": 7, "exhausted": MANY - 7}
    assert await stage.standing(promo) == (7, 7)
    await stage.require_sound()


async def test_nobody_has_more_than_his_share_when_he_pays_everywhere_at_once(stage: Stage) -> None:
    promo, me = await kept(stage, per_user_limit=2), a_user()
    bookings = [await stage.accepted(me) for _ in range(12)]
    outcomes = Counter(await asyncio.gather(*(stage.paid(booking, promo) for booking in bookings)))
    assert outcomes == {"done": 2, "used_up": 10}
    assert await stage.standing(promo) == (2, 2)
    await stage.require_sound()


async def test_uses_come_back_once_when_they_are_returned_at_once(stage: Stage) -> None:
    promo = await kept(stage)
    bookings = [await stage.accepted(a_user()) for _ in range(5)]
    for booking in bookings:
        assert await stage.paid(booking, promo) == "done"
    async with stage.units.begin() as unit:
        payments = [await unit.payments.find(booking_id=booking.id) for booking in bookings]
    returned = [PromoReturned(payment.id) for payment in payments if payment] * 6
    await asyncio.gather(*(stage.release(event) for event in returned))
    assert await stage.standing(promo) == (0, 0)


@pytest.mark.promise("locks-in-order")
async def test_nobody_waits_in_a_circle_when_one_wallet_pays_and_is_paid_back(stage: Stage) -> None:
    """Paying locks the promo and then the wallet; cancelling the wallet, and the promo only later."""
    promo, me = await kept(stage, type="percent", value=10), a_user()
    paid = [await stage.accepted(me) for _ in range(6)]
    waiting = [await stage.accepted(me) for _ in range(6)]
    async with stage.units.begin() as unit:
        purse = await unit.wallets.of(me.id, new=Wallet(id=new_id(), user_id=me.id, created_at=NOW, updated_at=NOW))
        purse.credit(new_id(), 100_000, TxnSource.ADJUSTMENT, new_id(), NOW)
        await unit.wallets.save(purse)
    assert Counter([await stage.paid(booking, promo) for booking in paid]) == {"done": 6}
    deeds = [outcome(stage.cancel(caller_id=me.id, booking_id=booking.id, reason=None)) for booking in paid]
    outcomes = await asyncio.gather(*deeds, *(stage.paid(booking, promo) for booking in waiting))
    assert Counter(outcomes) == {"done": 12}
    assert await stage.balance(me) == 100_000 - 6 * 5_400 - 6 * FEE
    assert await stage.standing(promo) == (12, 12)  # their events were not heard yet
    await stage.require_sound()


async def test_both_are_thanked_once_when_the_same_is_heard_twenty_times(stage: Stage) -> None:
    referrer = a_user(created_at=NOW - HOUR)
    people = [a_user() for _ in range(3)]
    rides = [await stage.accepted(person) for person in people]
    async with stage.units.begin() as unit:
        await keep(unit, referrer, *(a_referral(referrer, person) for person in people))
        for ride in rides:
            booking = await unit.bookings.get(ride.id)
            booking.status = BookingStatus.COMPLETED
            await unit.bookings.save(booking)
    await asyncio.gather(*(stage.earn(BookingCompleted(ride.id)) for ride in rides * 20))
    assert [await stage.balance(person) for person in (referrer, *people)] == [3_000, 500, 500, 500]
    assert [fault for fault in (await PostgresBooks(stage.pool).verify()).faults if "wallet" in fault] == []


async def test_somebody_is_brought_once_when_he_says_two_names_at_once(stage: Stage) -> None:
    me, names = a_user(), [a_user(created_at=NOW - HOUR) for _ in range(2)]
    async with stage.units.begin() as unit:
        await keep(unit, me, *names)
    deeds = [outcome(stage.use(caller_id=me.id, code=names[n % 2].referral_code or "")) for n in range(10)]
    assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "conflict": 9}
