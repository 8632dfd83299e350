"""Mails by Brevo (developers.brevo.com, "Send a transactional email"; providers.md 1.6)."""

from __future__ import annotations

import logging
import re
from typing import Final

import httpx

from allonova.adapters.notify.form import form
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.notifications.ports import BadAddress, Letter, MailSender
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

NAME: Final = "brevo"
PATH: Final = "/smtp/email"
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
# Of the parameters only the address changes from mail to mail: "email is not valid in to", "email is missing in to".
ABOUT_THE_ADDRESS: Final = re.compile(r"\bin to$")
MAX_CODE: Final = 100
# Brevo reads texts as templates over `params`; what people wrote must stay what they wrote.
_TEMPLATE_MARK: Final = re.compile(r"\{(?=[{%#])")


class BrevoMail:
    """Sends once per call; Brevo promises nothing about repeats, so a call that timed out may arrive twice."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        api_key: str,
        sender: str,
        sender_name: str,
        breaker: Breaker | None = None,
    ) -> None:
        self._brevo = VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers={"api-key": api_key}, breaker=breaker or Breaker()
        )
        self._sender = {"email": sender, "name": sender_name}

    async def send(self, *, to: str, letter: Letter) -> None:
        """See MailSender. A stored template that Brevo does not take must not hold up a code: our own words go out
        then.
        """
        stored = self._stored(to, letter)
        reply = await self._brevo.call("POST", PATH, json=stored or self._own(to, letter))
        if stored and reply.status in (BAD_REQUEST, NOT_FOUND) and not _is_address(reply):
            log.error("brevo refused a stored template", extra={"stored": letter.stored, "template": letter.template})
            reply = await self._brevo.call("POST", PATH, json=self._own(to, letter))
        if not reply.is_success:
            raise _failure(reply, letter.template)

    def _own(self, to: str, letter: Letter) -> dict[str, Json]:
        mail = form(letter)
        body: dict[str, Json] = {
            "sender": {**self._sender},
            "to": [{"email": to}],
            "subject": _TEMPLATE_MARK.sub("{ ", mail.subject),
            "textContent": _TEMPLATE_MARK.sub("{ ", mail.text),
            "htmlContent": _TEMPLATE_MARK.sub("&#123;", mail.html),
            "tags": [letter.template],
        }
        if letter.data:
            body["params"] = {**letter.data}
        return body

    def _stored(self, to: str, letter: Letter) -> dict[str, Json] | None:
        """Sender and subject are the stored template's own."""
        if letter.stored is None:
            return None
        params: dict[str, Json] = {**letter.facts, **letter.data}
        body: dict[str, Json] = {"to": [{"email": to}], "templateId": letter.stored, "tags": [letter.template]}
        return body | {"params": params} if params else body


def _is_address(reply: Reply) -> bool:
    body = reply.body if isinstance(reply.body, dict) else {}
    return reply.status == BAD_REQUEST and ABOUT_THE_ADDRESS.search(plain(body.get("message"))) is not None


def _failure(reply: Reply, template: str) -> ProviderUnavailable | BadAddress:
    """What is wrong with the address is final; what is wrong with our account or with Brevo passes."""
    body = reply.body if isinstance(reply.body, dict) else {}
    code = plain(body.get("code"), MAX_CODE)
    log.error("brevo refused a mail", extra={"status": reply.status, "code": code, "template": template})
    return BadAddress(code or "invalid_parameter") if _is_address(reply) else ProviderUnavailable(NAME)


def _conforms(sender: BrevoMail) -> MailSender:
    return sender
