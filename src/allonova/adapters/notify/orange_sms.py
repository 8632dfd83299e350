"""Text messages by Orange's SMS API for Côte d'Ivoire (providers.md 1.7)."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import httpx

from allonova.adapters.notify.gsm import gsm
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.adapters.vendors.orange_tokens import OrangeTokens
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.inside import require_outside_unit
from allonova.application.notifications.ports import BadAddress, SmsSender, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

NAME: Final = "orange-sms"
URL: Final = "https://api.orange.com"
QUOTA_REST_S: Final = 5  # where a 429 does not say: five messages a second are said to pass
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN = 400, 401, 403
NO_ADDRESSES: Final = "SVC0004"  # OMA's RESTful messaging: "No valid addresses provided in message part %1"
ABOUT_THE_NUMBER: Final = re.compile(r"(?<!sender)address|\brecipient\b|\bmsisdn\b", re.IGNORECASE)
MAX_CODE: Final = 60
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class OrangeSms:
    """Sends once per call; Orange promises nothing about repeats, so a call that timed out may arrive twice.

    Args:
        sender: the number that messages come from, in E.164, as Orange gave it out.
        sender_name: what phones show instead; Orange approves it first. Left out where there is none.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        sender: str,
        sender_name: str = "",
        breaker: Breaker | None = None,
    ) -> None:
        self._tokens = OrangeTokens(
            http, vendor=NAME, base_url=base_url, client_id=client_id, client_secret=client_secret
        )
        self._orange = VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers={}, breaker=breaker or Breaker(), rest_s=QUOTA_REST_S
        )
        self._sender = f"tel:{sender}"
        self._sender_name = sender_name
        # Written as it travels: colon and plus are escaped once, and nobody escapes them again.
        self._path = f"/smsmessaging/v1/outbound/{quote(self._sender, safe='')}/requests"

    async def send(self, *, to: str, text: str, template: str) -> None:
        """See SmsSender."""
        require_outside_unit(NAME)
        message = self._message(to, text)
        token = await self._tokens.token()
        reply = await self._call(token, message)
        if reply.status == UNAUTHORIZED:  # the token's life was cut short, and nothing was sent
            reply = await self._call(await self._tokens.token(refused=token), message)
        if not reply.is_success:
            raise _failure(reply, template)
        log.info("orange took an SMS", extra={"template": template, "resource": _resource(reply)})

    def _message(self, to: str, text: str) -> Json:
        request: dict[str, Json] = {
            "address": f"tel:{to}",
            "senderAddress": self._sender,
            "outboundSMSTextMessage": {"message": gsm(text)},
        }
        if self._sender_name:
            request["senderName"] = self._sender_name
        return {"outboundSMSMessageRequest": request}

    async def _call(self, token: str, message: Json) -> Reply:
        orange = replace(self._orange, headers={"Authorization": f"Bearer {token}"})
        return await orange.call("POST", self._path, json=message, shown="/smsmessaging/v1/outbound/{sender}/requests")


def _failure(reply: Reply, template: str) -> ProviderUnavailable | Undeliverable:
    """What is wrong with the number is final; what is wrong with our client, our credit or with Orange passes. A 400
    that does not say what is wrong is the message's fault.
    """
    code, words = _refusal(reply)
    log.error("orange refused an SMS", extra={"status": reply.status, "code": code, "template": template})
    if reply.status != BAD_REQUEST or not code:
        return ProviderUnavailable(NAME)
    return BadAddress(code) if code == NO_ADDRESSES or ABOUT_THE_NUMBER.search(words) else Undeliverable(code)


def _refusal(reply: Reply) -> tuple[str, str]:
    """Code and words of either shape: `{code, message, description}`, or OMA's `{requestError: {…: {messageId, text,
    variables}}}`.
    """
    body = reply.body if isinstance(reply.body, dict) else {}
    error = body.get("requestError")
    inner = next((part for part in error.values() if isinstance(part, dict)), {}) if isinstance(error, dict) else {}
    if inner:
        variables = inner.get("variables")
        named = " ".join(plain(one) for one in variables) if isinstance(variables, list) else ""
        return plain(inner.get("messageId"), MAX_CODE), f"{plain(inner.get('text'))} {named}"
    code = body.get("code")
    spelt = str(code) if isinstance(code, int) and not isinstance(code, bool) else plain(code, MAX_CODE)
    return spelt, f"{plain(body.get('message'))} {plain(body.get('description'))}"


def _resource(reply: Reply) -> str:
    """What Orange calls the message: the end of `resourceURL`, where it is a UUID."""
    body = reply.body if isinstance(reply.body, dict) else {}
    request = body.get("outboundSMSMessageRequest")
    end = plain(request.get("resourceURL")).rpartition("/")[2].lower() if isinstance(request, dict) else ""
    return end if UUID.fullmatch(end) else ""


def _conforms(sender: OrangeSms) -> SmsSender:
    return sender
