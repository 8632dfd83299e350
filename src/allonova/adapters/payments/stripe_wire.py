"""Stripe's wire: intents, charges, refunds, disputes and the webhook's signature (docs.stripe.com/api; providers.md
1.4). XOF has no decimals there either: 5 000 F are `amount=5000`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import stripe

from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import Report, Reported, Transfer, TransferState
from allonova.domain.kernel.money import CURRENCY, MAX_AMOUNT_XOF

log = logging.getLogger(__name__)

NAME: Final = "stripe"
PAYMENT_ID: Final = "payment_id"
REFUND_ID: Final = "refund_id"
"""The names of our ids in Stripe's metadata."""

SIGNATURE_HEADER: Final = "stripe-signature"
TOLERANCE_S: Final = 300
MAX_HEADER: Final = 2048
TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_]{1,255}", re.ASCII)
CURRENCY_CODE: Final = re.compile(r"[A-Za-z]{3}", re.ASCII)
MAX_CODE: Final = 100
STATUS_CODE: Final = "code"

OPEN: Final = frozenset({"requires_confirmation", "requires_action", "processing"})
INQUIRY: Final = "warning_"
"""An inquiry of a card's bank has this before its status, and moves no money."""

type Object = Mapping[str, Json]


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether `Stripe-Signature: t=…,v1=…[,v1=…]` proves the raw body, within 300 s of now.

    The SDK compares signatures; it would let a timestamp of next year pass, and knows another clock than ours.
    """
    found = [value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER]
    if len(found) != 1 or len(found[0]) > MAX_HEADER or not found[0].isascii():
        return False
    pairs = [part.partition("=") for part in found[0].split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1 or not TIMESTAMP.fullmatch(times[0]) or abs(now.timestamp() - int(times[0])) > TOLERANCE_S:
        return False
    try:
        stripe.WebhookSignature.verify_header(body, found[0], secret, tolerance=None)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def intent_report(intent: Object) -> Report:
    """What an intent says of the payment; its charge, where it is shown, says what has gone back and what it cost."""
    reported, amount = _reported(intent), francs(intent.get("amount"))
    currency, charge = currency_of(intent), _object(intent.get("latest_charge"))
    if reported is Reported.PAID:
        amount = francs(intent.get("amount_received", intent.get("amount")))
    elif reported is Reported.AUTHORIZED:
        amount = francs(intent.get("amount_capturable", intent.get("amount")))
    if reported in (Reported.PAID, Reported.AUTHORIZED) and (amount is None or currency is None):
        reported = Reported.UNKNOWN
    back = (francs(charge.get("amount_refunded")) or 0) if reported is Reported.PAID else 0
    code, message = _failure(intent, reported)
    return Report(
        reported=Reported.REFUNDED if back else reported,
        provider_ref=identifier(intent.get("id")) or None,
        amount=amount,
        currency=currency,
        back=back,
        fees=_fees(charge),
        failure_code=code,
        failure_message=message,
        raw=shown(intent),
    )


def _reported(intent: Object) -> Reported:
    match intent.get("status"):
        case "succeeded":
            return Reported.PAID
        case "requires_capture":
            return Reported.AUTHORIZED
        case "canceled":
            return Reported.FAILED
        case "requires_payment_method":
            return Reported.ATTEMPT_FAILED if _object(intent.get("last_payment_error")) else Reported.OPEN
        case str(status) if status in OPEN:
            return Reported.OPEN
        case status:
            log.error("stripe has a status that we do not know", extra={"status": plain(status, MAX_CODE)})
            return Reported.UNKNOWN


def _failure(intent: Object, reported: Reported) -> tuple[str, str]:
    if reported is Reported.FAILED:
        return plain(intent.get("cancellation_reason"), MAX_CODE) or "canceled", ""
    error = _object(intent.get("last_payment_error"))
    code = plain(error.get("decline_code"), MAX_CODE) or plain(error.get(STATUS_CODE), MAX_CODE)
    return code, plain(error.get("message"))


def _fees(charge: Object) -> int | None:
    """Stripe's charge, where its books are kept in francs; in another currency it is no number of francs."""
    line = _object(charge.get("balance_transaction"))
    return francs(line.get("fee")) if currency_of(line) == CURRENCY else None


