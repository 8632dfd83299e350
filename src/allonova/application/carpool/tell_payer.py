"""Messages about money that went back, one subscriber for each channel."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.carpool.ports import CarpoolQueries, Contact
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.money.events import PaymentRefunded


@dataclass(frozen=True, slots=True)
class TextPayer:
    """Hears PaymentRefunded."""

    queries: CarpoolQueries
    messenger: Messenger

    async def __call__(self, event: PaymentRefunded) -> None:
        """One SMS to a verified phone whose owner wants them."""
        amount, payer = await _refund(self.queries, event)
        if payer is not None and payer.phone is not None and payer.wants_sms:
            await self.messenger.text(
                to=payer.phone, language=payer.language, template=Template.REFUND_SENT, amount=amount
            )


@dataclass(frozen=True, slots=True)
class MailPayer:
    """Hears PaymentRefunded."""

    queries: CarpoolQueries
    messenger: Messenger

    async def __call__(self, event: PaymentRefunded) -> None:
        """One mail to a verified address whose owner wants them."""
        amount, payer = await _refund(self.queries, event)
        if payer is not None and payer.email is not None and payer.wants_email:
            await self.messenger.mail(
                to=payer.email, language=payer.language, template=Template.REFUND_SENT, amount=amount
            )


async def _refund(queries: CarpoolQueries, event: PaymentRefunded) -> tuple[int, Contact | None]:
    """How much went back, and to whom."""
    return await queries.refund_news(event.refund_id) or (0, None)
