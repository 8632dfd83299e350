"""Refunds and payouts, with the rules of their PostgreSQL namesakes."""

from __future__ import annotations

from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.application.money.promo_ports import REFUSALS as PROMO_REFUSALS
from allonova.domain.kernel.money import CURRENCY
from allonova.domain.money.journal import Entry
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.payout import Payout, PayoutBatch
from allonova.domain.money.payout_account import PayoutAccount
from allonova.domain.money.promo import Promo, PromoType, PromoUse
from allonova.domain.money.referral import Referral
from allonova.domain.money.refund import Refund
from allonova.domain.money.wallet import Wallet, WalletTxn

PAYMENTS = Table(
    name="payments",
    row=Payment,
    uniques=(
        Unique(
            "uq_payments_open",
            ("booking_id",),
            where=lambda payment: payment.status in (PaymentStatus.INIT, PaymentStatus.AUTHORIZED),
        ),
        Unique("uq_payments_provider_ref", ("method", "provider_ref")),
        Unique("uq_payments_notif_token", ("notif_token",)),
    ),
    foreigns=(Foreign("booking_id", "bookings"), Foreign("user_id", "users"), Foreign("promo_id", "promos")),
    money=("amount", "fees", "refunded_amount", "discount"),
    checks=(
        Check("refunds", lambda payment: payment.refunded_amount <= payment.amount),
        Check("currency", lambda payment: payment.currency == CURRENCY),
    ),
)
WALLETS = Table(
    name="wallets",
    row=Wallet,
    uniques=(Unique("uq_wallets_user_id", ("user_id",)),),
    foreigns=(Foreign("user_id", "users"),),
    sums=("balance", "spend_only"),
    checks=(
        Check("balance", lambda wallet: wallet.balance >= 0),
        Check("spend_only", lambda wallet: 0 <= wallet.spend_only <= wallet.balance),
        Check("currency", lambda wallet: wallet.currency == CURRENCY),
    ),
)
WALLET_TXNS = Table(
    name="wallet_txns",
    row=WalletTxn,
    foreigns=(Foreign("wallet_id", "wallets"),),
    money=("amount",),
    sums=("balance_after",),
    checks=(
        Check("moves", lambda txn: txn.amount > 0),
        Check("balance_after", lambda txn: txn.balance_after >= 0),
    ),
)
JOURNAL_ENTRIES = Table(
    name="journal_entries",
    row=Entry,
    uniques=(Unique("uq_journal_entries_once", ("kind", "ref_type", "ref_id")),),
    checks=(Check("balanced", lambda entry: sum(posting.amount for posting in entry.postings) == 0),),
)
REFUNDS = Table(
    name="refunds",
    row=Refund,
    foreigns=(Foreign("payment_id", "payments"), Foreign("user_id", "users")),
    money=("amount",),
    checks=(Check("moves", lambda refund: refund.amount > 0),),
)
PAYOUT_BATCHES = Table(name="payout_batches", row=PayoutBatch, sums=("total",))
PAYOUTS = Table(
    name="payouts",
    row=Payout,
    uniques=(Unique("uq_payouts_batch_id_driver_id", ("batch_id", "driver_id")),),
    foreigns=(Foreign("batch_id", "payout_batches"), Foreign("driver_id", "users")),
    money=("amount", "withheld", "fees"),
    checks=(Check("moves", lambda payout: payout.amount > 0),),
)
PAYOUT_ACCOUNTS = Table(
    name="payout_accounts",
    row=PayoutAccount,
    uniques=(Unique("uq_payout_accounts_user_id", ("user_id",)),),
    foreigns=(Foreign("user_id", "users"),),
)
PROMOS = Table(
    name="promos",
    row=Promo,
    uniques=(Unique("uq_promos_code", ("code",)),),
    money=("value",),
    checks=(
        Check("capitals", lambda promo: promo.code == promo.code.upper()),
        Check("gives", lambda promo: promo.value > 0 and (promo.type is PromoType.AMOUNT or promo.value <= 100)),
        Check("limits", lambda promo: all(bound is None or bound > 0 for bound in _limits(promo))),
        Check("period", lambda promo: promo.ends_at is None or promo.ends_at > promo.starts_at),
        Check("uses", lambda promo: promo.uses >= 0),
    ),
    refusals=PROMO_REFUSALS,
)
PROMO_USES = Table(
    name="promo_uses",
    row=PromoUse,
    uniques=(Unique("uq_promo_uses_payment_id", ("payment_id",)),),
    foreigns=(
        Foreign("promo_id", "promos"),
        Foreign("user_id", "users"),
        Foreign("payment_id", "payments"),
        Foreign("booking_id", "bookings"),
    ),
    money=("discount",),
    checks=(Check("gives", lambda use: use.discount > 0),),
    refusals=PROMO_REFUSALS,
)
REFERRALS = Table(
    name="referrals",
    row=Referral,
    uniques=(Unique("uq_referrals_referee_id", ("referee_id",)),),
    foreigns=(Foreign("referrer_id", "users"), Foreign("referee_id", "users"), Foreign("booking_id", "bookings")),
    money=("bonus_referrer", "bonus_referee"),
    checks=(Check("others", lambda referral: referral.referrer_id != referral.referee_id),),
    refusals=PROMO_REFUSALS,
)


def _limits(promo: Promo) -> tuple[int | None, ...]:
    return promo.max_uses, promo.per_user_limit