def charge_report(charge: Object) -> Report:
    """What a charge says that was given back, wholly or in parts."""
    back = francs(charge.get("amount_refunded")) or 0
    return Report(
        reported=Reported.REFUNDED if back else Reported.OTHER,
        provider_ref=reference(charge.get("payment_intent")) or None,
        amount=francs(charge.get("amount")),
        currency=currency_of(charge),
        back=back,
        raw=shown(charge),
    )


def dispute_report(dispute: Object) -> Report:
    """What a dispute says: the card's bank took its amount, or gave it back to us. An inquiry has taken nothing."""
    reported, status = Reported.OTHER, plain(dispute.get("status"), MAX_CODE)
    if status == "won":
        reported = Reported.CHARGEBACK_WON
    elif status in ("needs_response", "under_review", "lost"):
        reported = Reported.CHARGED_BACK
    elif not status.startswith(INQUIRY) and status != "prevented":
        log.error("stripe has a status that we do not know", extra={"status": status})
    return Report(
        reported=reported,
        provider_ref=reference(dispute.get("payment_intent")) or None,
        currency=currency_of(dispute),
        back=francs(dispute.get("amount")) or 0,
        failure_code=plain(dispute.get("reason"), MAX_CODE),
        raw=shown(dispute),
    )


def transfer_of(refund: Object) -> Transfer:
    """What became of a refund."""
    ref, amount, reason = identifier(refund.get("id")), francs(refund.get("amount")), refund.get("failure_reason")
    match refund.get("status"):
        case "succeeded":
            state = TransferState.DONE
        case "failed" | "canceled" as status:
            code = plain(reason, MAX_CODE) or status
            return Transfer(state=TransferState.FAILED, provider_ref=ref, amount=amount, failure_code=code)
        case status:
            state = TransferState.PENDING
            if status not in ("pending", "requires_action"):
                log.error("stripe has a status that we do not know", extra={"status": plain(status, MAX_CODE)})
    return Transfer(state=state, provider_ref=ref, amount=amount)


def shown(found: Object) -> dict[str, Json]:
    """What is kept of an object: facts about money. Never its client secret, nor whose card it was."""
    kept: dict[str, Json] = {name: found[name] for name in KEPT if name in found and _is_plain(found[name])}
    error = _object(found.get("last_payment_error"))
    if error:
        names = (STATUS_CODE, "decline_code", "type", "message")
        kept["last_payment_error"] = {name: error[name] for name in names if name in error and _is_plain(error[name])}
    metadata = _object(found.get("metadata"))
    ours = {name: metadata[name] for name in (PAYMENT_ID, REFUND_ID) if _is_plain(metadata.get(name, {}))}
    return kept | ({"metadata": ours} if ours else {})


KEPT: Final = (
    "id",
    "object",
    "amount",
    "amount_received",
    "amount_capturable",
    "amount_refunded",
    "currency",
    "status",
    "payment_intent",
    "charge",
    "cancellation_reason",
    "reason",
    "failure_reason",
    "disputed",
    "created",
)


def identifier(value: Json) -> str:
    """An id as Stripe makes them; empty for anything else, a path in disguise included."""
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else ""


def reference(value: Json) -> str:
    """The id of an object that stands there by its id, or whole."""
    return identifier(value.get("id") if isinstance(value, dict) else value)


def our_id(found: Object, name: str) -> UUID | None:
    """An id of ours in the object's metadata, where it is one."""
    value = _object(found.get("metadata")).get(name)
    try:
        id_ = UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return id_ if str(id_) == value else None


def francs(value: Json) -> int | None:
    """A whole number of francs; a fraction, a sign or anything else is no amount of ours."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MAX_AMOUNT_XOF else None


def currency_of(found: Object) -> str | None:
    """Stripe's `xof` as everybody else writes it."""
    value = found.get("currency")
    return value.upper() if isinstance(value, str) and CURRENCY_CODE.fullmatch(value) else None


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _is_plain(value: Json) -> bool:
    return not isinstance(value, dict | list)
