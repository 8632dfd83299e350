"""Wave's checkout sessions on the wire, in answers and in events (docs.wave.com: /checkout; providers.md 1.1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

from allonova.adapters.payments.wave_api import MAX_CODE, currency, failure, francs, identifier
from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import Opened, RedirectIntent, Report, Reported
from allonova.domain.money.payment import Payment

log = logging.getLogger(__name__)

REPORTED = {
    ("open", "processing"): Reported.OPEN,
    ("complete", "succeeded"): Reported.PAID,
    ("expired", "processing"): Reported.FAILED,
    ("expired", "cancelled"): Reported.FAILED,
    ("open", "cancelled"): Reported.FAILED,
    ("complete", "cancelled"): Reported.FAILED,
}
"""By `checkout_status` and `payment_status`; what is not here contradicts itself, or is new."""

BEST_FIRST = (Reported.PAID, Reported.OPEN, Reported.UNKNOWN, Reported.FAILED)


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
        return Opened(provider_ref=self.id, intent=RedirectIntent(url=self.launch_url, expires_at=self.expires_at))


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


def reported(session: Mapping[str, Json]) -> Reported:
    """What a session's two statuses say together."""
    statuses = [plain(session.get(name), MAX_CODE) for name in ("checkout_status", "payment_status")]
    found = REPORTED.get((statuses[0], statuses[1]), Reported.UNKNOWN)
    if found is Reported.UNKNOWN:
        log.error("wave reports a status that we do not know", extra={"status": "+".join(statuses)})
    return found


def report_of(session: Mapping[str, Json], says: Reported, raw: dict[str, Any]) -> Report:
    """A session as the port tells it; Wave names no fees of it."""
    code, message = failure(session.get("last_payment_error"))
    return Report(
        reported=says,
        provider_ref=identifier(session.get("id")) or None,
        amount=francs(session.get("amount")),
        currency=currency(session.get("currency")),
        failure_code=code or ("expired" if says is Reported.FAILED else ""),
        failure_message=message,
        raw=raw,
    )


def session_path(provider_ref: str, action: str = "") -> str:
    """`/v1/checkout/sessions/:id/:action`."""
    return f"/v1/checkout/sessions/{quote(provider_ref, safe='')}" + (f"/{action}" if action else "")


def with_payment_id(return_url: str, payment_id: UUID) -> str:
    """`return_url` with our payment's id in its query, whatever query and fragment it has. Raises ValueError."""
    return_url.encode()
    parts = urlsplit(return_url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != "payment_id"]
    return urlunsplit(parts._replace(query="&".join([*kept, f"payment_id={payment_id}"])))


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
