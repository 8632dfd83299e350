"""How often one may call: per user, per address and, where one logs in, per identifier."""

from __future__ import annotations

import hashlib

from fastapi import Request

from allonova.adapters.http.guard import client_address
from allonova.adapters.http.provide import MaybeCaller, edge_of
from allonova.application.kernel.limits import Limit
from allonova.domain.kernel.errors import RateLimited


async def limit_calls(request: Request, caller: MaybeCaller) -> None:
    """A router's dependency: user and address are counted in one round trip."""
    config = edge_of(request).config
    address = client_address(request.scope, config.trusted_proxies)
    if caller is None:
        limits = [Limit(name="anonymous", key=address, amount=config.anonymous_per_minute, window_s=60)]
    else:
        limits = [
            Limit(name="user", key=str(caller.user_id), amount=config.user_per_minute, window_s=60),
            Limit(name="address", key=address, amount=config.address_per_minute, window_s=60),
        ]
    await _hit(request, limits)


async def limit_logins(request: Request, identifier: str) -> None:
    """What proves who one is may be tried less often, and not at all while nobody can count."""
    config = edge_of(request).config
    address = client_address(request.scope, config.trusted_proxies)
    who = hashlib.sha256(identifier.encode()).hexdigest()[:32]  # counters outlive requests and hold no phone
    limits = [
        _closed("auth", f"{address} {who}", config.auth_per_minute, 60),
        _closed("auth-address", address, config.auth_address_per_minute, 60),
        _closed("auth-identifier", who, config.auth_identifier_per_hour, 3600),
    ]
    await _hit(request, limits)


def _closed(name: str, key: str, amount: int, window_s: int) -> Limit:
    return Limit(name=name, key=key, amount=amount, window_s=window_s, closed=True)


async def _hit(request: Request, limits: list[Limit]) -> None:
    verdict = await edge_of(request).limiter.hit(limits)
    request.state.rate_limit = verdict
    if not verdict.allowed:
        raise RateLimited(retry_after_s=max(1, verdict.retry_after_s))
