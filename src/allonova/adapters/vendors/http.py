"""Calls to vendors over HTTP: bounded in time and size, never inside a unit, never raising anything unexpected."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import httpx

from allonova.adapters.telemetry.work import PROVIDER, REFUSED, watched
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.strict_json import Json, MalformedJson, loads
from allonova.application.kernel.inside import require_outside_unit
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(connect=3.0, read=10.0, write=10.0, pool=3.0)
TOTAL_S = 15.0  # a body that drips resets the read timeout with each byte
MAX_ANSWER_BYTES = 1024 * 1024
STANDING_HEADERS = {
    "User-Agent": "AlloNova",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # a small compressed answer could unpack to more than the bound in one step
}
PLAIN_LIMIT = 500
REQUEST_TIMEOUT, TOO_MANY_REQUESTS = 408, 429
LONGEST_REST_S = 3600


class _Unanswered(Exception):
    """Why nothing is known of a call; for the log."""

    def __init__(self, reason: str, retry_after_s: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer, 2xx or a 4xx that is final. `body` is None when it is empty; headers by lower-case names."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorHttp:
    """One vendor's API at `base_url`. `headers` carry its key and are sent nowhere else: redirects are not followed.

    `rest_s` is how long to leave it after a 429 that does not say; `total_s` bounds a whole call, `timeout` its parts.
    """

    vendor: str
    http: httpx.AsyncClient
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    breaker: Breaker = field(default_factory=Breaker)
    rest_s: int | None = None
    total_s: float = TOTAL_S
    timeout: httpx.Timeout = field(default_factory=lambda: TIMEOUT)

    def __post_init__(self) -> None:
        self.breaker.guard(self.vendor)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        shown: str | None = None,
    ) -> Reply:
        """One call.

        Args:
            path: as written in a URL, from the slash after `base_url` on.
            form: the body of a vendor who takes no JSON.
            shown: what the log has in place of a path that names somebody's whereabouts.

        Raises:
            ProviderUnavailable: no answer, 408, 429, 5xx, a redirect, or a body that is neither empty nor JSON:
                nothing is known of the outcome. It carries what the vendor says in `Retry-After`.
        """
        require_outside_unit(self.vendor)
        if not self.breaker.admit():
            raise ProviderUnavailable(self.vendor)
        try:
            with watched(PROVIDER, self.vendor) as work:
                async with asyncio.timeout(self.total_s):
                    reply = await self._exchange(method, path + _query(query), json, form)
                if not reply.is_success:
                    work.outcome = REFUSED
        except (_Unanswered, httpx.HTTPError, httpx.InvalidURL, TimeoutError, MalformedJson) as error:
            self.breaker.failed()
            reason = str(error) if isinstance(error, _Unanswered) else type(error).__name__
            log.warning("vendor did not answer", extra=self._facts(method, shown or path) | {"reason": reason})
            raise ProviderUnavailable(self.vendor, getattr(error, "retry_after_s", None)) from error
        self.breaker.answered()
        if not reply.is_success:
            log.info("vendor refused", extra=self._facts(method, shown or path) | {"status": reply.status})
        return reply

    async def _exchange(self, method: str, path: str, json: Json, form: Mapping[str, str] | None) -> Reply:
        async with self.http.stream(
            method,
            self.base_url.rstrip("/") + path,
            json=json,
            data=form,
            headers={**STANDING_HEADERS, **self.headers},
            timeout=self.timeout,
            follow_redirects=False,
        ) as response:
            status = response.status_code
            is_final = 200 <= status < 300 or 400 <= status < 500
            if not is_final or status in (REQUEST_TIMEOUT, TOO_MANY_REQUESTS):
                raise _Unanswered(f"status {status}", retry_after_s(response.headers) or self._rest(status))
            body = await _bounded(response)
        return Reply(status, loads(body) if body.strip() else None, dict(response.headers))

    def _rest(self, status: int) -> int | None:
        return self.rest_s if status == TOO_MANY_REQUESTS else None

    def _facts(self, method: str, path: str) -> dict[str, str]:
        """For the log: no query, no headers and no bodies, where keys and personal values are."""
        return {"vendor": self.vendor, "method": method, "path": path}


def retry_after_s(headers: Mapping[str, str]) -> int | None:
    """What `Retry-After` asks for (RFC 9110 §10.2.3), up to `LONGEST_REST_S`: seconds, or an instant that is measured
    by the answer's own `Date`. None for anything else.
    """
    wanted = headers.get("Retry-After", "").strip()
    if wanted.isascii() and wanted.isdigit():
        return min(int(wanted[:9]), LONGEST_REST_S)
    try:
        wait = parsedate_to_datetime(wanted) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return min(max(math.ceil(wait.total_seconds()), 0), LONGEST_REST_S)


def _query(query: Mapping[str, str] | None) -> str:
    return f"?{urlencode(query)}" if query else ""


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _Unanswered("answer too large")
    return bytes(body)


def plain(value: Json, limit: int = PLAIN_LIMIT) -> str:
    """A vendor's words as one printable line; empty for anything but text."""
    if not isinstance(value, str):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in value).strip()[:limit]
