"""Messages about money that went back."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.money.events import PaymentRefunded


@wired
class TellPayer:
    """Hears PaymentRefunded."""

    queries: CarpoolQueries
    desk: NoticeDesk

    async def __call__(self, event: PaymentRefunded, id: UUID) -> None:
        """How much it is."""
        news = await self.queries.refund_news(event.refund_id)
        if news is None:
            return
        amount, payer = news
        await self.desk.post(
            id=id,
            user_id=payer.user_id,
            template=Template.REFUND_SENT,
            facts={"amount": amount},
            data={"refund_id": str(event.refund_id)},
        )
