"""What Orange reports of text messages (providers.md 1.7)."""

from __future__ import annotations

import hmac
import logging
from typing import Final

from allonova.adapters.vendors.http import plain
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.notifications.ports import SmsReceipts
from allonova.domain.kernel.errors import FieldError, NotFound, ValidationError

log = logging.getLogger(__name__)

FAILED: Final = frozenset({"DeliveryImpossible"})
MAX_STATUS: Final = 60


class OrangeReceipts:
    """Orange signs nothing: who calls is believed by the secret in the address that it was given. A phone that could
    not be reached is no wrong number, so a receipt changes nothing; it stands in the log.

    Args:
        secret: of our settings; without one the address does not exist.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def take(self, secret: str, body: bytes) -> str:
        """See SmsReceipts."""
        if not self._secret or not hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), self._secret):
            raise NotFound
        try:
            told = loads(body)
        except MalformedJson as error:
            raise _fault() from error
        notification = _object(told, "deliveryInfoNotification")
        status = plain(_object(notification, "deliveryInfo").get("deliveryStatus"), MAX_STATUS)
        if not status:
            raise _fault()
        level = logging.WARNING if status in FAILED else logging.INFO
        log.log(level, "orange reports an SMS", extra={"delivery": status})
        return status


def _object(value: Json, name: str) -> dict[str, Json]:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise _fault()
    return found


def _fault() -> ValidationError:
    return ValidationError((FieldError("deliveryInfoNotification", "invalid", "not a receipt of Orange"),))


def _conforms(receipts: OrangeReceipts) -> SmsReceipts:
    return receipts
