"""Which providers may vouch for people."""

from __future__ import annotations

import httpx
import pytest

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.social.id_tokens import IdTokens
from allonova.domain.identity.social import SocialProvider
from allonova.main.settings import Settings
from allonova.main.social import build_identity_providers

GOOGLE, APPLE = SocialProvider


def built(monkeypatch: pytest.MonkeyPatch, **env: str) -> dict[SocialProvider, IdTokens]:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    made = build_identity_providers(Settings(), SystemClock(), httpx.AsyncClient())
    return {name: one for name, one in made.items() if isinstance(one, IdTokens)}


def url_of(tokens: IdTokens) -> str:
    return tokens.keys._vendor.base_url


def test_nobody_vouches_when_production_names_no_app(monkeypatch: pytest.MonkeyPatch) -> None:
    assert built(monkeypatch, ALLONOVA_ENV="production") == {}


def test_provider_is_on_when_production_names_its_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    made = built(monkeypatch, ALLONOVA_ENV="production", GOOGLE_CLIENT_IDS="web.test, ios.test")
    assert list(made) == [GOOGLE]
    assert made[GOOGLE].clients == ("web.test", "ios.test")
    assert made[GOOGLE].issuers == ("https://accounts.google.com", "accounts.google.com")
    assert url_of(made[GOOGLE]) == "https://www.googleapis.com/oauth2/v3/certs"
    assert not made[GOOGLE].hashes_nonce
    apple = built(monkeypatch, ALLONOVA_ENV="production", APPLE_CLIENT_IDS="test.allocar")[APPLE]
    assert (apple.issuers, apple.hashes_nonce) == (("https://appleid.apple.com",), True)
    assert url_of(apple) == "https://appleid.apple.com/auth/keys"


def test_both_are_played_when_there_is_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    made = built(monkeypatch, ALLONOVA_ENV="test")
    assert {name: url_of(one) for name, one in made.items()} == {
        name: f"http://127.0.0.1:8000/sandbox/oidc/{name}/jwks" for name in (GOOGLE, APPLE)
    }
    assert {one.clients for one in made.values()} == {("sandbox",)}


def test_keys_come_from_elsewhere_when_somebody_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made = built(monkeypatch, ALLONOVA_ENV="test", GOOGLE_JWKS_URL="https://keys.test", APPLE_JWKS_URL="https://k.test")
    assert [url_of(made[name]) for name in (GOOGLE, APPLE)] == ["https://keys.test", "https://k.test"]
