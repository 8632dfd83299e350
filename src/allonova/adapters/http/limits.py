"""How often one may call: per user, per address and, where one logs in, per identifier."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Awaitable, Sequence
from functools import lru_cache
from uuid import UUID

from fastapi import Request
from slowapi.util import get_remote_address

from allonova.adapters.http.provide import (
    AdminCredentials,
    Credentials,
    Principal,
    edge_of,
    optional_admin,
    optional_caller,
)
from allonova.application.kernel.limits import Limit
from allonova.domain.kernel.errors import AuthRequired, RateLimited


async def limit_calls(request: Request, _told: Credentials) -> None:
    """A router's dependency: user and address are counted in one round trip."""
    await count_call(request)


async def count_call(request: Request) -> None:
    """The same for a route that looks at something meanwhile."""
    await count(request, optional_caller(request))


async def limit_admin_calls(request: Request, _told: AdminCredentials) -> None:
    """The same for the routers of the back office."""
    await count(request, optional_admin(request))


async def count(request: Request, found: Awaitable[Principal | None]) -> None:
    """Count a call of whoever is found. Whose token is refused is nobody, and counted as such before he hears of it:
    guessing tokens costs hits as well.
    """
    try:
        caller = await found
    except AuthRequired:
        await hit(request, limits_of(request, None))
        raise
    await hit(request, limits_of(request, None if caller is None else caller.id))


async def limit_rare(request: Request, name: str, *, amount: int, window_s: int) -> None:
    """What an address may do a few times a day."""
    address = client_address(request, edge_of(request).config.trusted_proxies)
    await hit(request, [_closed(name, address, amount, window_s)])


def limits_of(request: Request, who: UUID | None) -> list[Limit]:
    """What a call of somebody, or of nobody we know, is counted under."""
    config = edge_of(request).config
    address = client_address(request, config.trusted_proxies)
    if who is None:
        return [Limit(name="anonymous", key=address, amount=config.anonymous_per_minute, window_s=60)]
    return [
        Limit(name="user", key=str(who), amount=config.user_per_minute, window_s=60),
        Limit(name="address", key=address, amount=config.address_per_minute, window_s=60),
    ]


async def limit_logins(request: Request, identifier: str) -> None:
    """What proves who one is may be tried less often, and not at all while nobody can count."""
    config = edge_of(request).config
    address = client_address(request, config.trusted_proxies)
    who = hashlib.sha256(identifier.encode()).hexdigest()[:32]  # counters outlive requests and hold no phone
    limits = [
        _closed("auth", f"{address} {who}", config.auth_per_minute, 60),
        _closed("auth-address", address, config.auth_address_per_minute, 60),
        _closed("auth-identifier", who, config.auth_identifier_per_hour, 3600),
    ]
    await hit(request, limits)


def _closed(name: str, key: str, amount: int, window_s: int) -> Limit:
    return Limit(name=name, key=key, amount=amount, window_s=window_s, closed=True)


async def hit(request: Request, limits: list[Limit]) -> None:
    """Count a call, and leave for the answer's headers how things stand. Raises RateLimited."""
    verdict = await edge_of(request).limiter.hit(limits)
    request.state.rate_limit = verdict
    if not verdict.allowed:
        raise RateLimited(retry_after_s=max(1, verdict.retry_after_s))


def client_address(request: Request, trusted: Sequence[str]) -> str:
    """Who is at the other end: the first address from the right of X-Forwarded-For that is not a trusted proxy, and
    the peer itself when that is none. A caller cannot name his own address unless a proxy of ours believes him.
    """
    address = get_remote_address(request)
    if not _is_in(address, tuple(trusted)):
        return address
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed([part.strip() for part in hops if part.strip()]):
        address = hop
        if not _is_in(hop, tuple(trusted)):
            break
    return address[:64]


@lru_cache(maxsize=1024)
def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)
