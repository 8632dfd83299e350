"""A dispute, to its sides and to those who decide it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.chat_views import MessageView, message_view
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.dispute_views import (
    DisputeDetail,
    DisputedPayment,
    DisputeFile,
    desk_dispute_view,
    desk_evidence_view,
    dispute_detail,
    side_view,
)
from allonova.application.carpool.payment_queries import PaymentQueries, desk_payment_view
from allonova.application.carpool.ride_queries import RideQueries
from allonova.application.carpool.show_proof import ShowProof
from allonova.application.files.ports import FileStore
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.refund_views import refund_view
from allonova.domain.kernel.errors import DomainError, NotFound

MOST = 100  # messages, payments, disputes of one booking in one answer
OLDEST_FIRST = (Sort("created_at"),)


@wired
class ShowDispute:
    """To one of its two sides."""

    queries: DisputeQueries
    files: FileStore

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, dispute_id: UUID) -> DisputeDetail:
        """Two reads."""
        dispute = await self.queries.dispute(dispute_id)
        if dispute is None or not dispute.has(caller_id):
            raise NotFound
        return dispute_detail(dispute, caller_id, await self.queries.evidence_of(dispute_id), self.files)


@wired
class ShowDisputeFile:
    """All that the back office needs to decide a dispute."""

    queries: DisputeQueries
    chats: ChatQueries
    rides: RideQueries
    payments: PaymentQueries
    files: FileStore
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, dispute_id: UUID) -> DisputeFile:
        """A dozen reads at most, however much there is."""
        dispute = await self.queries.dispute(dispute_id)
        booking = None if dispute is None else await self.chats.booking(dispute.booking_id)
        facts = None if dispute is None else await self.rides.facts(dispute.booking_id, viewer_id=None)
        if dispute is None or booking is None or facts is None:
            raise NotFound
        others = await self.queries.disputes(_of_booking(dispute.booking_id))
        return DisputeFile(
            dispute=desk_dispute_view(dispute),
            sides=tuple(side_view(dispute, user) for user in await self.queries.sides(dispute_id)),
            evidence=tuple(desk_evidence_view(one, self.files) for one in await self.queries.evidence_of(dispute_id)),
            booking=booking,
            is_frozen=facts.booking.is_frozen,
            proof=await ShowProof(self.rides, self.clock)(booking_id=dispute.booking_id, viewer_id=None),
            messages=await self._messages(dispute.booking_id, dispute.opened_by),
            payments=await self._payments(dispute.booking_id),
            others=tuple(desk_dispute_view(one) for one in others.items if one.id != dispute_id),
        )

    async def _messages(self, booking_id: UUID, side_id: UUID) -> tuple[MessageView, ...]:
        newest = ListQuery(sort=(Sort("created_at", descending=True),), page_size=MOST)
        page = await self.chats.messages(booking_id, side_id, newest)
        return tuple(message_view(one, self.files, viewer_id=None) for one in reversed(page.items))

    async def _payments(self, booking_id: UUID) -> tuple[DisputedPayment, ...]:
        payments = (await self.payments.payments(_of_booking(booking_id))).items
        theirs = Filter("payment_id", Op.IN, tuple(payment.id for payment in payments))
        refunds = await self.payments.refunds(ListQuery(filters=(theirs,), sort=OLDEST_FIRST, page_size=MOST))
        return tuple(
            DisputedPayment(
                payment=desk_payment_view(payment),
                refunds=tuple(refund_view(refund) for refund in refunds.items if refund.payment_id == payment.id),
            )
            for payment in payments
        )


def _of_booking(booking_id: UUID) -> ListQuery:
    same = Filter("booking_id", Op.EQ, booking_id)
    return ListQuery(filters=(same,), sort=OLDEST_FIRST, page_size=MOST)
