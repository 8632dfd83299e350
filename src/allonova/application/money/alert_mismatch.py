"""Raise an alert about a payment that does not add up."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from allonova.domain.money.events import PaymentMismatched

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertMismatch:
    """Hears PaymentMismatched; an error line is what the alert rules watch."""

    async def __call__(self, event: PaymentMismatched) -> None:
        """Say which payment."""
        log.error("payment mismatch", extra={"payment_id": str(event.payment_id)})
