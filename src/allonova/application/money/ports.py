"""What money asks of providers, of its stores and of the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol
from uuid import UUID

from allonova.application.identity.ports import ChangeStore
from allonova.application.kernel.ports import Store, Unit
from allonova.application.money.promo_ports import PromoUseStore, ReferralStore
from allonova.domain.identity.user import User
from allonova.domain.kernel.money import CURRENCY
from allonova.domain.kyc.document import KycDocument
from allonova.domain.money.journal import Entry, EntryKind
from allonova.domain.money.payment import Payment
from allonova.domain.money.payout import Payout, PayoutBatch, PayoutMethod
from allonova.domain.money.payout_account import PayoutAccount, Withdrawals
from allonova.domain.money.promo import Promo
from allonova.domain.money.refund import Refund
from allonova.domain.money.wallet import TxnStatus, Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectIntent:
    """Open `url` in the system's browser before `expires_at` (Wave, Orange Money)."""

    kind: Literal["redirect"] = "redirect"
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PushIntent:
    """The payer confirms on `phone` before `expires_at` (MTN MoMo)."""

    kind: Literal["push"] = "push"
    phone: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecretIntent:
    """For Stripe's own form on the client."""

    kind: Literal["client_secret"] = "client_secret"
    client_secret: str = field(repr=False)
    publishable_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantIntent:
    """Nothing is left to do: it is paid."""

    kind: Literal["instant"] = "instant"


type Intent = RedirectIntent | PushIntent | ClientSecretIntent | InstantIntent


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A provider opened a payment. `keys` is what it wants to hear when it is asked for the payment; `notif_token` is
    how its notification will name it.
    """

    provider_ref: str
    intent: Intent
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    notif_token: str | None = None


class Reported(StrEnum):
    """What a provider says of a payment."""

    OPEN = "open"
    ATTEMPT_FAILED = "attempt_failed"
    AUTHORIZED = "authorized"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    CHARGEBACK_WON = "chargeback_won"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A provider's word on one payment, in its webhook or because it was asked.

    `reported` is OPEN while the payer may still pay, FAILED when he never can again, ATTEMPT_FAILED when he may try
    again, NOT_FOUND when the provider has no such payment, UNKNOWN for a status that we do not know (never paid),
    OTHER for what is not about money. `amount` and `currency` are the payment's, None where the provider names none.
    `back` is how many francs of it have gone back so far (REFUNDED), or were taken by the card's bank (CHARGED_BACK,
    CHARGEBACK_WON); `fees` is what the provider charged us, None where it does not say.
    """

    reported: Reported
    provider_ref: str | None = None
    amount: int | None = None
    currency: str | None = None
    back: int = 0
    fees: int | None = None
    failure_code: str = ""
    failure_message: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """A provider's event: about which payment (the first of the three names that is there), and what it says.

    Without a `report` it proves nothing and is a hint: the provider is asked.
    """

    provider: str
    event_id: str
    kind: str
    payment_id: UUID | None = None
    provider_ref: str | None = None
    notif_token: str | None = None
    report: Report | None


class RefusedByProvider(Exception):
    """The provider understood and said no; trying again will not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class TransferState(StrEnum):
    """What became of money that we send, be it a refund or a payout."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A provider's word on money that we send. A status that we do not know is PENDING. `amount` is None where the
    provider names none; `fees` is what it charges us.
    """

    state: TransferState
    provider_ref: str = ""
    amount: int | None = None
    fees: int = 0
    failure_code: str = ""
    failure_message: str = ""


class Reach(StrEnum):
    """How much of a payment a provider gives back."""

    NOTHING = "nothing"
    WHOLE = "whole"
    PARTS = "parts"


class PaymentGateway(Protocol):
    """One provider of payments. Its calls raise ProviderUnavailable when nothing is known of their outcome."""

    @property
    def base_url(self) -> str:
        """Where payments are made; kept with each."""

    @property
    def gives_back(self) -> Reach:
        """How much of a payment `refund` can give back."""

    async def open(self, payment: Payment, *, return_url: str, phone: str | None, is_repeat: bool) -> Opened:
        """Open a payment; called again for the same one it finds what the first call made.

        Args:
            return_url: where the provider sends the payer's browser afterwards; proves nothing.
            phone: whose phone is asked to confirm (MTN), E.164.
            is_repeat: somebody may have opened it before, and died or given up on the way.

        Raises:
            RefusedByProvider: for good.
        """

    async def read(self, payment: Payment) -> Report:
        """What the provider says of it now, where it was made (`payment.provider_url`)."""

    async def capture(self, payment: Payment) -> Report:
        """Take what a card's bank holds for us; again is harmless. Raises RefusedByProvider."""

    async def end(self, payment: Payment) -> None:
        """Nobody may pay it any more; again is harmless, and so is what is over. Who cannot does nothing."""

    async def refund(self, payment: Payment, refund: Refund) -> Transfer:
        """Give `refund.amount` back; again for the same refund is harmless. Raises RefusedByProvider."""

    async def read_refund(self, payment: Payment, refund: Refund) -> Transfer:
        """What became of a refund that was PENDING."""

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """What a webhook says. Raises WebhookInvalidSignature for what is not the provider's, or is malformed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutOrder:
    """What a provider is told: `id` is its idempotency key and our name for it, `phone` E.164."""

    id: UUID
    amount: int
    currency: str = CURRENCY
    phone: str = field(repr=False)
    provider_ref: str | None = None
    provider_url: str


class PayoutGateway(Protocol):
    """One provider that pays out. Its calls raise ProviderUnavailable when nothing is known of their outcome, and for
    what is our own fault (a wrong key, too little money of ours there): that is no end of a payout.
    """

    @property
    def base_url(self) -> str:
        """Where payouts are sent; kept with each."""

    async def send(self, order: PayoutOrder) -> Transfer:
        """Pay; again for the same id is harmless. A refusal for good is FAILED."""

    async def read(self, order: PayoutOrder) -> Transfer:
        """What became of it."""


type PayoutGateways = Mapping[PayoutMethod, PayoutGateway]


class PaymentStore(Store[Payment], Protocol):
    """Payments."""

    async def open_of(self, booking_id: UUID) -> Payment | None:
        """The booking's payment that has not failed nor gone back, if any."""

    async def card_failures(self, user_id: UUID, *, since: datetime) -> int:
        """How many tries of somebody's cards failed since then."""

    async def open_topups(self, user_id: UUID) -> list[int]:
        """The francs of each of somebody's top-ups that money may still come of."""


