"""What routes ask for: their use case, the caller, the key, the language."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from allonova.adapters.http.answers import body_of
from allonova.adapters.http.context import USER_ID
from allonova.application.identity.ports import Caller, Revocations, TokenVerifier
from allonova.application.kernel.idempotency import UNKEYED, Answer, Keyed, Once
from allonova.application.kernel.limits import RateLimiter
from allonova.application.kernel.ports import Begin, Clock, Sealer
from allonova.domain.identity.roles import Area, Right, Role, may
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, FieldError, Forbidden, ValidationError
from allonova.domain.kernel.machine import Party


async def nothing_to_read() -> None:
    """The figures of the database are another process' to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """All that the HTTP adapter stands on; `use` has every use case, query port and gateway by its type or name.
    `is_leaving`: the process has been told to stop. `read_gauges` runs before each scrape.
    """

    use: Mapping[object, object]
    begin: Begin[Any]
    clock: Clock
    sealer: Sealer
    verifier: TokenVerifier
    revocations: Revocations
    limiter: RateLimiter
    health: Mapping[str, Callable[[], Awaitable[None]]]
    is_leaving: Callable[[], bool]
    config: HttpConfig
    read_gauges: Callable[[], Awaitable[None]] = nothing_to_read


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """Settings of the HTTP adapter."""

    public_url: str
    payment_return_url: str
    metrics_token: str = field(default="", repr=False)
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    takes_test_addresses: bool = False
    body_limit_bytes: int = 1 << 20
    user_per_minute: int = 60
    address_per_minute: int = 1200
    anonymous_per_minute: int = 60
    auth_per_minute: int = 10
    auth_address_per_minute: int = 100
    auth_identifier_per_hour: int = 30


def edge_of(request: Request) -> Edge:
    """The edge that this app was built with."""
    return cast("Edge", request.app.state.edge)


def use(kind: object) -> Any:
    """The wired instance of a use case or port: `accept: Annotated[AcceptBooking, use(AcceptBooking)]`."""

    async def provide(request: Request) -> object:
        return edge_of(request).use[kind]

    provide.__name__ = f"use_{getattr(kind, '__name__', kind)}"
    return Depends(provide)


bearer = HTTPBearer(auto_error=False, description="Access token of audience `allocar`.", bearerFormat="JWT")
type Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def verified(request: Request, credentials: HTTPAuthorizationCredentials | None, audience: Audience) -> Caller | None:
    """Whose access token came, of whichever world; None without one. One that is not good is refused, not ignored."""
    if credentials is None:
        if "authorization" in request.headers:
            raise AuthRequired
        return None
    edge = edge_of(request)
    caller = edge.verifier.verify(credentials.credentials, audience=audience)
    if edge.revocations.is_revoked(caller.session_id):
        raise AuthRequired
    USER_ID.set(str(caller.user_id))
    return caller


async def optional_caller(request: Request) -> Caller | None:
    """Who sends the request; None without a token. Here and below the scheme, and whoever else tells the caller, is
    called and no dependency: FastAPI walks through the whole tree for each that asks. The OpenAPI hears of the scheme
    by the router's limit.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        known = request.state.caller = verified(request, await bearer(request), Audience.ALLOCAR)
    return known


type MaybeCaller = Annotated[Caller | None, Depends(optional_caller)]


async def required_caller(request: Request) -> Caller:
    """Who sends the request."""
    caller = await optional_caller(request)
    if caller is None:
        raise AuthRequired
    return caller


type UserCaller = Annotated[Caller, Depends(required_caller)]


@dataclass(frozen=True, slots=True)
class AdminCaller:
    """Who of the back office sends the request, and in which role."""

    admin_id: UUID
    session_id: UUID
    role: Role

    @property
    def id(self) -> UUID:
        """Whose keys and limits are his."""
        return self.admin_id

    @property
    def actor(self) -> Actor:
        """As histories and audit rows name him."""
        return Actor(Party.ADMIN, self.admin_id)


admin_bearer = HTTPBearer(
    scheme_name="AdminBearer",
    auto_error=False,
    description="Access token of audience `allocar-admin`, from `POST /api/v1/admin/login`.",
    bearerFormat="JWT",
)
type AdminCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(admin_bearer)]


async def optional_admin(request: Request) -> AdminCaller | None:
    """Who of the back office sends the request; None without a token. A user's token is refused like any other."""
    known: AdminCaller | None = getattr(request.state, "admin", None)
    if known is not None:
        return known
    caller = verified(request, await admin_bearer(request), Audience.ALLOCAR_ADMIN)
    if caller is None:
        return None
    if caller.role not in set(Role):
        raise AuthRequired
    found = request.state.admin = AdminCaller(caller.user_id, caller.session_id, Role(caller.role))
    return found


