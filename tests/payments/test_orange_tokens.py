"""Orange's access tokens: fetched when they are needed, kept while they last."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx
import pytest

from allonova.adapters.vendors.orange_tokens import LONGEST_LIFE_S, MARGIN_S, SHORT_LIFE_S, OrangeTokens
from allonova.domain.kernel.errors import ProviderUnavailable

ODD_LIVES: tuple[object, ...] = (None, 0, -1, True, 1.5, "soon", "-5", [], "9" * 10)
ODD_TOKENS: tuple[object, ...] = (None, 7, "", "a b", "a\r\nX: y", "é", "a" * 5000)
ODD_ANSWERS: tuple[object, ...] = ([], {}, *({"access_token": odd} for odd in ODD_TOKENS))


@dataclass
class Issuer:
    """Gives out numbered tokens of this life, or what the test laid ready."""

    life: object = 3600
    ready: list[httpx.Response] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)
    at: float = 1000.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(0)  # others come meanwhile
        if self.ready:
            return self.ready.pop(0)
        return httpx.Response(200, json={"access_token": f"t{len(self.asked)}", "expires_in": self.life})

    def tokens(self) -> OrangeTokens:
        return OrangeTokens(
            httpx.AsyncClient(transport=httpx.MockTransport(self.__call__)),
            vendor="orange",
            base_url="https://orange.test",
            client_id="id",
            client_secret="secret",
            monotonic=lambda: self.at,
        )


async def test_asked_as_oauth_wants_it() -> None:
    issuer = Issuer()
    assert await issuer.tokens().token() == "t1"
    (request,) = issuer.asked
    assert (request.method, str(request.url)) == ("POST", "https://orange.test/oauth/v3/token")
    assert request.headers["Authorization"] == "Basic aWQ6c2VjcmV0"
    assert request.content == b"grant_type=client_credentials"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("life", "lasts_s"),
    [
        (3600, 3600 - MARGIN_S),
        ("7200", 7200 - MARGIN_S),
        (10**12, LONGEST_LIFE_S - MARGIN_S),
        *((odd, SHORT_LIFE_S - MARGIN_S) for odd in ODD_LIVES),
    ],
)
async def test_kept_until_shortly_before_it_ends(life: object, lasts_s: int) -> None:
    issuer = Issuer(life)
    tokens = issuer.tokens()
    assert await tokens.token() == "t1"
    issuer.at += lasts_s - 1
    assert await tokens.token() == "t1"
    issuer.at += 1
    assert await tokens.token() == "t2"


async def test_one_request_when_many_ask_at_once() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    assert set(await asyncio.gather(*(tokens.token() for _ in range(20)))) == {"t1"}
    assert set(await asyncio.gather(*(tokens.token(refused="t1") for _ in range(20)))) == {"t2"}
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(403),
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200),
        *(httpx.Response(200, json=body) for body in ODD_ANSWERS),
    ],
)
async def test_unavailable_and_nothing_kept_when_there_is_no_token(answer: httpx.Response) -> None:
    issuer = Issuer(ready=[answer])
    tokens = issuer.tokens()
    with pytest.raises(ProviderUnavailable) as caught:
        await tokens.token()
    assert caught.value.provider == "orange"
    assert await tokens.token() == "t2"
