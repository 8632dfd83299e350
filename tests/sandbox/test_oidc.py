"""Google's and Apple's sign-in, played (providers.md 1.9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jose import jwt

from .harness import START, Played, playing

AT = int(START.timestamp())


async def token(played: Played, provider: str = "google", **claims: Any) -> str:
    answer = await played.http.post(f"/sandbox/oidc/{provider}/token", json={"sub": "s1"} | claims)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id_token"])


async def keys(played: Played, provider: str = "google") -> list[dict[str, Any]]:
    answer = await played.http.get(f"/sandbox/oidc/{provider}/jwks")
    assert answer.headers["cache-control"].startswith("public, max-age=")
    return list(answer.json()["keys"])


async def test_token_is_googles_when_somebody_logs_in_there(played: Played) -> None:
    signed = await token(played, email="a@b.test", given_name="Awa", nonce="n")
    [key] = await keys(played)
    assert jwt.get_unverified_header(signed) == {"alg": "RS256", "kid": key["kid"], "typ": "JWT"}
    options = {"verify_exp": False, "verify_iat": False}
    assert jwt.decode(signed, key, algorithms=["RS256"], audience="sandbox", options=options) == {
        "iss": "https://accounts.google.com",
        "aud": "sandbox",
        "azp": "sandbox",
        "sub": "s1",
        "email": "a@b.test",
        "email_verified": True,
        "given_name": "Awa",
        "nonce": "n",
        "iat": AT,
        "exp": AT + 3600,
    }


async def test_token_is_apples_when_somebody_logs_in_there(played: Played) -> None:
    claims = jwt.get_unverified_claims(await token(played, "apple", email="a@b.test", is_private_email=True))
    assert (claims["iss"], claims["email_verified"], claims["is_private_email"]) == (
        "https://appleid.apple.com",
        "true",
        "true",
    )


async def test_token_is_odd_when_a_test_wants_it_so(played: Played) -> None:
    claims = jwt.get_unverified_claims(
        await token(played, sub=None, iss="https://evil.test", aud=["a", "b"], exp_s=-1, iat_s=60)
    )
    assert claims == {
        "iss": "https://evil.test", "aud": ["a", "b"], "azp": "sandbox", "iat": AT + 60, "exp": AT - 1,
    }  # fmt: skip


async def test_keys_change_when_a_day_is_over_and_the_last_one_stays_listed(played: Played) -> None:
    [first] = await keys(played)
    await played.clock.advance(86_400)
    signed = await token(played)
    second, listed = await keys(played)
    assert listed == first
    assert jwt.get_unverified_header(signed)["kid"] == second["kid"] != first["kid"]
    answer = await played.http.post("/sandbox/oidc/google/rotate", json={})
    assert [key["kid"] for key in await keys(played)] == [answer.json()["data"]["kid"], second["kid"]]


async def test_keys_are_the_same_when_the_sandbox_starts_again(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        async with playing(tmp_path / "state.sqlite3") as played:
            found.append(await keys(played, "apple"))
    assert found[0] == found[1]


async def test_discovery_tells_where_the_keys_are(played: Played) -> None:
    told = (await played.http.get("/sandbox/oidc/apple/.well-known/openid-configuration")).json()
    assert told["issuer"] == "https://appleid.apple.com"
    assert told["jwks_uri"] == "http://127.0.0.1:8000/sandbox/oidc/apple/jwks"


@pytest.mark.parametrize("body", [{"sub": 7}, {"exp_s": "soon"}, {"unknown": 1}, {"exp_s": 10**9}])
async def test_body_is_refused_when_it_is_none(played: Played, body: dict[str, Any]) -> None:
    answer = await played.http.post("/sandbox/oidc/google/token", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_error")


async def test_fault_strikes_the_keys_alone(played: Played) -> None:
    assert (await played.arm("error", provider="google")).status_code == 200
    assert await token(played)
    assert (await played.http.get("/sandbox/oidc/google/jwks")).status_code == 500
    assert await keys(played)
