"""Text messages by Brevo (developers.brevo.com, "Send SMS message to a mobile number"; providers.md 1.6)."""

from __future__ import annotations

import logging
from unicodedata import normalize

import httpx

from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.application.notifications.ports import SmsSender, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

NAME = "brevo"
PATH = "/transactionalSMS/send"
BAD_REQUEST = 400
CURABLE = frozenset({"not_enough_credits", "account_under_validation"})  # brevo-python's ErrorModel: ours to mend
MAX_CODE = 100
# 3GPP TS 23.038 §6.2.1 and its extension table; beyond these an SMS needs Unicode and holds 70 letters, not 160.
GSM_LETTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    "^{}\\[~]|€"
)


# What keyboards and names hold beside them, and what everybody reads for it.
_ALIKE = str.maketrans(
    {"’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "œ": "oe"}
)


def gsm(text: str) -> str:
    """The text without the accents that would make it Unicode: "Hôtel" goes out as "Hotel", "déjà" as it is."""
    return "".join(
        letter if letter in GSM_LETTERS else _without_accent(letter)
        for letter in normalize("NFC", text).translate(_ALIKE)
    )


def _without_accent(letter: str) -> str:
    base = normalize("NFD", letter)[0]
    return base if base in GSM_LETTERS else letter


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
    code = plain(reply.body.get("code"), MAX_CODE) if isinstance(reply.body, dict) else ""
    log.error("brevo refused an SMS", extra={"status": reply.status, "code": code, "template": template})
    if reply.status == BAD_REQUEST and code and code not in CURABLE:
        return Undeliverable(code)
    return ProviderUnavailable(NAME)


def _conforms(sender: BrevoSms) -> SmsSender:
    return sender
