"""Id tokens: what makes one good, and every way to forge one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jose import jws
from jose.utils import long_to_base64

from allonova.adapters.social.id_tokens import APPLE_ISSUERS, GOOGLE_ISSUERS, SKEW_S, IdTokens
from allonova.adapters.social.keys import ProviderKeys
from allonova.domain.identity.social import BadIdToken, ProvenPerson, SocialProvider

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
NUMBERS = KEY.public_key().public_numbers()
JWK = {"kty": "RSA", "kid": "k1", "n": long_to_base64(NUMBERS.n).decode(), "e": long_to_base64(NUMBERS.e).decode()}
CLAIMS: dict[str, Any] = {
    "iss": "https://accounts.google.com",
    "aud": "ios.apps.test",
    "azp": "ios.apps.test",
    "sub": "108204268033311374519",
    "email": "Awa@Example.com",
    "email_verified": True,
    "given_name": "Awa",
    "family_name": "Koné",
    "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
    "iat": AT - 5,
    "exp": AT + 3600,
}
APPLES = CLAIMS | {"iss": "https://appleid.apple.com", "email_verified": "true", "is_private_email": "true"}


class Clock:
    def now(self) -> datetime:
        return NOW


def tokens(provider: SocialProvider = SocialProvider.GOOGLE) -> IdTokens:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"keys": [JWK]}))
    keys = ProviderKeys(httpx.AsyncClient(transport=transport), vendor=provider, url="https://keys.test")
    is_apple = provider is SocialProvider.APPLE
    return IdTokens(
        provider=provider,
        issuers=APPLE_ISSUERS if is_apple else GOOGLE_ISSUERS,
        clients=("web.apps.test", "ios.apps.test"),
        keys=keys,
        clock=Clock(),
        hashes_nonce=is_apple,
    )


def signed(claims: dict[str, Any], *, pem: str = PEM, **header: Any) -> str:
    told = {name: value for name, value in claims.items() if value is not None}
    token: str = jws.sign(told, pem, headers={"kid": "k1"} | header, algorithm="RS256")
    return token


def segment(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def by_hand(header: object, claims: object = CLAIMS, signature: bytes = b"x" * 256) -> str:
    return f"{segment(header)}.{segment(claims)}.{segment(signature)}"


def by_secret(secret: bytes) -> str:
    """HS256 with what everybody knows as its secret."""
    body = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{segment(CLAIMS)}"
    return f"{body}.{segment(hmac.digest(secret, body.encode(), hashlib.sha256))}"


async def test_person_is_told_when_the_token_is_good() -> None:
    assert await tokens().verify(signed(CLAIMS), nonce=None) == ProvenPerson(
        provider=SocialProvider.GOOGLE,
        subject="108204268033311374519",
        email="Awa@example.com",
        first_name="Awa",
        last_name="Koné",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "accounts.google.com"},
        {"aud": "web.apps.test"},
        {"aud": ["web.apps.test"]},
        {"aud": ["web.apps.test", "ios.apps.test"]},
        {"iat": AT + SKEW_S},
        {"exp": AT + 1},
        {"nbf": AT + SKEW_S},
    ],
)
async def test_token_is_taken_when_it_is_just_good(changes: dict[str, Any]) -> None:
    assert (await tokens().verify(signed(CLAIMS | changes), nonce=None)).subject == CLAIMS["sub"]


BAD_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://accounts.google.com.evil.test"},
    {"iss": "https://appleid.apple.com"},
    {"iss": None},
    {"iss": ["https://accounts.google.com"]},
    {"aud": "another.app.test"},
    {"aud": None},
    {"aud": []},
    {"aud": ["ios.apps.test", "another.app.test"]},
    {"aud": {"ios.apps.test": 1}},
    {"aud": [["ios.apps.test"]]},
    {"exp": AT},
    {"exp": AT - 1},
    {"exp": None},
    {"exp": True},
    {"exp": str(AT + 60)},
    {"exp": AT + 60.5},
    {"iat": AT + SKEW_S + 1},
    {"iat": None},
    {"iat": "now"},
    {"nbf": AT + SKEW_S + 1},
    {"nbf": "now"},
    {"sub": None},
    {"sub": ""},
    {"sub": 108204268033311374519},
    {"sub": "x" * 256},
    {"sub": "a b"},
    {"sub": "a\n"},
    {"nonce": "one that we never heard of"},
]


@pytest.mark.parametrize("changes", BAD_CLAIMS, ids=[json.dumps(one)[:60] for one in BAD_CLAIMS])
async def test_token_is_refused_when_a_claim_is_not_good(changes: dict[str, Any]) -> None:
    with pytest.raises(BadIdToken):
        await tokens().verify(signed(CLAIMS | changes), nonce=None)


GOOD = signed(CLAIMS)
HEAD, BODY, SIGNATURE = GOOD.split(".")
STRANGERS_PEM = STRANGERS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
FORGED = {
    "alg none, unsigned": f"{segment({'alg': 'none', 'kid': 'k1'})}.{BODY}.",
    "alg none, with a signature": by_hand({"alg": "none", "kid": "k1"}),
    "alg None": by_hand({"alg": "None", "kid": "k1"}),
    "no alg": by_hand({"kid": "k1"}),
    "HS256 by the public key": by_secret(PUBLIC_PEM),
    "HS256 by the modulus": by_secret(JWK["n"].encode()),
    "HS256 by nothing": by_secret(b""),
    "RS512": jws.sign(CLAIMS, PEM, headers={"kid": "k1"}, algorithm="RS512"),
    "no kid": jws.sign(CLAIMS, PEM, algorithm="RS256"),
    "kid of nobody": signed(CLAIMS, kid="k2"),
    "kid that is a path": signed(CLAIMS, kid="../../dev/null"),
    "kid that is a number": signed(CLAIMS, kid=1),
    "another's key": signed(CLAIMS, pem=STRANGERS_PEM),
    "another's key, which it brings along": signed(CLAIMS, pem=STRANGERS_PEM, jwk=JWK, jku="https://evil.test/jwks"),
    "an extension that must be understood": signed(CLAIMS, crit=["exp"]),
    "b64": signed(CLAIMS, b64=False),
    "other claims": f"{HEAD}.{segment(CLAIMS | {'sub': 'somebody else'})}.{SIGNATURE}",
    "truncated": GOOD[:-10],
    "truncated by one": GOOD[:-1],
    "without a signature": f"{HEAD}.{BODY}.",
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.{SIGNATURE}",
    "five parts, as if encrypted": f"{GOOD}.{SIGNATURE}.{SIGNATURE}",
    "empty": "",
    "dots": "..",
    "spaces": f" {GOOD}",
    "a new line behind": f"{GOOD}\n",
    "padding": f"{HEAD}.{BODY}.{SIGNATURE}==",
    "plus and slash": f"{HEAD}.{BODY}.+/{SIGNATURE[2:]}",
    "header that is no JSON": f"{segment(b'x')}.{BODY}.{SIGNATURE}",
    "header that is a list": by_hand(["RS256"]),
    "header with two algorithms": f"{segment(b'{"alg":"none","alg":"RS256","kid":"k1"}')}.{BODY}.{SIGNATURE}",
    "claims that are no JSON": f"{HEAD}.{segment(b'x')}.{SIGNATURE}",
    "claims that are a list": by_hand({"alg": "RS256", "kid": "k1"}, ["x"]),
    "claims that are not UTF-8": f"{HEAD}.{segment(b'\xff')}.{SIGNATURE}",
    "claims with two subjects": f"{HEAD}.{segment(b'{"sub":"a","sub":"b"}')}.{SIGNATURE}",
    "claims with NaN": f"{HEAD}.{segment(b'{"exp":NaN}')}.{SIGNATURE}",
    "claims that nest": f"{HEAD}.{segment(b'[' * 4000)}.{SIGNATURE}",
    "one of base64's bits too many": f"{HEAD}.{BODY}A.{SIGNATURE}",
    "too long": f"{HEAD}.{BODY}.{SIGNATURE * 40}",
}


@pytest.mark.parametrize("name", FORGED)
async def test_token_is_refused_when_it_is_forged(name: str) -> None:
    with pytest.raises(BadIdToken):
        await tokens().verify(FORGED[name], nonce=None)


@pytest.mark.parametrize(
    ("provider", "said", "given", "is_good"),
    [
        ("google", "n-0S6", "n-0S6", True),
        ("google", "n-0S6", "n-0S7", False),
        ("google", "n-0S6", None, False),
        ("google", None, "n-0S6", False),
        ("google", 7, "7", False),
        ("google", hashlib.sha256(b"n-0S6").hexdigest(), "n-0S6", False),
        ("apple", hashlib.sha256(b"n-0S6").hexdigest(), "n-0S6", True),
        ("apple", "n-0S6", "n-0S6", True),
        ("apple", hashlib.sha256(b"n-0S6").hexdigest().upper(), "n-0S6", False),
        ("apple", "é", "n-0S6", False),
    ],
)
async def test_nonce_must_be_known_on_both_sides(provider: str, said: Any, given: str | None, is_good: bool) -> None:
    claims = (APPLES if provider == "apple" else CLAIMS) | {"nonce": said}
    verify = tokens(SocialProvider(provider)).verify(signed(claims), nonce=given)
    if is_good:
        assert (await verify).subject == CLAIMS["sub"]
        return
    with pytest.raises(BadIdToken):
        await verify


@pytest.mark.parametrize(
    ("changes", "email"),
    [
        ({"email_verified": "true"}, "Awa@example.com"),
        ({"email_verified": False}, None),
        ({"email_verified": "false"}, None),
        ({"email_verified": "True"}, None),
        ({"email_verified": None}, None),
        ({"email_verified": 2}, None),
        ({"email_verified": [True]}, None),
        ({"email": None}, None),
        ({"email": "no mail"}, None),
        ({"email": ["a@b.test"]}, None),
        ({"email": f"{'a' * 250}@b.test"}, None),
        ({"email": "a@b.test\n"}, None),
    ],
)
async def test_email_is_told_when_the_provider_has_verified_it(changes: dict[str, Any], email: str | None) -> None:
    assert (await tokens().verify(signed(CLAIMS | changes), nonce=None)).email == email


@pytest.mark.parametrize(("name", "kept"), [("", None), (7, None), ("A\x00wa\n", None), ("x" * 300, "x" * 200)])
async def test_names_are_one_line_when_they_are_taken(name: Any, kept: str | None) -> None:
    if isinstance(name, str) and "\0" in name:
        with pytest.raises(BadIdToken):  # nothing that the database could not keep gets past the parser
            await tokens().verify(signed(CLAIMS | {"given_name": name}), nonce=None)
        return
    assert (await tokens().verify(signed(CLAIMS | {"given_name": name}), nonce=None)).first_name == kept


async def test_apples_token_is_good_for_apple_alone() -> None:
    person = await tokens(SocialProvider.APPLE).verify(signed(APPLES), nonce=None)
    assert (person.provider, person.email) == (SocialProvider.APPLE, "Awa@example.com")
    for provider, claims in ((SocialProvider.GOOGLE, APPLES), (SocialProvider.APPLE, CLAIMS)):
        with pytest.raises(BadIdToken):
            await tokens(provider).verify(signed(claims), nonce=None)