async def required_admin(request: Request) -> AdminCaller:
    """Who of the back office sends the request, whatever his role."""
    caller = await optional_admin(request)
    if caller is None:
        raise AuthRequired
    return caller


type AnyAdmin = Annotated[AdminCaller, Depends(required_admin)]


@dataclass(frozen=True, slots=True)
class AdminRow:
    """The row of the role table that a route stands in, and how far it goes; documents and tests read it there."""

    area: Area
    right: Right

    async def __call__(self, request: Request) -> AdminCaller:
        """Who sends the request. Raises Forbidden when his role may not go that far."""
        caller = await required_admin(request)
        if not may(caller.role, self.area, self.right):
            raise Forbidden
        return caller


def admin(area: Area, right: Right) -> Any:
    """The caller, if his role may: `caller: Annotated[AdminCaller, admin(Area.KYC, Right.ALL)]`."""
    return Depends(AdminRow(area, right))


DEFAULT_LANGUAGES = (("/api/v1/", "en"), ("/api/", "fr"), ("/auth/", "fr"), ("/nova/", "fr"))
"""By the first prefix that a path begins with: AlloCar speaks English and NOVA French to whoever does not say."""


def request_language(request: Request) -> str:
    """The caller's language, by his header and the API that he calls."""
    path = request.url.path
    default = next((language for prefix, language in DEFAULT_LANGUAGES if path.startswith(prefix)), "en")
    return language_of(request.headers.get("accept-language", ""), default)


def language_of(accept: str, default: str = "en") -> str:
    """`fr` or `en`, by the caller's order of preference."""
    weighed = []
    for index, part in enumerate(accept.lower().split(",")[:20]):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        weighed.append((-weight, index, tag.split("-")[0]))
    return next((tag for weight, _, tag in sorted(weighed) if tag in ("fr", "en") and weight < 0), default)


async def language(request: Request) -> str:
    """The caller's language."""
    return request_language(request)


type Language = Annotated[str, Depends(language)]


ETAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')  # weak as well: proxies that compress make ours so


async def if_match(
    if_match: Annotated[
        str | None, Header(description='The `ETag` that was read, `"3"`; a change made since is then not overwritten.')
    ] = None,
) -> int | None:
    """The version that the caller wants to change; None when any will do (no header, or `*`)."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = ETAG.fullmatch(if_match.strip())
    if found is None:
        raise ValidationError((FieldError("If-Match", "invalid", 'an ETag as it was given, such as "3"'),))
    return int(found[1])


type IfMatch = Annotated[int | None, Depends(if_match)]


class Principal(Protocol):
    """Whoever a token speaks for."""

    @property
    def id(self) -> UUID: ...


def keyed(
    status: int,
    *,
    required: bool = False,
    who: Callable[..., Any] = optional_caller,
    passing: frozenset[str] = frozenset(),
) -> Any:
    """The caller's Idempotency-Key as a Once.

    Args:
        status: that of the answer to keep.
        who: the dependency that tells the caller, None when nobody says who he is.
        passing: fields of the body that say nothing of what is wanted, and may differ in a repeat.
    """

    asked: Any = Depends(who)  # as a default: an annotation is read where `who` has no name

    async def provide(
        request: Request,
        idempotency_key: Annotated[
            str | None, Header(description="1–255 visible characters; a repeat gets the first answer again.")
        ] = None,
        caller: Principal | None = asked,
    ) -> Once[Any]:
        if idempotency_key is None:
            if required:
                raise ValidationError((FieldError("Idempotency-Key", "missing", "this header is required"),))
            return UNKEYED
        if not 1 <= len(idempotency_key) <= 255 or not all("!" <= char <= "~" for char in idempotency_key):
            raise ValidationError((FieldError("Idempotency-Key", "invalid", "1 to 255 visible characters"),))
        fingerprint = _fingerprint(await request.body(), passing)
        owner = str(caller.id) if caller else f"anonymous:{fingerprint}"
        scope = hashlib.sha256(f"{owner}\n{request.method}\n{request.url.path}\n{idempotency_key}".encode()).hexdigest()
        edge = edge_of(request)
        once: Keyed[object] = Keyed(scope, fingerprint, edge.clock, edge.sealer, _renderer(status))
        request.state.keyed = once
        return once

    return Depends(provide)


def _renderer(status: int) -> Callable[[object], Answer]:
    return lambda view: Answer(status, body_of(view))


def _fingerprint(body: bytes, passing: frozenset[str]) -> str:
    """The body's meaning, whatever its spaces and the order of its fields."""
    try:
        found = json.loads(body or b"null")
        if isinstance(found, dict):
            found = {name: value for name, value in found.items() if name not in passing}
        canonical = json.dumps(found, sort_keys=True, separators=(",", ":"))
    except ValueError:
        canonical = body.decode(errors="replace")
    return hashlib.sha256(canonical.encode(errors="replace")).hexdigest()
