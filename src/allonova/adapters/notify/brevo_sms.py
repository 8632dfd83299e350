"""Text messages by Brevo (developers.brevo.com, "Send SMS message to a mobile number"; providers.md 1.6)."""

from __future__ import annotations

import logging
import re

import httpx

from allonova.adapters.notify.gsm import GSM_LETTERS, gsm
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.application.notifications.ports import BadAddress, SmsSender, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

NAME = "brevo"
PATH = "/transactionalSMS/send"
BAD_REQUEST = 400
CURABLE = frozenset({"not_enough_credits", "account_under_validation"})  # brevo-python's ErrorModel: ours to mend
MAX_CODE = 100
# In Brevo's words of what is wrong: "recipient is not valid", "Invalid telephone number".
ABOUT_THE_NUMBER = re.compile(r"\b(recipient|telephone|phone|mobile)\b", re.IGNORECASE)


class BrevoSms:
    """Sends once per call; Brevo promises nothing about repeats, so a call that timed out may arrive twice."""

    def __init__(
        self, http: httpx.AsyncClient, *, base_url: str, api_key: str, sender: str, breaker: Breaker | None = None
    ) -> None:
        self._brevo = VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers={"api-key": api_key}, breaker=breaker or Breaker()
        )
        self._sender = sender

    async def send(self, *, to: str, text: str, template: str) -> None:
        """See SmsSender."""
        text = gsm(text)
        reply = await self._brevo.call(
            "POST",
            PATH,
            json={
                "sender": self._sender,
                "recipient": to.removeprefix("+"),
                "content": text,
                "type": "transactional",
                "tag": template,
                "unicodeEnabled": not GSM_LETTERS.issuperset(text),
            },
        )
        if not reply.is_success:
            raise _failure(reply, template)


def _failure(reply: Reply, template: str) -> ProviderUnavailable | Undeliverable:
    """What is wrong with the message is final; what is wrong with our account or with Brevo passes."""
    body = reply.body if isinstance(reply.body, dict) else {}
    code = plain(body.get("code"), MAX_CODE)
    log.error("brevo refused an SMS", extra={"status": reply.status, "code": code, "template": template})
    if reply.status == BAD_REQUEST and code and code not in CURABLE:
        is_number = ABOUT_THE_NUMBER.search(plain(body.get("message")))
        return BadAddress(code) if is_number else Undeliverable(code)
    return ProviderUnavailable(NAME)


def _conforms(sender: BrevoSms) -> SmsSender:
    return sender
