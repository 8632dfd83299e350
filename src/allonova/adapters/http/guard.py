"""The outer layers: request id, access log, security headers, size and type; plain ASGI, so that they cost little."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from allonova.adapters.http.answers import refusal
from allonova.adapters.http.context import REQUEST_ID, USER_ID
from allonova.adapters.http.provide import Edge, language_of
from allonova.adapters.telemetry.requests import Served, serving
from allonova.application.kernel.limits import Verdict
from allonova.domain.files.upload import MAX_BYTES
from allonova.domain.kernel.errors import DomainError, PayloadTooLarge, ServiceUnavailable, UnsupportedMediaType

log = logging.getLogger("allonova.access")

# Pages of ours ask for none of what a device has.
POWERS = ("camera", "display-capture", "geolocation", "microphone", "payment", "publickey-credentials-get", "usb")
NO_POWERS = b", ".join(b"%s=()" % power.encode() for power in POWERS)
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"x-dns-prefetch-control", b"off"),
    (b"permissions-policy", NO_POWERS),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"cache-control", b"no-store"),
)
API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
FILES = "/files/objects/"  # where files come in whole, at a place that knows how large each may be
FILE_LIMIT_BYTES = max(MAX_BYTES.values())
SECRETS = {"/api/v1/public/rides/": "{token}", "/api/v1/notifications/receipts/orange/": "{secret}"}
"""Where what follows is a secret, and what the log has in its place."""
NO_WORD = re.compile(r"/(?!(?:[a-z._-]{0,40}|v[0-9])(?:/|$))[^/]*")
HOOKS = ("/api/v1/payments/webhook/", "/api/v1/notifications/webhook/", "/api/v1/notifications/receipts/")
FREE_TYPE = ("/sandbox/", *HOOKS, FILES)  # paths whose bodies are not our own clients'


class TooLarge(HTTPException):
    """The body grew over the limit while it was read; of this kind, since FastAPI takes any other for a broken body."""

    def __init__(self) -> None:
        super().__init__(413)


class Frame:
    """Outermost: gives each request its id, each answer that id and the security headers, and the log a line. Sockets
    go their own way.
    """

    def __init__(self, app: ASGIApp, *, sockets: ASGIApp | None = None) -> None:
        self.app = app
        self.sockets = sockets or app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await (self.sockets if scope["type"] == "websocket" else self.app)(scope, receive, send)
            return
        given = _header(scope, b"x-request-id")
        made = str(uuid.uuid4())  # noqa: TID251 - names one exchange and is kept nowhere
        REQUEST_ID.set(given.lower() if UUID_SHAPE.fullmatch(given) else made)
        USER_ID.set("")
        with serving(scope, REQUEST_ID.get()) as served:

            async def send_marked(message: Message) -> None:
                if message["type"] == "http.response.start":
                    served.status = message["status"]
                    message["headers"] = [*message["headers"], *_marks(scope, message["headers"])]
                await send(message)

            try:
                await self.app(scope, receive, send_marked)
            finally:
                _log(scope, served)


class Guard:
    """Inside CORS, so that our own pages can read what it refuses: bodies by size and type. Anything that escapes the
    app becomes a 503 in the envelope, and a line in the log.
    """

    def __init__(self, app: ASGIApp, *, body_limit_bytes: int) -> None:
        self.app = app
        self.body_limit = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        refused = self._refusal(scope)
        try:
            if refused is None:
                await self.app(scope, _counted(receive, self._limit(scope)), send_noting)
        except ClientDisconnect:  # whoever asked has gone: nothing of ours has failed, and there is nobody to answer
            return
        except Exception:
            log.exception("request failed", extra={"method": scope["method"], "path": _shape(scope)})
            refused = ServiceUnavailable()
        if refused is not None and not has_begun:
            answer = refusal(refused, language_of(_header(scope, b"accept-language")))
            await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> DomainError | None:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._limit(scope):
            return PayloadTooLarge()
        has_body = length != b"0" or b"transfer-encoding" in headers
        if has_body and not scope["path"].startswith(FREE_TYPE) and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
            if kind != b"application/json":
                return UnsupportedMediaType()
        return None

    def _limit(self, scope: Scope) -> int:
        return FILE_LIMIT_BYTES if scope["path"].startswith(FILES) else self.body_limit


def _counted(receive: Receive, limit: int) -> Receive:
    """Stops reading a body that says nothing of its length, or lies about it."""
    seen = 0

    async def receive_counting() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge
        return message

    return receive_counting


def _header(scope: Scope, name: bytes) -> str:
    return next((value for key, value in scope["headers"] if key == name), b"").decode("latin-1")


def _marks(scope: Scope, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What every answer carries, unless its route said otherwise."""
    known = {name for name, _ in headers}
    policy = () if scope["path"].startswith(("/api/docs", "/sandbox/")) else (API_POLICY,)
    marks = [pair for pair in (*SECURITY_HEADERS, *policy) if pair[0] not in known]
    if _is_leaving(scope):
        marks.append((b"connection", b"close"))  # so that the next request of this client finds another process
    if verdict := scope.get("state", {}).get("rate_limit"):
        marks += limit_headers(verdict)
    return [*marks, (b"x-request-id", REQUEST_ID.get().encode())]


def _is_leaving(scope: Scope) -> bool:
    app = scope.get("app")
    edge: Edge | None = getattr(app.state, "edge", None) if app is not None else None
    return edge is not None and edge.is_leaving()


def _shape(scope: Scope) -> str:
    """The path as it is logged: ids would make every line another one, and tokens are secret."""
    path: str = scope["path"]
    for before, name in SECRETS.items():
        if path.startswith(before):  # a link that is mistyped matches no route and may still be somebody's
            return before + name
    if "path_params" not in scope:  # no route of ours: whatever somebody typed, words apart
        path = NO_WORD.sub("/…", path)
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(str(value), f"{{{name}}}")
    return path[:200]


def _log(scope: Scope, served: Served) -> None:
    log.info(
        "request",
        extra={
            "method": scope["method"],
            "path": _shape(scope),
            "status": served.status,
            "ms": round(served.seconds * 1000, 1),
        },
    )


def limit_headers(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """What is left of the tightest limit (draft-ietf-httpapi-ratelimit-headers-07)."""
    return [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", b"%d" % verdict.reset_s),
    ]
