"""What money tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class RefundDue(Event):
    """A payment must go back whole to whoever made it."""

    name: ClassVar[str] = "refund.due"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentMismatched(Event):
    """A provider reported another amount, currency or reference than ours: somebody must look."""

    name: ClassVar[str] = "payment.mismatched"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentRefunded(Event):
    """The money went back to whoever paid."""

    name: ClassVar[str] = "payment.refunded"
    payment_id: UUID