class WalletStore(Store[Wallet], Protocol):
    """Wallets; `save` also keeps their `txns` as lines of the statement."""

    async def of(self, user_id: UUID, *, new: Wallet) -> Wallet:
        """Somebody's wallet, locked; `new` is kept if he has none. Lock several in the order of their owners' ids."""

    async def end_txn(self, ref: UUID, status: TxnStatus) -> None:
        """The pending line about a payout is done, or failed; one that has ended stays as it is."""

    async def withdrawals(self, wallet_id: UUID, *, since: datetime) -> Withdrawals:
        """What was withdrawn from then on and has not failed."""


class PayoutAccountStore(Store[PayoutAccount], Protocol):
    """Where people want their money."""

    async def of(self, user_id: UUID) -> PayoutAccount | None:
        """Somebody's, if he has named one and a code came back from it."""

    async def forget(self, user_id: UUID) -> None:
        """Delete somebody's."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Francs of a payment: `all` have gone back, are on their way, or wait for approval; `sent` of them the provider
    gave back or was asked to, and of these it has not yet answered for `asked`. `ordered` of all the office wanted.
    """

    all: int = 0
    sent: int = 0
    asked: int = 0
    ordered: int = 0


class RefundStore(Store[Refund], Protocol):
    """Refunds."""

    async def claims(self, payment_id: UUID) -> Claims:
        """What is spoken for of a payment."""

    async def charged_back(self, payment_id: UUID) -> list[Refund]:
        """What a card's bank took of a payment, be it in the place of a refund of ours; the oldest first."""

    async def manual_of(self, payment_id: UUID, *, but: UUID) -> bool:
        """Whether another refund of the payment waits for a person."""


class Journal(Protocol):
    """The books."""

    async def post(self, entry: Entry) -> None:
        """Append an entry; its kind happens once to its object, again raises AlreadyExists."""

    async def find(self, kind: EntryKind, ref_type: str, ref_id: UUID) -> Entry | None:
        """What happened to an object, if it did."""


class MoneyUnit(Unit, Protocol):
    """A transaction over payments, wallets and the books."""

    @property
    def users(self) -> Store[User]: ...
    @property
    def papers(self) -> Store[KycDocument]: ...
    @property
    def payments(self) -> PaymentStore: ...
    @property
    def refunds(self) -> RefundStore: ...
    @property
    def payouts(self) -> Store[Payout]: ...
    @property
    def payout_batches(self) -> Store[PayoutBatch]: ...
    @property
    def wallets(self) -> WalletStore: ...
    @property
    def payout_accounts(self) -> PayoutAccountStore: ...
    @property
    def contact_changes(self) -> ChangeStore: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def promos(self) -> Store[Promo]: ...
    @property
    def promo_uses(self) -> PromoUseStore: ...
    @property
    def referrals(self) -> ReferralStore: ...


class MoneyQueries(Protocol):
    """Reads, one round trip each."""

    async def refund(self, id: UUID) -> tuple[Refund, Payment] | None:
        """A refund and its payment."""


@dataclass(frozen=True, slots=True)
class BooksReport:
    """What `allonova books verify` found: counts, and one line per fault."""

    entries: int
    postings: int
    faults: tuple[str, ...]


class BooksQueries(Protocol):
    """The books, whole."""

    async def verify(self) -> BooksReport:
        """Entries balance; a paid booking's escrow holds its fare until it is released, once; payments, refunds and
        payouts are booked as they stand; each wallet equals its postings and its lines."""
