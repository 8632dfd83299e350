"""MTN MoMo's wire: bodies, transactions, reasons and errors (momodeveloper.mtn.com; providers.md 1.3)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from allonova.adapters.vendors.http import Reply, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import RefusedByProvider, Report, Reported, Transfer, TransferState
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.money import CURRENCY, MAX_AMOUNT_XOF

log = logging.getLogger(__name__)

NAME: Final = "mtn"
SANDBOX: Final = "sandbox"  # the target environment of MTN's own sandbox, which knows no currency but EUR
ALREADY_THERE: Final = "RESOURCE_ALREADY_EXIST"
NOT_THERE: Final = "RESOURCE_NOT_FOUND"
MAX_CODE: Final = 100

PENDING, SUCCESSFUL, FAILED = "PENDING", "SUCCESSFUL", "FAILED"
STATUSES: Final = frozenset({PENDING, SUCCESSFUL, FAILED})

REASONS: Final = frozenset(
    {
        "APPROVAL_REJECTED",
        "COULD_NOT_PERFORM_TRANSACTION",
        "EXPIRED",
        "INTERNAL_PROCESSING_ERROR",
        "INVALID_CALLBACK_URL_HOST",
        "INVALID_CURRENCY",
        "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED",
        "NOT_ALLOWED",
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
        "NOT_ENOUGH_FUNDS",
        "PAYEE_LIMIT_REACHED",
        "PAYEE_NOT_ALLOWED_TO_RECEIVE",
        "PAYEE_NOT_FOUND",
        "PAYER_LIMIT_REACHED",
        "PAYER_NOT_FOUND",
        "PAYMENT_NOT_APPROVED",
        "SENDER_ACCOUNT_NOT_ACTIVE",
        "SERVICE_UNAVAILABLE",
        "TRANSACTION_CANCELED",
    }
)
"""Why something has failed: MTN's list of errors, and four that the client `mtn-momo-client` knows besides."""

NO_REASON: Final = "failed"
UNREADABLE: Final = "?"

CURABLE: Final = frozenset(
    {
        "INTERNAL_PROCESSING_ERROR",
        "INVALID_CALLBACK_URL_HOST",
        "INVALID_CURRENCY",
        "NOT_ALLOWED",
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
        "NOT_ENOUGH_FUNDS",
        "SERVICE_UNAVAILABLE",
    }
)
"""Refusals of a call that say nothing of who pays or is paid: our settings, our account there, MTN itself."""

OUR_KEYS: Final = frozenset({401, 403})

AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.0{1,4})?", re.ASCII)
MSISDN: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
SHOWN: Final = ("amount", "currency", "externalId", "financialTransactionId", "status", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A charge, a refund or a transfer as MTN shows it. `status` is UNKNOWN_WORD for a word that we do not know, for a
    failure by a reason that we do not know, and for what is not ours.
    """

    status: str
    amount: int | None
    currency: str | None
    failure_code: str = ""
    failure_message: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


UNKNOWN_WORD: Final = ""


def wire_currency(environment: str) -> str:
    """What amounts are written in."""
    return "EUR" if environment == SANDBOX else CURRENCY


def party(phone: str) -> Json:
    """A person by his number in E.164, which MTN writes without the plus. Raises RefusedByProvider."""
    if not MSISDN.fullmatch(phone):
        raise RefusedByProvider("phone-invalid", "This is no number that MTN can call.")
    return {"partyIdType": "MSISDN", "partyId": phone[1:]}


def read_transaction(body: Json, *, ours: UUID, currency: str) -> Transaction:
    """The transaction in an answer of 200. Raises ProviderUnavailable when it is none.

    Args:
        ours: the id that we gave it; of one that names another nothing is known.
        currency: what we asked for on the wire; told as CURRENCY, whatever it is.
    """
    if not isinstance(body, dict):
        raise ProviderUnavailable(NAME)
    said = plain(body.get("currency"))
    status, (code, message) = plain(body.get("status")), _reason(body.get("reason"))
    is_ours = body.get("externalId") in (None, str(ours))
    if not is_ours or not _is_known(status, code):
        log.error(
            "mtn says what we do not know",
            extra={"reference": str(ours), "status": status, "code": code, "is_ours": is_ours},
        )
        status = UNKNOWN_WORD
    return Transaction(
        status=status,
        amount=_francs(body.get("amount")),
        currency=CURRENCY if said == currency else said or None,
        failure_code=(code.lower() or NO_REASON) if status == FAILED else "",
        failure_message=message if status == FAILED else "",
        raw={name: body[name] for name in SHOWN if name in body},
    )


def report(found: Transaction, ours: UUID) -> Report:
    """A charge as the port tells it. What was paid without a sum that can be read is not known to be paid."""
    reported = {PENDING: Reported.OPEN, SUCCESSFUL: Reported.PAID, FAILED: Reported.FAILED}.get(found.status)
    if found.status == SUCCESSFUL and not _names_money(found, ours):
        reported = None
    return Report(
        reported=reported or Reported.UNKNOWN,
        provider_ref=str(ours),
        amount=found.amount,
        currency=found.currency,
        failure_code=found.failure_code,
        failure_message=found.failure_message,
        raw=found.raw,
    )


def transfer(found: Transaction, ours: UUID) -> Transfer:
    """A refund or a payout as the port tells it."""
    state = {SUCCESSFUL: TransferState.DONE, FAILED: TransferState.FAILED}.get(found.status, TransferState.PENDING)
    if state is TransferState.DONE and not (_names_money(found, ours) and found.currency == CURRENCY):
        state = TransferState.PENDING
    failed = state is TransferState.FAILED
    return Transfer(
        state=state,
        provider_ref=str(ours),
        amount=found.amount,
        failure_code=found.failure_code if failed else "",
        failure_message=found.failure_message if failed else "",
    )


def refusal(reply: Reply) -> RefusedByProvider | ProviderUnavailable:
    """Why MTN did not do what it was asked for: for good, or by a fault of ours or its own that can be cured."""
    body = reply.body if isinstance(reply.body, dict) else {}
    code, message = plain(body.get("code"), MAX_CODE), plain(body.get("message"))
    if reply.status in OUR_KEYS or code.upper() in CURABLE or (reply.status == 404 and code != NOT_THERE):
        log.error("mtn refuses our keys, settings or account", extra={"status": reply.status, "code": code})
        return ProviderUnavailable(NAME)
    if code.upper() not in REASONS:
        log.error("mtn refused a call, we do not know why", extra={"status": reply.status, "code": code})
    return RefusedByProvider(code.lower() or f"status-{reply.status}", message)


def is_accepted(reply: Reply) -> bool:
    """Taken now, or before: the same reference again is refused as one that exists."""
    return reply.is_success or reply.status == 409


def is_missing(reply: Reply) -> bool:
    """MTN itself has no such transaction; a gateway that does not know the path says 404 in other words."""
    body = reply.body
    return reply.status == 404 and isinstance(body, dict) and body.get("code") == NOT_THERE


def external_id(body: Mapping[str, Json]) -> UUID | None:
    """Our own id, where a callback names one."""
    named = body.get("externalId")
    try:
        found = UUID(named) if isinstance(named, str) else None
    except ValueError:
        return None
    return found if found is not None and str(found) == named else None


def _is_known(status: str, code: str) -> bool:
    return status in STATUSES and (status != FAILED or not code or code.upper() in REASONS)


def _reason(value: Json) -> tuple[str, str]:
    """A bare word, or `{code, message}`; what is neither is a reason that nobody knows."""
    if isinstance(value, dict):
        return plain(value.get("code"), MAX_CODE) or UNREADABLE, plain(value.get("message"))
    if value is None or isinstance(value, str):
        return plain(value, MAX_CODE), ""
    return UNREADABLE, ""


def _names_money(found: Transaction, ours: UUID) -> bool:
    if found.amount is not None and found.currency is not None:
        return True
    log.error("mtn names no sum that can be read", extra={"reference": str(ours)})
    return False


def _francs(value: Json) -> int | None:
    """MTN writes `"1500"`; cents that are none are no other sum, anything else is no amount of ours."""
    if isinstance(value, str) and (found := AMOUNT.fullmatch(value)):
        value = int(found[1])
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MAX_AMOUNT_XOF else None
