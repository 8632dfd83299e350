"""Calls to Stripe by its own SDK, carried by our HTTP: bounded, never inside a unit, our words for what went wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import stripe

from allonova.adapters.payments.stripe_wire import MAX_CODE, NAME
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.money.ports import RefusedByProvider
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

OUR_FAULT: Final = (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError)
REFUSALS: Final = (stripe.InvalidRequestError, stripe.CardError)
RETRIES: Final = 1
TRY_S: Final = 7.0  # two of them and the pause between stay within the fifteen seconds that any vendor has

type Params = Mapping[str, object]
type Sleep = Callable[[float], Awaitable[None]]

# The SDK would keep an id of this machine in the home folder and tell how long calls took; its own log quotes Stripe's
# messages and, further down, whole bodies with client secrets.
stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)


class StripeApi:
    """GET and POST with Stripe's retry rules: once more after no answer, which its idempotency keys make harmless."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        secret_key: str,
        breaker: Breaker | None,
        retries: int,
        sleep: Sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        vendor = VendorHttp(
            vendor=NAME,
            http=http,
            base_url=self.base_url,
            headers={},
            breaker=breaker or Breaker(),
            total_s=TRY_S,
        )
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": self.base_url},
            http_client=_OurHttp(vendor, sleep),
            max_network_retries=retries,
        )

    async def get(self, path: str, params: Params | None = None) -> dict[str, Json]:
        """Read. Raises RefusedByProvider, ProviderUnavailable."""
        return await self._call("get", path, params or {})

    async def post(self, path: str, params: Params, *, key: str | None = None) -> dict[str, Json]:
        """Do; `key` makes a repeat within 24 h the same deed. Raises RefusedByProvider, ProviderUnavailable."""
        options: Params = {} if key is None else {"idempotency_key": key}
        return await self._call("post", path, {**params, **options})

    async def _call(self, method: str, path: str, params: Params) -> dict[str, Json]:
        try:
            answer = await self._client.raw_request_async(method, path, **params)
        except stripe.StripeError as error:
            raise _meant(method, path, error) from None
        data: dict[str, Json] = answer.data
        return data


class _OurHttp(stripe.HTTPClient):
    """What the SDK sends goes through VendorHttp, whose breaker counts each try."""

    name = "httpx"

    def __init__(self, vendor: VendorHttp, sleep: Sleep) -> None:
        super().__init__()
        self._vendor = vendor
        self._sleep = sleep

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """See stripe.HTTPClient."""
        return self._sleep(secs)

    async def close_async(self) -> None:
        """Whoever made the client closes it."""

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """See stripe.HTTPClient."""
        agent = {name: value for name, value in headers.items() if name != "User-Agent"}
        vendor, parts = replace(self._vendor, headers=agent), urlsplit(url.removeprefix(self._vendor.base_url))
        form = dict(parse_qsl(post_data, keep_blank_values=True)) if post_data else None
        query = dict(parse_qsl(parts.query, keep_blank_values=True)) or None
        try:
            reply = await vendor.call(method.upper(), parts.path, query=query, form=form)
        except ProviderUnavailable as error:
            again = not vendor.breaker.is_open and error.retry_after_s is None
            raise _unanswered("no answer", again=again) from error
        if not _is_stripes(reply.is_success, reply.body):
            raise _unanswered("not Stripe's words", again=False)
        return json.dumps(reply.body).encode(), reply.status, {}


def _unanswered(why: str, *, again: bool) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(why, should_retry=again)  # type: ignore[no-untyped-call]


def _is_stripes(is_success: bool, body: Json) -> bool:
    """An object, or `{"error": {…}}`; the SDK breaks on anything else, such as a proxy's page."""
    if is_success or not isinstance(body, dict):
        return isinstance(body, dict)
    return isinstance(body.get("error"), dict)


def _meant(method: str, path: str, error: stripe.StripeError) -> RefusedByProvider | ProviderUnavailable:
    """What Stripe's words mean here. A 404 without a code is about the path, not about an object."""
    facts = _facts(method, path, error)
    if isinstance(error, OUR_FAULT) or (error.http_status == HTTPStatus.NOT_FOUND and not error.code):
        log.error("stripe refuses our key or how we use it", extra=facts)
        return ProviderUnavailable(NAME)
    if isinstance(error, REFUSALS):
        log.info("stripe refused", extra=facts)
        return _refusal(error)
    cause = error.__cause__
    return ProviderUnavailable(NAME, cause.retry_after_s if isinstance(cause, ProviderUnavailable) else None)


def _refusal(error: stripe.StripeError) -> RefusedByProvider:
    said = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    words = said if isinstance(said, dict) else {}
    code = plain(words.get("decline_code"), MAX_CODE) or plain(words.get("code"), MAX_CODE)
    return RefusedByProvider(code or plain(words.get("type"), MAX_CODE) or "refused", plain(words.get("message")))


def _facts(method: str, path: str, error: stripe.StripeError) -> dict[str, object]:
    """For the log: no trace and no words of Stripe's, which quote a part of the key, but its code."""
    words = {"code": plain(error.code, MAX_CODE), "reason": type(error).__name__}
    return {"vendor": NAME, "method": method.upper(), "path": path, "status": error.http_status, **words}


REAL_SLEEP: Final[Sleep] = asyncio.sleep
