"""The keys that a provider signs with (JWKS, RFC 7517), kept for as long as it says."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

import httpx
from jose import jwk
from jose.backends.base import Key
from jose.constants import ALGORITHMS
from jose.exceptions import JOSEError
from jose.utils import base64_to_long

from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp
from allonova.adapters.vendors.strict_json import Json
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

ALGORITHM: Final = ALGORITHMS.RS256
TOTAL_S: Final = 8.0  # somebody waits to be let in
SHORT_LIFE_S: Final = 60.0  # even where the provider says that nothing is to be kept
DEFAULT_LIFE_S: Final = 3600.0
LONGEST_LIFE_S: Final = 86_400.0
REFETCH_S: Final = 30.0  # made-up key ids must not make us call more often
MIN_BITS: Final = 2048
MAX_KEYS: Final = 20
MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE | re.ASCII)
SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


class ProviderKeys:
    """One provider's keys. Their life is real time: it is the provider's, not ours.

    A key id that is not known makes us ask again, once in `REFETCH_S`: providers change their keys before they say.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        vendor: str,
        url: str,
        monotonic: Callable[[], float] = time.monotonic,
        breaker: Breaker | None = None,
    ) -> None:
        self._vendor = VendorHttp(
            vendor=vendor, http=http, base_url=url, headers={}, breaker=breaker or Breaker(), total_s=TOTAL_S
        )
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._keys: Mapping[str, Key] = {}
        self._asked_at = float("-inf")
        self._lasts_until = float("-inf")
        self._rounds = 0
        self._is_down = False

    async def find(self, kid: str) -> Key | None:
        """The key of that id; None when the provider has none.

        Raises:
            ProviderUnavailable: its keys cannot be had.
        """
        now = self._monotonic()
        is_new = kid not in self._keys and now >= self._asked_at + REFETCH_S
        if is_new or now >= self._lasts_until:
            await self._ask(self._rounds)
        return self._keys.get(kid)

    async def _ask(self, known: int) -> None:
        """Whoever waited for somebody else's question takes its answer, a bad one too."""
        async with self._turn:
            if self._rounds == known:
                self._is_down = True
                try:
                    self._keys, life_s = await self._fetched()
                finally:
                    self._rounds += 1
                self._is_down = False
                self._asked_at = self._monotonic()
                self._lasts_until = self._asked_at + life_s
            elif self._is_down:
                raise ProviderUnavailable(self._vendor.vendor)

    async def _fetched(self) -> tuple[Mapping[str, Key], float]:
        reply = await self._vendor.call("GET", "")
        found = _keys_of(reply.body) if reply.is_success else {}
        if not found:
            log.error("no keys at the provider", extra={"vendor": self._vendor.vendor, "status": reply.status})
            raise ProviderUnavailable(self._vendor.vendor)
        return found, _life_s(reply.headers)


def _life_s(headers: Mapping[str, str]) -> float:
    """How long an answer may be kept (RFC 9111 §4.2), within our bounds."""
    control = headers.get("cache-control", "")
    if "no-store" in control.lower() or "no-cache" in control.lower():
        return SHORT_LIFE_S
    found = MAX_AGE.search(control)
    if found is None:
        return DEFAULT_LIFE_S
    age = headers.get("age", "0").strip()
    left = int(found[1]) - (int(age) if SECONDS.fullmatch(age) else 0)
    return min(max(float(left), SHORT_LIFE_S), LONGEST_LIFE_S)


def _keys_of(body: Json) -> dict[str, Key]:
    """The keys that may sign a token for us; others stand among them and are passed over."""
    keys = body.get("keys") if isinstance(body, dict) else None
    found: dict[str, Key] = {}
    for one in keys[:MAX_KEYS] if isinstance(keys, list) else ():
        if isinstance(one, dict) and _is_ours(one):
            key = _key_of(one)
            if key is not None:
                found[str(one["kid"])] = key
    return found


def _is_ours(one: Mapping[str, Json]) -> bool:
    kid = one.get("kid")
    is_named = isinstance(kid, str) and 0 < len(kid) <= 256
    signs = one.get("use", "sig") == "sig" and one.get("alg", ALGORITHM) == ALGORITHM
    return is_named and one.get("kty") == "RSA" and signs


def _key_of(one: Mapping[str, Json]) -> Key | None:
    """The public part alone, whatever else stands there."""
    try:
        public = {"kty": "RSA", "n": str(one["n"]), "e": str(one["e"])}
        if base64_to_long(public["n"]).bit_length() < MIN_BITS:
            return None
        key: Key = jwk.construct(public, ALGORITHM)
    except (KeyError, ValueError, TypeError, JOSEError):
        return None
    return key
