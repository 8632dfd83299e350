"""Tokens of Google and Apple as the sandbox hands them out, for people who log in with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from allonova.domain.identity.session import ACCESS_TTL
from tests.support.api import Api, Person
from tests.support.wire import data


async def id_token(api: Api, provider: str = "google", **claims: Any) -> str:
    """A token of whoever `sub` is."""
    body = {"sub": "108204268033311374519"} | claims
    return str(data(await api.outside.post(f"/oidc/{provider}/token", json=body))["id_token"])


async def post(api: Api, token: str, provider: str = "google", **more: Any) -> httpx.Response:
    """`POST /auth/social/{provider}`."""
    return await api.http.post(f"/auth/social/{provider}", json={"id_token": token, **more})


async def log_in(api: Api, provider: str = "google", **claims: Any) -> Person:
    """Somebody who has logged in so."""
    tokens = data(await post(api, await id_token(api, provider, **claims), provider))
    expires_at = api.clock.now() + ACCESS_TTL
    phone = tokens["user"]["phone"] or ""
    return Person(api=api, id=UUID(tokens["user"]["id"]), phone=phone, tokens=tokens, expires_at=expires_at)
