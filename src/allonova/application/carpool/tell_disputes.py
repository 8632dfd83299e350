"""Messages about disputes and about what the back office decided of a booking."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.ports import BookingNews, CarpoolUnit
from allonova.application.carpool.tell_sides import spelt_instant
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.dispute import DisputeStatus
from allonova.domain.carpool.events import BookingArbitrated, DisputeMoved, DisputeOpened
from allonova.domain.kernel.machine import Party

WORDS = {
    DisputeStatus.IN_REVIEW: Template.DISPUTE_IN_REVIEW,
    DisputeStatus.RESOLVED: Template.DISPUTE_RESOLVED,
    DisputeStatus.REJECTED: Template.DISPUTE_REJECTED,
}


@wired
class TellDisputed:
    """Hears that a side complains: the other side is told."""

    begin: Begin[CarpoolUnit]
    desk: NoticeDesk

    async def __call__(self, event: DisputeOpened, id: UUID) -> None:
        """He may answer it."""
        async with self.begin() as unit:
            dispute = await unit.disputes.get(event.dispute_id)
            news = await unit.reads.booking_news(dispute.booking_id)
        if news is not None:
            await self.desk.post(
                id=id,
                user_id=dispute.other_id,
                template=Template.DISPUTE_OPENED,
                facts=_facts(news),
                data={"booking_id": str(dispute.booking_id), "dispute_id": str(dispute.id)},
            )


@wired
class TellDispute:
    """Hears that the back office looks at a dispute, or has decided it; `side` of the booking is told."""

    side: Party
    begin: Begin[CarpoolUnit]
    desk: NoticeDesk

    async def __call__(self, event: DisputeMoved, id: UUID) -> None:
        """What became of it; of a resolution also how much goes back."""
        async with self.begin() as unit:
            dispute = await unit.disputes.get(event.dispute_id)
            news = await unit.reads.booking_news(dispute.booking_id)
        status = DisputeStatus(event.status)
        if news is None:
            return
        facts: dict[str, str | int] = dict(_facts(news))
        if status is DisputeStatus.RESOLVED:
            facts["refund"] = dispute.refund_amount or 0
        await self.desk.post(
            id=id,
            user_id=_reader(news, self.side),
            template=WORDS[status],
            facts=facts,
            data={"booking_id": str(dispute.booking_id), "dispute_id": str(dispute.id)},
        )


@wired
class TellArbitrated:
    """Hears that the back office decided how a booking ended; `side` of it is told."""

    side: Party
    begin: Begin[CarpoolUnit]
    desk: NoticeDesk

    async def __call__(self, event: BookingArbitrated, id: UUID) -> None:
        """How much goes back to the passenger."""
        async with self.begin() as unit:
            booking = await unit.bookings.get(event.booking_id)
            news = await unit.reads.booking_news(event.booking_id)
            payment = await unit.payments.open_of(event.booking_id)
            ordered = 0 if payment is None else (await unit.refunds.claims(payment.id)).ordered
        if news is None:
            return
        refund = ordered if booking.cancel_refund is None else booking.cancel_refund
        await self.desk.post(
            id=id,
            user_id=_reader(news, self.side),
            template=Template.BOOKING_ARBITRATED,
            facts={**_facts(news), "refund": refund},
            data={"booking_id": str(event.booking_id)},
        )


def _reader(news: BookingNews, side: Party) -> UUID:
    return (news.driver if side is Party.DRIVER else news.passenger).user_id


def _facts(news: BookingNews) -> dict[str, str]:
    return {"route": f"{news.origin} - {news.destination}", "when": spelt_instant(news.departure_time)}
