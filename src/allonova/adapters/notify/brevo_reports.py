"""What Brevo reports of mails (developers.brevo.com, "Transactional webhooks"; providers.md 1.6)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.notifications.ports import MailReport, MailReports
from allonova.domain.kernel.errors import FieldError, ValidationError, WebhookInvalidSignature
from allonova.domain.notifications.suppression import SuppressionReason

REASONS: Final = {
    "hard_bounce": SuppressionReason.HARD_BOUNCE,
    "blocked": SuppressionReason.BLOCKED,
    "spam": SuppressionReason.SPAM,
    "invalid_email": SuppressionReason.INVALID,
}
UNSUBSCRIBED: Final = "unsubscribed"
MAX_ADDRESS: Final = 254
MAX_REPORTS: Final = 1000  # of a webhook that is set to come in batches


class BrevoReports:
    """Brevo signs nothing: who calls is believed by the token that was given to the webhook when it was set up.

    Args:
        token: of our settings; without one nobody is believed.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def read(self, headers: Mapping[str, str], body: bytes) -> tuple[MailReport, ...]:
        """See MailReports. Events that say nothing of the address (sent, opened, …) are passed over."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        is_known = hmac.compare_digest(given.strip().encode("utf-8", "surrogatepass"), self._token)
        if not self._token or scheme.lower() != "bearer" or not is_known:
            raise WebhookInvalidSignature
        try:
            found = loads(body)
        except MalformedJson as error:
            raise _fault("body", "malformed") from error
        events = found if isinstance(found, list) else [found]
        if len(events) > MAX_REPORTS:
            raise _fault("body", "too_many")
        reports = (_report(event) for event in events)
        return tuple(report for report in reports if report is not None)


def _report(event: Json) -> MailReport | None:
    kind = event.get("event") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(kind, str):
        raise _fault("event", "missing")
    if kind not in REASONS and kind != UNSUBSCRIBED:
        return None
    email = event.get("email")
    if not isinstance(email, str) or len(email) > MAX_ADDRESS or "@" not in email or not email.isprintable():
        raise _fault("email", "invalid")
    return MailReport(email=email.strip(), reason=REASONS.get(kind))


def _fault(path: str, code: str) -> ValidationError:
    return ValidationError((FieldError(path, code, "not an event of Brevo"),))


def _conforms(reports: BrevoReports) -> MailReports:
    return reports
