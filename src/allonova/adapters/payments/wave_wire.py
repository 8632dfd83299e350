"""Wave's wire: sessions, errors and the webhook's signature (docs.wave.com: /checkout, /webhook; providers.md 1.1)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

from allonova.adapters.vendors.http import Reply, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import Opened, RefusedByProvider
from allonova.domain.kernel.money import MAX_AMOUNT_XOF
from allonova.domain.money.payment import Payment

SIGNATURE_HEADER = "wave-signature"
TOLERANCE_S = 300  # what Wave's SDKs use, both ways; the docs only say to check
MAX_HEADER = 2048
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
FRANCS = re.compile(r"[0-9]{1,12}", re.ASCII)
MAX_CODE = 100
MAX_REF = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A checkout session that is surely the one of a payment of ours."""

    id: str
    launch_url: str
    expires_at: datetime
    checkout_status: str
    created: str

    @property
    def is_usable(self) -> bool:
        """Still open to the payer, or paid already."""
        return self.checkout_status in ("open", "complete")

    def opened(self) -> Opened:
        """As the port tells it."""
        return Opened(provider_ref=self.id, url=self.launch_url, expires_at=self.expires_at)


def read_session(body: Json, payment: Payment) -> Session | None:
    """The session in an answer; None when it lacks something or has another reference, amount or currency."""
    if not isinstance(body, dict) or body.get("client_reference") != str(payment.id):
        return None
    if francs(body.get("amount")) != payment.amount or body.get("currency") != payment.currency:
        return None
    id_, url = identifier(body.get("id")), body.get("wave_launch_url")
    expires_at = _instant(body.get("when_expires"))
    if not id_ or not isinstance(url, str) or not _is_web(url) or expires_at is None:
        return None
    return Session(
        id=id_,
        launch_url=url,
        expires_at=expires_at,
        checkout_status=plain(body.get("checkout_status")),
        created=plain(body.get("when_created")),
    )


def refusal(reply: Reply) -> RefusedByProvider | None:
    """A 4xx in Wave's words; None when the words are not Wave's (a proxy's page, for one)."""
    body = reply.body
    if reply.is_success or not isinstance(body, dict):
        return None
    # Two shapes in the wild, and a field of payouts.
    for error in (body, body.get("error"), body.get("payout_error")):
        if isinstance(error, dict) and (code := plain(error.get("code") or error.get("error_code"), MAX_CODE)):
            return RefusedByProvider(code, plain(error.get("message") or error.get("error_message")))
    return None


def session_path(provider_ref: str, action: str) -> str:
    """`/v1/checkout/sessions/:id/:action`."""
    return f"/v1/checkout/sessions/{quote(provider_ref, safe='')}/{action}"


def with_payment_id(return_url: str, payment_id: UUID) -> str:
    """`return_url` with our payment's id in its query, whatever query and fragment it has. Raises ValueError."""
    return_url.encode()
    parts = urlsplit(return_url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != "payment_id"]
    return urlunsplit(parts._replace(query="&".join([*kept, f"payment_id={payment_id}"])))


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


def identifier(value: Json) -> str:
    """An id or a name as it was sent; empty when it is none. Never cut short: two ids must not become one."""
    return value if isinstance(value, str) and len(value) <= MAX_REF and plain(value) == value else ""


def francs(value: Json) -> int | None:
    """Wave writes `"1000"`; a fraction, a sign or anything else is no amount of ours."""
    if isinstance(value, str) and FRANCS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MAX_AMOUNT_XOF else None


def payment_id(reference: Json) -> UUID | None:
    """Our payment's id, where a client reference is one."""
    try:
        found = UUID(reference) if isinstance(reference, str) else None
    except ValueError:
        return None
    return found if found is not None and str(found) == reference else None


def _instant(value: Json) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _is_web(url: str) -> bool:
    """Something a browser may be sent to: no `javascript:`, no spaces."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc) and url.isprintable() and " " not in url
