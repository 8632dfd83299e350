"""What Stripe's webhook says (docs.stripe.com/api/events/types)."""

from __future__ import annotations

import logging
from typing import Final

from allonova.adapters.payments.stripe_wire import (
    NAME,
    PAYMENT_ID,
    Object,
    charge_report,
    dispute_report,
    identifier,
    intent_report,
    our_id,
    reference,
    shown,
)
from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import ProviderEvent, Report, Reported
from allonova.domain.kernel.errors import WebhookInvalidSignature

log = logging.getLogger(__name__)

MAX_KIND: Final = 255
INTENT: Final = "payment_intent."
# What an intent must be for its event to be believed: `payment_intent.succeeded` alone can mean that it is paid.
INTENTS: Final = {
    "payment_intent.succeeded": frozenset({Reported.PAID}),
    "payment_intent.amount_capturable_updated": frozenset({Reported.AUTHORIZED}),
    "payment_intent.payment_failed": frozenset({Reported.ATTEMPT_FAILED, Reported.OPEN}),
    "payment_intent.canceled": frozenset({Reported.FAILED}),
    "payment_intent.processing": frozenset({Reported.OPEN}),
}
TAKEN: Final = frozenset({"charge.dispute.created", "charge.dispute.funds_withdrawn"})
"""The second comes when an inquiry has become a dispute."""


def event_of(event: Json) -> ProviderEvent:
    """The envelope `{id, type, data: {object}}`. Raises WebhookInvalidSignature."""
    data = event.get("data") if isinstance(event, dict) else None
    found = data.get("object") if isinstance(data, dict) else None
    if not isinstance(event, dict) or not isinstance(found, dict):
        raise WebhookInvalidSignature
    id_, kind = identifier(event.get("id")), _kind(event.get("type"))
    if not id_ or not kind:
        raise WebhookInvalidSignature
    report = _report(kind, found)
    about = identifier(found.get("id")) if kind.startswith(INTENT) else reference(found.get("payment_intent"))
    if not about and report.reported is not Reported.OTHER:
        raise WebhookInvalidSignature
    return ProviderEvent(
        provider=NAME,
        event_id=id_,
        kind=kind,
        payment_id=our_id(found, PAYMENT_ID),
        provider_ref=about or None,
        report=report,
    )


def _kind(value: Json) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_KIND and plain(value) == value else ""


def _report(kind: str, found: Object) -> Report:
    if kind in INTENTS:
        return _intent(kind, found)
    if kind == "charge.refunded":
        return charge_report(found)
    if kind in TAKEN or kind == "charge.dispute.closed":
        report = dispute_report(found)
        wanted = Reported.CHARGED_BACK if kind in TAKEN else Reported.CHARGEBACK_WON
        return report if report.reported is wanted else _other(found)
    if kind == "refund.failed":
        log.error("stripe could not give a refund back after all", extra={"refund": identifier(found.get("id"))})
    return _other(found)


def _intent(kind: str, found: Object) -> Report:
    report = intent_report(found)
    if report.reported not in INTENTS[kind]:
        log.error("stripe's event and its intent differ", extra={"kind": kind, "reported": report.reported.value})
        return Report(reported=Reported.UNKNOWN, provider_ref=report.provider_ref, raw=report.raw)
    if kind == "payment_intent.payment_failed" and report.reported is Reported.OPEN:
        return Report(reported=Reported.ATTEMPT_FAILED, provider_ref=report.provider_ref, raw=report.raw)
    return report


def _other(found: Object) -> Report:
    return Report(reported=Reported.OTHER, raw=shown(found))
