"""Calls to Wave: what every one of its APIs shares (docs.wave.com; providers.md 1.1)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace

import httpx

from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import RefusedByProvider
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.money import MAX_AMOUNT_XOF

log = logging.getLogger(__name__)

NAME = "wave"
URL = "https://api.wave.com"
OUR_FAULT = (401, 403, 405)  # the key, the wallet or the base URL
MISSING = frozenset({"checkout-session-not-found", "not-found"})  # any other 404 is a path that Wave does not have
INSUFFICIENT_FUNDS = "insufficient-funds"  # of what we send: our own balance at Wave, which we can fill

FRANCS = re.compile(r"[0-9]{1,12}", re.ASCII)
SLUG = re.compile(r"[a-z]+(-[a-z]+)+", re.ASCII)
MAX_CODE = 100
MAX_REF = 255


class WaveRefusal(RefusedByProvider):
    """A 4xx in Wave's words that is none of our fault."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status

    @property
    def is_missing(self) -> bool:
        """Wave has no such thing."""
        return self.status == 404


class WaveApi:
    """One key to Wave, wherever a payment or a payout was made."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, api_key: str, breaker: Breaker | None) -> None:
        if not api_key:
            raise ValueError("Wave needs a key")
        headers = {"Authorization": f"Bearer {api_key}"}
        self._wave = VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers=headers, breaker=breaker or Breaker()
        )

    @property
    def base_url(self) -> str:
        """Where new things are made."""
        return self._wave.base_url

    async def call(
        self,
        base_url: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Json = None,
        idempotency_key: str | None = None,
    ) -> Json:
        """The body of a success.

        Args:
            base_url: where the thing was made that this is about.

        Raises:
            WaveRefusal: Wave said no.
            ProviderUnavailable: nothing is known of the outcome, or it is our own fault: nobody's money changes places
                because a key or a URL is wrong.
        """
        key = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        there = replace(self._wave, base_url=base_url, headers={**self._wave.headers, **key})
        reply = await there.call(method, path, query=query, json=json)
        if reply.is_success:
            return reply.body
        refused = refusal(reply)
        if refused is None:
            raise ProviderUnavailable(NAME)
        if reply.status in OUR_FAULT or (refused.is_missing and refused.code not in MISSING):
            log.error("wave refuses our key, wallet or URL", extra={"status": reply.status, "code": refused.code})
            raise ProviderUnavailable(NAME) from refused
        raise refused

    async def search(self, base_url: str, path: str, reference: str) -> list[dict[str, Json]]:
        """What has this client reference. Raises ProviderUnavailable, also for an answer that is none."""
        try:
            body = await self.call(base_url, "GET", path, query={"client_reference": reference})
        except WaveRefusal as refused:
            raise puzzled(refused) from refused
        result = body.get("result") if isinstance(body, dict) else None
        if not isinstance(result, list):
            raise ProviderUnavailable(NAME)
        ours = [each for each in result if isinstance(each, dict) and each.get("client_reference") == reference]
        if result and not ours:
            log.error("wave found what was not looked for", extra={"reference": reference})
            raise ProviderUnavailable(NAME)
        return ours


def puzzled(refused: WaveRefusal) -> ProviderUnavailable:
    """To raise for a refusal that makes no sense there: it is written down, and nothing is concluded from it."""
    log.error("wave refuses what it should not", extra={"status": refused.status, "code": refused.code})
    return ProviderUnavailable(NAME)


def refusal(reply: Reply) -> WaveRefusal | None:
    """A 4xx in Wave's words; None when the words are not Wave's (a proxy's page, for one)."""
    body = reply.body
    if reply.is_success or not isinstance(body, dict):
        return None
    # The shapes in the wild, and a field of payouts.
    for error in (body, body.get("error"), body.get("payout_error")):
        if isinstance(error, dict) and (code := plain(error.get("code") or error.get("error_code"), MAX_CODE)):
            return WaveRefusal(reply.status, code, plain(error.get("message") or error.get("error_message")))
    word, message = body.get("error"), body.get("message")
    if isinstance(word, str) and SLUG.fullmatch(word) and isinstance(message, str):
        return WaveRefusal(reply.status, word[:MAX_CODE], plain(message))
    return None


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


def currency(value: Json) -> str | None:
    """A currency's code as it was sent."""
    return identifier(value) or None


def failure(value: Json) -> tuple[str, str]:
    """Code and message of an error inside an answer, in either of Wave's spellings; empty where there is none."""
    error = value if isinstance(value, dict) else {}
    code, message = error.get("code") or error.get("error_code"), error.get("message") or error.get("error_message")
    return plain(code, MAX_CODE), plain(message)
