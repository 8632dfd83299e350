"""Stripe's objects as they are made (docs.stripe.com/api: payment_intents, charges, refunds, disputes, events)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from allonova.adapters.sandbox.providers.stripe_wire import IntentBody, RefundBody, amount_of, random_id
from allonova.domain.kernel.money import share_of

if TYPE_CHECKING:
    from allonova.adapters.sandbox.state import Json

API_VERSION: Final = "2026-10-28.endive"
FEE_PER_MILLE: Final = 29  # 2.9 %, as on Stripe's price list for cards from elsewhere; the fixed part is in cents

DECLINED: Final = ("card_declined", "generic_decline", "Your card was declined.")
# docs.stripe.com/testing, "Declined payments".
DECLINES: Final = {
    "pm_card_chargeDeclined": DECLINED,
    "pm_card_visa_chargeDeclined": DECLINED,
    "4000000000000002": DECLINED,
    "pm_card_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "4000000000009995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None, "Your card has expired."),
    "4000000000000069": ("expired_card", None, "Your card has expired."),
}
# docs.stripe.com/testing, "Authentication" and "Refunds".
AUTHENTICATED: Final = frozenset(
    {"pm_card_authenticationRequired", "pm_card_threeDSecure2Required", "4000002500003155", "4000002760003184"}
)
REFUND_PENDING: Final = frozenset({"pm_card_pendingRefund", "4000000000007726"})
REFUND_FAILS: Final = frozenset({"pm_card_refundFail", "4000000000005126"})


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a card's bank says no."""

    code: str
    decline_code: str | None
    message: str

    def error(self, charge: str) -> Json:
        """As an intent remembers it, and as a confirmation answers it."""
        error = {"type": "card_error", "code": self.code, "decline_code": self.decline_code}
        return {
            **error,
            "message": self.message,
            "charge": charge,
            "doc_url": f"https://stripe.com/docs/error-codes/{self.code}",
        }


def new_intent(body: IntentBody, at: int) -> Json:
    """Nobody has paid it yet."""
    id_ = random_id("pi_3", 23)
    return {
        "id": id_,
        "object": "payment_intent",
        "amount": amount_of(body.amount),
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": body.capture_method,
        "client_secret": random_id(f"{id_}_secret_", 25),
        "confirmation_method": "automatic",
        "created": at,
        "currency": body.currency.lower(),
        "customer": None,
        "description": body.description,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": dict(body.metadata),
        "next_action": None,
        "payment_method": None,
        "payment_method_types": body.payment_method_types,
        "receipt_email": None,
        "status": "requires_payment_method",
    }


def new_charge(intent: Json, method: str, at: int, decline: Decline | None) -> Json:
    """One attempt of a card."""
    return {
        "id": random_id("ch_3", 23),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": False,
        "created": at,
        "currency": intent["currency"],
        "disputed": False,
        "failure_code": decline and decline.code,
        "failure_message": decline and decline.message,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": decline is None,
        "payment_intent": intent["id"],
        "payment_method": method,
        "refunded": False,
        "status": "failed" if decline else "succeeded",
    }


def new_transaction(source: Json, kind: str, amount: int, at: int) -> Json:
    """A line of the merchant's balance; Stripe keeps its fee of what comes in."""
    fee = share_of(amount, FEE_PER_MILLE, 1000) if kind == "charge" else 0
    return {
        "id": random_id("txn_3", 23),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at,
        "created": at,
        "currency": source["currency"],
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": source["currency"], "type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def new_refund(charge: Json, body: RefundBody, amount: int, at: int) -> Json:
    """Money on its way back to a card."""
    return {
        "id": random_id("re_3", 23),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "metadata": dict(body.metadata),
        "payment_intent": charge["payment_intent"],
        "reason": body.reason,
        "status": "pending" if charge["payment_method"] in REFUND_PENDING else "succeeded",
    }


def new_dispute(charge: Json, amount: int, at: int) -> Json:
    """A card's bank takes money back."""
    return {
        "id": random_id("du_1", 23),
        "object": "dispute",
        "amount": amount,
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }


def new_event(kind: str, found: Json, at: int) -> Json:
    """What the webhook is told."""
    return {
        "id": random_id("evt_3", 23),
        "object": "event",
        "api_version": API_VERSION,
        "created": at,
        "data": {"object": found},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": random_id("req_", 14), "idempotency_key": None},
        "type": kind,
    }
