"""A provider that others wrote (oidc-provider-mock), on a port of its own: its tokens are read like Google's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock  # type: ignore[import-untyped]
import pytest

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.social.id_tokens import IdTokens
from allonova.adapters.social.keys import ProviderKeys
from allonova.domain.identity.social import BadIdToken, SocialProvider

CLIENT = "web.apps.test"
BACK = "https://app.test/back"
CLAIMS = {"email": "awa@example.com", "email_verified": True, "given_name": "Awa", "family_name": "Koné"}


@pytest.fixture
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def a_token(http: httpx.AsyncClient, issuer: str, *, nonce: str = "n-0S6", client: str = CLIENT) -> str:
    """By the whole way of a browser: a login, a code, a token."""
    await http.put(f"{issuer}/users/108204", json=CLAIMS)
    query = {
        "client_id": client,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email profile",
        "nonce": nonce,
        "state": "s",
    }
    sent_back = await http.post(f"{issuer}/oauth2/authorize", params=query, data={"sub": "108204"})
    code = parse_qs(urlsplit(sent_back.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    answer = await http.post(f"{issuer}/oauth2/token", data=form, auth=(client, "any"))
    return str(answer.json()["id_token"])


async def google(http: httpx.AsyncClient, issuer: str, *issuers: str, ahead: timedelta = timedelta()) -> IdTokens:
    discovered = (await http.get(f"{issuer}/.well-known/openid-configuration")).json()

    class Clock(SystemClock):
        def now(self) -> object:  # type: ignore[override]
            return super().now() + ahead

    return IdTokens(
        provider=SocialProvider.GOOGLE,
        issuers=issuers or (discovered["issuer"],),
        clients=(CLIENT,),
        keys=ProviderKeys(http, vendor="google", url=discovered["jwks_uri"]),
        clock=Clock(),  # type: ignore[arg-type]
    )


async def test_person_is_told_when_the_provider_is_another_program(http: httpx.AsyncClient, issuer: str) -> None:
    person = await (await google(http, issuer)).verify(await a_token(http, issuer), nonce="n-0S6")
    assert (person.subject, person.email) == ("108204", "awa@example.com")
    assert (person.first_name, person.last_name) == ("Awa", "Koné")


async def test_token_is_refused_when_it_is_not_for_us_or_not_from_there(http: httpx.AsyncClient, issuer: str) -> None:
    tokens = await google(http, issuer)
    good = await a_token(http, issuer)
    for token, nonce in (
        (await a_token(http, issuer, client="another.app.test"), "n-0S6"),
        (good, "another nonce"),
        (good, None),
        (good[:-4] + "AAAA", "n-0S6"),
    ):
        with pytest.raises(BadIdToken):
            await tokens.verify(token, nonce=nonce)
    for stricter in (
        await google(http, issuer, "https://accounts.google.com"),
        await google(http, issuer, ahead=timedelta(hours=2)),
        await google(http, issuer, ahead=timedelta(minutes=-1)),
    ):
        with pytest.raises(BadIdToken):
            await stricter.verify(good, nonce="n-0S6")
