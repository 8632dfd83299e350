"""Orange Money's wire: orders, what Web Payment answers, errors and the notification (providers.md 1.2)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from allonova.adapters.vendors.http import Reply, plain
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.money.ports import ProviderEvent, RefusedByProvider, Reported
from allonova.domain.kernel.errors import WebhookInvalidSignature
from allonova.domain.kernel.money import MAX_AMOUNT_XOF

NAME: Final = "orange"
MAX_URL: Final = 120
MAX_REF: Final = 255
MAX_CODE: Final = 60
CURRENCIES: Final = {"dev": "OUV", "ci": "XOF"}
"""By environment: play money, and francs."""
CONFLICT: Final = 409
ORDER_EXISTS: Final = "1204"
ALREADY_MADE: Final = "order-already-made"
EXISTS: Final = re.compile(r"\b(exists?|already|duplicated?|unique)\b", re.IGNORECASE)
FRANCS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
STATUSES: Final = {
    "INITIATED": Reported.OPEN,
    "PENDING": Reported.OPEN,
    "SUCCESS": Reported.PAID,
    "FAILED": Reported.FAILED,
    "EXPIRED": Reported.FAILED,
    "CANCELLED": Reported.FAILED,
}
"""What its words mean to us."""
KEPT: Final = ("status", "order_id", "txnid", "amount", "currency", "code", "message", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A payment that was made: where the payer pays, and the two tokens that name it."""

    url: str
    pay_token: str
    notif_token: str


def order_id(payment_id: UUID) -> str:
    """Our payment's name at Orange, 26 letters and digits: it takes 30, and a UUID has more."""
    return base64.b32encode(payment_id.bytes).decode().rstrip("=").lower()


def read_page(body: Json) -> Page | None:
    """What `webpayment` answers; None when it lacks something."""
    if not isinstance(body, dict):
        return None
    url = body.get("payment_url")
    pay_token, notif_token = identifier(body.get("pay_token")), identifier(body.get("notif_token"))
    if not pay_token or not notif_token or not isinstance(url, str) or not _is_web(url):
        return None
    return Page(url=url, pay_token=pay_token, notif_token=notif_token)


def refusal(reply: Reply) -> RefusedByProvider | None:
    """A 4xx in Orange's words, `{code, message, description}`; None when the words are not Orange's."""
    body = reply.body
    if reply.is_success or not isinstance(body, dict):
        return None
    code, message = _code(body.get("code")), plain(body.get("message"))
    if not code:
        return None
    words = ": ".join(part for part in (message, plain(body.get("description"))) if part)
    if reply.status == CONFLICT or code == ORDER_EXISTS or ("order" in words.lower() and EXISTS.search(words)):
        return RefusedByProvider(ALREADY_MADE, words)
    return RefusedByProvider(f"orange-{code}", words)


def status_word(value: Json) -> str:
    """A status as the table has it."""
    return plain(value, MAX_CODE).upper()


def kept(body: Json) -> dict[str, Json]:
    """What is kept of an answer about a payment."""
    fields = body if isinstance(body, dict) else {}
    found = {name: fields[name] for name in KEPT if not isinstance(fields.get(name), dict | list | None)}
    return {name: plain(value, MAX_REF) if isinstance(value, str) else value for name, value in found.items()}


def identifier(value: Json) -> str:
    """A token or an id as it was sent; empty when it is none. Never cut short: two must not become one."""
    is_one = isinstance(value, str) and len(value) <= MAX_REF and plain(value) == value
    return str(value) if is_one else ""


def francs(value: Json) -> int | None:
    """A whole number, or its digits; anything else is no amount of ours."""
    if isinstance(value, str) and FRANCS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MAX_AMOUNT_XOF else None


def read_notification(_headers: Mapping[str, str], body: bytes) -> ProviderEvent:
    """`{status, notif_token, txnid}`, unsigned: a hint. Raises WebhookInvalidSignature for anything else."""
    try:
        told = loads(body)
    except MalformedJson as error:
        raise WebhookInvalidSignature from error
    token = identifier(told.get("notif_token")) if isinstance(told, dict) else ""
    if not isinstance(told, dict) or not token:
        raise WebhookInvalidSignature
    kind = word if (word := status_word(told.get("status"))) in STATUSES else "OTHER"
    digest = hashlib.sha256(token.encode()).hexdigest()[:32]
    # Unsigned, and sent again: a second word of the same kind is no news, whoever sends it.
    return ProviderEvent(provider=NAME, event_id=f"{digest}:{kind.lower()}", kind=kind, notif_token=token, report=None)


def _code(value: Json) -> str:
    """Orange's codes are numbers; another one is read as well."""
    return str(value)[:MAX_CODE] if isinstance(value, int) and not isinstance(value, bool) else plain(value, MAX_CODE)


def _is_web(url: str) -> bool:
    """Something a browser may be sent to: no `javascript:`, no spaces."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc) and url.isprintable() and " " not in url
