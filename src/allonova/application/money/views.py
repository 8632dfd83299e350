"""What money shows to the people whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.money.ports import Intent
from allonova.domain.kernel.money import CURRENCY
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.wallet import TxnSource, TxnStatus, TxnType, Wallet, WalletTxn


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """What somebody keeps with us. Francs; `withdrawable` is what may leave it."""

    balance: int
    withdrawable: int
    currency: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTxnView:
    """A line of a wallet's statement. Francs; `ref` is the id of what it is about."""

    id: UUID
    type: TxnType
    amount: int
    source: TxnSource
    ref: UUID | None
    status: TxnStatus
    balance_after: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a payment, or the last try of it, came to nothing."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment, to the one who pays. Francs; `discount` is what a promo adds to `amount`."""

    id: UUID
    booking_id: UUID | None
    user_id: UUID
    method: Method
    provider_ref: str | None
    amount: int
    currency: str
    fees: int
    promo_code: str | None
    discount: int
    status: PaymentStatus
    refunded_amount: int
    failure: Failure | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStarted:
    """A payment and what the client does next."""

    payment: PaymentView
    intent: Intent


def payment_view(payment: Payment) -> PaymentView:
    """A payment as its payer sees it."""
    return PaymentView(
        id=payment.id,
        booking_id=payment.booking_id,
        user_id=payment.user_id,
        method=payment.method,
        provider_ref=payment.provider_ref,
        amount=payment.amount,
        currency=payment.currency,
        fees=payment.fees,
        promo_code=payment.promo_code,
        discount=payment.discount,
        status=payment.status,
        refunded_amount=payment.refunded_amount,
        failure=Failure(code=payment.failure_code, message=payment.failure_message or "")
        if payment.failure_code
        else None,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
    )


def wallet_view(wallet: Wallet | None) -> WalletView:
    """A wallet as its owner sees it; whoever has none yet sees an empty one."""
    if wallet is None:
        return WalletView(balance=0, withdrawable=0, currency=CURRENCY, updated_at=None)
    return WalletView(
        balance=wallet.balance,
        withdrawable=wallet.withdrawable,
        currency=wallet.currency,
        updated_at=wallet.updated_at,
    )


def txn_view(txn: WalletTxn) -> WalletTxnView:
    """A line as the wallet's owner sees it."""
    return WalletTxnView(
        id=txn.id,
        type=txn.type,
        amount=txn.amount,
        source=txn.source,
        ref=txn.ref,
        status=txn.status,
        balance_after=txn.balance_after,
        created_at=txn.created_at,
    )
