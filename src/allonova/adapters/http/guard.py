"""The outermost layer: request id, access log, size, type and security headers; plain ASGI, so that it costs little."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from allonova.adapters.http.answers import refusal_body
from allonova.adapters.http.context import REQUEST_ID, USER_ID
from allonova.adapters.http.errors import status_of
from allonova.adapters.http.provide import language_of
from allonova.application.kernel.limits import Verdict
from allonova.domain.kernel.errors import DomainError, PayloadTooLarge, ServiceUnavailable, UnsupportedMediaType

log = logging.getLogger("allonova.access")

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"cache-control", b"no-store"),
)
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
FREE_TYPE = ("/sandbox/", "/api/v1/payments/webhook/")  # paths whose bodies are not our own clients'


class TooLarge(Exception):
    """The body grew over the limit while it was read."""


class Guard:
    """Wraps the app. Anything that escapes the app becomes a 503 in the envelope, and a line in the log."""

    def __init__(self, app: ASGIApp, *, body_limit_bytes: int) -> None:
        self.app = app
        self.body_limit = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        REQUEST_ID.set(given.lower() if UUID_SHAPE.fullmatch(given) else str(uuid.uuid4()))
        USER_ID.set("")
        exchange = _Exchange(scope, receive, send, self.body_limit)
        language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
        started = time.perf_counter()
        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await exchange.refuse(refusal, language)
            else:
                await self.app(scope, exchange.receive, exchange.send)
        except TooLarge:
            await exchange.refuse(PayloadTooLarge(), language)
        except Exception:
            log.exception("request failed", extra={"method": scope["method"], "path": scope["path"]})
            await exchange.refuse(ServiceUnavailable(), language)
        finally:
            _log(scope, exchange.status, time.perf_counter() - started)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> DomainError | None:
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self.body_limit:
            return PayloadTooLarge()
        has_body = length != b"0" or b"transfer-encoding" in headers
        if has_body and not scope["path"].startswith(FREE_TYPE) and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
            if kind != b"application/json":
                return UnsupportedMediaType()
        return None


class _Exchange:
    """One request's wires, counting and marking what passes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self._seen = 0
        self._docs = scope["path"].startswith(("/api/docs", "/sandbox/"))
        self._state = scope.setdefault("state", {})
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit:
                raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            policy = () if self._docs else (API_POLICY,)
            known = {name for name, _ in message["headers"]}
            extra = [pair for pair in (*SECURITY_HEADERS, *policy) if pair[0] not in known]
            if verdict := self._state.get("rate_limit"):
                extra += limit_headers(verdict)
            message["headers"] = [*message["headers"], *extra, (b"x-request-id", REQUEST_ID.get().encode())]
        await self._send(message)

    async def refuse(self, error: DomainError, language: str) -> None:
        """Answer in the envelope, unless an answer has begun."""
        if self.status:
            return
        body = refusal_body(error, language)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": status_of(error), "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _log(scope: Scope, status: int, seconds: float) -> None:
    path = scope["path"]
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(str(value), f"{{{name}}}")  # ids would make every line another one, and tokens are secret
    log.info(
        "request",
        extra={
            "method": scope["method"],
            "path": path[:200],
            "status": status,
            "ms": round(seconds * 1000, 1),
        },
    )


def limit_headers(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """What is left of the tightest limit (draft-ietf-httpapi-ratelimit-headers-07)."""
    return [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", b"%d" % verdict.reset_s),
    ]


def client_address(scope: Scope, trusted: Sequence[str]) -> str:
    """Who is at the other end: the first address from the right of X-Forwarded-For that is not a trusted proxy, and
    the peer itself when that is none. A caller cannot name his own address unless a proxy of ours believes him.
    """
    peer = scope["client"][0] if scope.get("client") else "unknown"
    networks = [ipaddress.ip_network(name, strict=False) for name in trusted]
    if not _is_in(peer, networks):
        return peer
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        peer = hop
        if not _is_in(hop, networks):
            break
    return peer[:64]


def _is_in(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
