"""What money asks of providers and of the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from allonova.domain.money.payment import Payment


@dataclass(frozen=True, slots=True)
class Opened:
    """A provider opened a payment: the payer goes to `url` before `expires_at`."""

    provider_ref: str
    url: str
    expires_at: datetime


class Reported(StrEnum):
    """What a provider says happened."""

    PAID = "paid"
    ATTEMPT_FAILED = "attempt_failed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """A provider's event whose signature held. `amount` in francs, None when it names none."""

    provider: str
    event_id: str
    kind: str
    reported: Reported
    provider_ref: str
    payment_id: UUID | None
    amount: int | None
    currency: str | None
    failure_code: str = ""
    failure_message: str = ""
    raw: dict[str, Any]


class RefusedByProvider(Exception):
    """The provider understood and said no; trying again will not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class PaymentGateway(Protocol):
    """One provider of payments. Its calls raise ProviderUnavailable when nothing is known of their outcome."""

    @property
    def base_url(self) -> str:
        """Where payments are made; kept with each."""

    async def open(self, payment: Payment, *, return_url: str, is_repeat: bool) -> Opened:
        """Open a payment; called again for the same one it finds what the first call made.

        Args:
            return_url: where the provider sends the payer's browser afterwards; proves nothing.
            is_repeat: somebody may have opened it before, and died or given up on the way.

        Raises:
            RefusedByProvider: for good.
        """

    async def refund(self, payment: Payment) -> None:
        """Give the whole amount back; again is harmless. Raises RefusedByProvider."""

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """What a webhook says. Raises WebhookInvalidSignature for anything that is not surely the provider's."""


@dataclass(frozen=True, slots=True)
class BooksReport:
    """What `allonova books verify` found: counts, and one line per fault."""

    entries: int
    postings: int
    faults: tuple[str, ...]


class BooksQueries(Protocol):
    """The books, whole."""

    async def verify(self) -> BooksReport:
        """Entries balance; a paid booking's escrow holds its fare until it is released, once; payments are booked, and
        so is what went back of them; each wallet equals its postings and its lines."""
