"""What somebody of the back office must look at: an error line each, which the alert rules watch."""

from __future__ import annotations

import logging

from allonova.application.kernel.wired import wired
from allonova.domain.money.events import DifferenceFound, PaymentMismatched, RefundManual

log = logging.getLogger(__name__)


@wired
class AlertMismatch:
    """Hears PaymentMismatched."""

    async def __call__(self, event: PaymentMismatched) -> None:
        """Say which payment."""
        log.error("payment mismatch", extra={"payment_id": str(event.payment_id)})


@wired
class AlertManualRefund:
    """Hears RefundManual."""

    async def __call__(self, event: RefundManual) -> None:
        """Say which refund waits for a person."""
        log.error("refund by hand", extra={"refund_id": str(event.refund_id)})


@wired
class AlertDifference:
    """Hears DifferenceFound."""

    async def __call__(self, event: DifferenceFound) -> None:
        """Say what it is about."""
        said = {"difference_id": str(event.difference_id), "subject_id": str(event.subject_id)}
        log.error("money differs from its provider", extra=said)
