"""Access tokens of Orange's platform (OAuth 2.0 client credentials; providers.md 1.2)."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import time
from collections.abc import Callable
from typing import Final

import httpx

from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp
from allonova.adapters.vendors.strict_json import Json
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

PATH: Final = "/oauth/v3/token"
MARGIN_S: Final = 60  # a call that starts now still ends within the token's life
SHORT_LIFE_S: Final = 600  # where Orange does not say
LONGEST_LIFE_S: Final = 90 * 86_400
TOTAL_S: Final = 8.0  # a token and the call it is for both fit into what a caller waits
BEARER: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*", re.ASCII)  # RFC 6750 §2.1
SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


class OrangeTokens:
    """One client's token, fetched when there is none that lasts. Its life is real time: it is Orange's, not ours."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        vendor: str,
        base_url: str,
        client_id: str,
        client_secret: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        client = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {client}"}
        self._orange = VendorHttp(
            vendor=vendor, http=http, base_url=base_url, headers=headers, breaker=Breaker(), total_s=TOTAL_S
        )
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._known = ""
        self._lasts_until = 0.0

    async def token(self, *, refused: str | None = None) -> str:
        """A token that lasts, and another one than `refused`.

        Raises:
            ProviderUnavailable: Orange does not answer, or does not take our client.
        """
        async with self._turn:
            if self._known == refused or self._monotonic() >= self._lasts_until:
                self._known, life_s = await self._fetch()
                self._lasts_until = self._monotonic() + life_s - MARGIN_S
            return self._known

    async def _fetch(self) -> tuple[str, int]:
        reply = await self._orange.call("POST", PATH, form={"grant_type": "client_credentials"})
        body = reply.body if isinstance(reply.body, dict) else {}
        token = body.get("access_token")
        if not reply.is_success or not isinstance(token, str) or not BEARER.fullmatch(token):
            log.error("orange gives our client no token", extra={"status": reply.status})
            raise ProviderUnavailable(self._orange.vendor)
        return token, _life_s(body.get("expires_in"))


def _life_s(value: Json) -> int:
    """A number, or its digits: both are seen."""
    if isinstance(value, str) and SECONDS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return SHORT_LIFE_S
    return min(value, LONGEST_LIFE_S)
