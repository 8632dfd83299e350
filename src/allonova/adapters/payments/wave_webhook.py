"""Wave's webhook: its signature and its events (docs.wave.com: /webhook; providers.md 1.1)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from allonova.adapters.payments.wave_api import NAME, identifier
from allonova.adapters.payments.wave_wire import payment_id, report_of, reported
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import ProviderEvent, Reported
from allonova.domain.kernel.errors import WebhookInvalidSignature

SIGNATURE_HEADER = "wave-signature"
TOLERANCE_S = 300  # what Wave's SDKs use, both ways; the docs only say to check
MAX_HEADER = 2048
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)

COMPLETED = "checkout.session.completed"
PAYMENT_FAILED = "checkout.session.payment_failed"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether `Wave-Signature: t=…,v1=…[,v1=…]` proves the raw body, within 300 s of now.

    Source: Wave, /webhook, signing secret: HMAC-SHA256 over the timestamp directly followed by the body.
    """
    found = [value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER]
    if len(found) != 1 or len(found[0]) > MAX_HEADER:
        return False
    pairs = [part.strip().partition("=") for part in found[0].split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1 or not TIMESTAMP.fullmatch(times[0]) or abs(now.timestamp() - int(times[0])) > TOLERANCE_S:
        return False
    proof = hmac.digest(secret.encode(), times[0].encode() + body, hashlib.sha256).hex().encode()
    given = [value.encode("utf-8", "surrogatepass") for name, _, value in pairs if name == "v1"]
    return any([hmac.compare_digest(proof, each) for each in given])  # noqa: C419 - as long for the first as for the last


def event_of(event: Json) -> ProviderEvent:
    """The envelope `{id, type, data}`; `data` is a session in the events that count. Raises WebhookInvalidSignature."""
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(data, dict):
        raise WebhookInvalidSignature
    id_, kind, ref = identifier(event.get("id")), identifier(event.get("type")), identifier(data.get("id"))
    says = _said(kind, data)
    if not id_ or not kind or (not ref and says is not Reported.OTHER):
        raise WebhookInvalidSignature
    return ProviderEvent(
        provider=NAME,
        event_id=id_,
        kind=kind,
        payment_id=payment_id(data.get("client_reference")),
        provider_ref=ref or None,
        report=report_of(data, says, event),
    )


def _said(kind: str, data: Mapping[str, Json]) -> Reported:
    """An attempt that failed is not the end: the payer may try again while the session is open."""
    if kind == PAYMENT_FAILED:
        return Reported.ATTEMPT_FAILED
    if kind != COMPLETED:
        return Reported.OTHER
    says = reported(data)
    return says if says is Reported.PAID else Reported.UNKNOWN
