"""What money tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class RefundDue(Event):
    """A refund waits to be sent by the way its payment came."""

    name: ClassVar[str] = "refund.due"
    refund_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentMismatched(Event):
    """A provider said something of a payment that does not add up, or that we do not understand: somebody must look."""

    name: ClassVar[str] = "payment.mismatched"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentRefunded(Event):
    """Money of a payment went back to whoever paid."""

    name: ClassVar[str] = "payment.refunded"
    refund_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentHinted(Event):
    """Somebody who cannot prove it says that there is news of a payment: its provider must be asked."""

    name: ClassVar[str] = "payment.hinted"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class CaptureDue(Event):
    """A card's bank holds the money for us: it must be taken."""

    name: ClassVar[str] = "payment.capture_due"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentAbandoned(Event):
    """Nobody shall pay it any more: its provider must be told."""

    name: ClassVar[str] = "payment.abandoned"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class RefundManual(Event):
    """The provider cannot give it back and no wallet takes it: somebody must pay it back by hand."""

    name: ClassVar[str] = "refund.manual"
    refund_id: UUID


@dataclass(frozen=True, slots=True)
class PromoReturned(Event):
    """All that a promo gave to a payment went back to it: its booking was cancelled for nothing."""

    name: ClassVar[str] = "promo.returned"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class WalletToppedUp(Event):
    """Money that somebody paid is in his wallet."""

    name: ClassVar[str] = "wallet.topped_up"
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PayoutDue(Event):
    """A payout waits to be sent."""

    name: ClassVar[str] = "payout.due"
    payout_id: UUID


@dataclass(frozen=True, slots=True)
class PayoutEnded(Event):
    """A payout was paid, or came to nothing."""

    name: ClassVar[str] = "payout.ended"
    payout_id: UUID


@dataclass(frozen=True, slots=True)
class DifferenceFound(Event):
    """A provider says otherwise than we do of money: somebody must look."""

    name: ClassVar[str] = "difference.found"
    difference_id: UUID
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class ReferralEarned(Event):
    """The bonuses of a referral are in both wallets."""

    name: ClassVar[str] = "referral.earned"
    referral_id: UUID
