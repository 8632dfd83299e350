"""A provider's keys: how long they are kept, when they are asked for again, and what is no key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jose.utils import long_to_base64

from allonova.adapters.social.keys import REFETCH_S, SHORT_LIFE_S, ProviderKeys
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.domain.kernel.errors import ProviderUnavailable

PUBLIC = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers()
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers()  # noqa: S505


def a_key(kid: Any = "one", **changes: Any) -> dict[str, Any]:
    numbers = {"n": long_to_base64(PUBLIC.n).decode(), "e": long_to_base64(PUBLIC.e).decode()}
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid} | numbers | changes


@dataclass
class Google:
    """Answers with these keys, and counts who asks."""

    keys: list[Any] = field(default_factory=lambda: [a_key()])
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    asked: int = 0
    now: float = 1000.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)  # others may come meanwhile
        assert str(request.url) == "https://keys.test/certs"
        return httpx.Response(self.status, json={"keys": self.keys}, headers=self.headers)

    def ring(self) -> ProviderKeys:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return ProviderKeys(http, vendor="google", url="https://keys.test/certs", monotonic=lambda: self.now)


@pytest.mark.parametrize(
    ("headers", "life_s"),
    [
        ({"Cache-Control": "public, max-age=19800, must-revalidate"}, 19800),
        ({"Cache-Control": "max-age=19800", "Age": "800"}, 19000),
        ({"Cache-Control": "max-age=5"}, SHORT_LIFE_S),
        ({"Cache-Control": "no-store"}, SHORT_LIFE_S),
        ({"Cache-Control": "no-cache, max-age=900"}, SHORT_LIFE_S),
        ({"Cache-Control": "max-age=999999999"}, 86_400),
        ({"Cache-Control": "max-age=soon", "Age": "x"}, 3600),
        ({}, 3600),
    ],
)
async def test_keys_are_asked_for_again_when_their_time_is_over(headers: dict[str, str], life_s: float) -> None:
    google = Google(headers=headers)
    ring = google.ring()
    assert await ring.find("one") is not None
    google.now += life_s - 1
    assert await ring.find("one") is not None
    assert google.asked == 1
    google.now += 1
    assert await ring.find("one") is not None
    assert google.asked == 2


async def test_new_key_is_found_when_the_provider_changed_before_it_said() -> None:
    google = Google()
    ring = google.ring()
    assert await ring.find("one") is not None
    google.keys = [a_key("two"), a_key("one")]
    google.now += REFETCH_S
    assert await ring.find("two") is not None
    assert google.asked == 2


async def test_provider_is_left_alone_when_somebody_makes_up_key_ids() -> None:
    google = Google()
    ring = google.ring()
    for number in range(50):
        assert await ring.find(f"made up {number}") is None
        google.now += 0.1
    assert google.asked == 1
    google.now += REFETCH_S
    assert await ring.find("made up") is None
    assert await ring.find("made up") is None
    assert google.asked == 2


async def test_keys_are_fetched_once_when_many_ask_at_a_time() -> None:
    google = Google()
    ring = google.ring()
    assert None not in await asyncio.gather(*(ring.find("one") for _ in range(20)))
    assert google.asked == 1


async def test_all_hear_that_there_are_no_keys_when_one_has_asked_in_vain() -> None:
    google = Google(status=500)
    ring = google.ring()
    found = await asyncio.gather(*(ring.find("one") for _ in range(20)), return_exceptions=True)
    assert [type(one) for one in found] == [ProviderUnavailable] * 20
    assert google.asked == 1
    google.status = 200
    assert await ring.find("one") is not None


async def test_known_key_serves_when_a_question_for_another_one_failed() -> None:
    google = Google()
    ring = google.ring()
    await ring.find("one")
    google.status, google.now = 503, google.now + REFETCH_S
    with pytest.raises(ProviderUnavailable):
        await ring.find("two")
    assert await ring.find("one") is not None


async def test_provider_rests_when_it_has_failed_too_often() -> None:
    google = Google(status=503)
    ring = google.ring()
    for _ in range(9):
        with pytest.raises(ProviderUnavailable):
            await ring.find("one")
    assert google.asked == 5


@pytest.mark.parametrize(
    "key",
    [
        a_key(kty="EC"),
        a_key(use="enc"),
        a_key(alg="RS512"),
        a_key(kid=7),
        a_key(kid=""),
        a_key(n=None),
        a_key(n="%%%"),
        a_key(n=long_to_base64(WEAK.n).decode()),
        {"kty": "RSA", "kid": "one"},
        {"kty": "oct", "kid": "one", "k": "c2VjcmV0", "alg": "HS256"},
        "one",
        None,
    ],
)
async def test_key_is_passed_over_when_it_is_none_for_us(key: Any) -> None:
    google = Google(keys=[key, a_key("two")])
    ring = google.ring()
    assert await ring.find("two") is not None
    assert await ring.find("one") is None


@pytest.mark.parametrize("body", [[], {}, {"keys": []}, {"keys": "x"}, {"keys": [a_key(kty="EC")]}])
async def test_provider_is_down_when_it_shows_no_key(body: Any) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    ring = ProviderKeys(httpx.AsyncClient(transport=transport), vendor="google", url="https://keys.test")
    with pytest.raises(ProviderUnavailable):
        await ring.find("one")


async def test_nobody_is_asked_when_a_transaction_is_open() -> None:
    google = Google()
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await google.ring().find("one")
    finally:
        INSIDE_UNIT.reset(token)
    assert google.asked == 0
