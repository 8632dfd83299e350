"""Calls to one of MTN's products, with the access tokens that they need (momodeveloper.mtn.com; providers.md 1.3)."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import httpx

from allonova.adapters.payments.mtn_wire import NAME
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import TOTAL_S, Reply, VendorHttp
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.inside import require_outside_unit
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

COLLECTION: Final = "collection"
DISBURSEMENT: Final = "disbursement"

UNAUTHORIZED: Final = 401
TOKEN_TOTAL_S: Final = 35.0
TOKEN_TIMEOUT: Final = httpx.Timeout(
    connect=3.0, read=30.0, write=10.0, pool=3.0
)  # the new platform takes 10 to 20 s to make one
MARGIN_S: Final = 60.0
LONGEST_S: Final = 3600.0
TOKEN: Final = re.compile(r"[!-~]{1,8192}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MtnKeys:
    """What MTN knows us by for one product."""

    user: str
    api_key: str = field(repr=False)
    subscription_key: str = field(repr=False)

    @property
    def basic(self) -> str:
        """RFC 7617."""
        return "Basic " + b64encode(f"{self.user}:{self.api_key}".encode()).decode()


class MtnProduct:
    """One product (`collection`, `disbursement`), on whichever platform a payment was made: MTN moves from one to
    another, and answers for a payment only where it was made.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        product: str,
        keys: MtnKeys,
        environment: str,
        patience_s: float = TOTAL_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (keys.user and keys.api_key and keys.subscription_key and environment):
            raise ValueError("MTN needs a user, his key, a subscription key and a target environment")
        self.product = product
        self.environment = environment
        self._http = http
        self._keys = keys
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._platforms: dict[str, _Platform] = {}

    async def ready(self, base_url: str) -> None:
        """Be sure of a token, so that a call that fails has reached MTN or its door. Raises ProviderUnavailable."""
        require_outside_unit(NAME)
        await self._platform(base_url).tokens.token()

    async def call(
        self,
        base_url: str,
        method: str,
        path: str,
        *,
        reference: UUID | None = None,
        callback_url: str | None = None,
        json: Json = None,
    ) -> Reply:
        """One call under `/{product}`. Raises ProviderUnavailable, see VendorHttp; also when MTN gives no token."""
        require_outside_unit(NAME)
        platform = self._platform(base_url)
        headers: dict[str, str] = {}
        if reference is not None:
            headers["X-Reference-Id"] = str(reference)
        if callback_url is not None:
            headers["X-Callback-Url"] = callback_url
        token = await platform.tokens.token()
        reply = await self._once(platform, token, method, path, headers, json)
        if reply.status == UNAUTHORIZED:  # the token's life was cut short
            token = await platform.tokens.token(refused=token)
            reply = await self._once(platform, token, method, path, headers, json)
        return reply

    async def _once(
        self, platform: _Platform, token: str, method: str, path: str, headers: Mapping[str, str], json: Json
    ) -> Reply:
        vendor = replace(
            platform.vendor, headers={**platform.vendor.headers, "Authorization": f"Bearer {token}", **headers}
        )
        return await vendor.call(method, f"/{self.product}{path}", json=json)

    def _platform(self, base_url: str) -> _Platform:
        if base_url not in self._platforms:
            headers = {
                "Ocp-Apim-Subscription-Key": self._keys.subscription_key,
                "X-Target-Environment": self.environment,
            }
            vendor = VendorHttp(vendor=NAME, http=self._http, base_url=base_url, headers=headers, breaker=Breaker())
            giver = replace(
                vendor,
                headers={**headers, "Authorization": self._keys.basic},
                total_s=TOKEN_TOTAL_S,
                timeout=TOKEN_TIMEOUT,
            )
            tokens = _Tokens(giver, f"/{self.product}/token/", patience_s=self._patience_s, monotonic=self._monotonic)
            self._platforms[base_url] = _Platform(vendor, tokens)
        return self._platforms[base_url]


class _Tokens:
    """One platform's token for one product. Its life is real time: it is MTN's, not ours.

    A new one may take longer than whoever needs it can wait: it is fetched by a task of its own, which all askers
    share, and which goes on when they have given up, so that the next one finds it.
    """

    def __init__(self, vendor: VendorHttp, path: str, *, patience_s: float, monotonic: Callable[[], float]) -> None:
        self._vendor = vendor
        self._path = path
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._token = ""
        self._until = 0.0
        self._fetching: asyncio.Task[str] | None = None

    async def token(self, *, refused: str | None = None) -> str:
        """A token that lasts, and another one than `refused`. Raises ProviderUnavailable."""
        if self._token and self._token != refused and self._monotonic() < self._until:
            return self._token
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(), name=f"mtn token {self._path}")
            self._fetching.add_done_callback(self._fetched)
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.shield(self._fetching)
        except TimeoutError as error:
            raise ProviderUnavailable(NAME) from error

    async def _fetch(self) -> str:
        asked_at = self._monotonic()
        reply = await self._vendor.call("POST", self._path)
        body = reply.body if isinstance(reply.body, dict) else {}
        token = body.get("access_token")
        if not reply.is_success or not isinstance(token, str) or not TOKEN.fullmatch(token):
            log.error("mtn gives us no token", extra={"status": reply.status, "path": self._path})
            raise ProviderUnavailable(NAME)
        self._token, self._until = token, asked_at + _life_s(body.get("expires_in")) - MARGIN_S
        return token

    def _fetched(self, task: asyncio.Task[str]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # seen here, should nobody wait any more


@dataclass(frozen=True, slots=True)
class _Platform:
    vendor: VendorHttp
    tokens: _Tokens


def _life_s(said: Json) -> float:
    """`expires_in`, as a number or as text; none for what cannot be read, so that the token serves once."""
    if isinstance(said, str) and said.isascii() and said.isdigit():
        said = int(said[:9])
    if not isinstance(said, int | float) or isinstance(said, bool):
        return 0.0
    return min(float(said), LONGEST_S)
