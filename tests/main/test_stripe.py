"""Whether there are cards, and where."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from allonova.main.payments import STRIPE_URL, build_stripe
from allonova.main.played import sandbox_config
from allonova.main.settings import Env, Settings
from tests.sandbox.harness import ServiceClock

KEYS = {"stripe_secret_key": "sk_live_1", "stripe_publishable_key": "pk_live_1", "stripe_webhook_secret": "whsec_1"}


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"env": Env.PRODUCTION}, None),
        ({"env": Env.PRODUCTION, **KEYS}, STRIPE_URL),
        ({"env": Env.PRODUCTION, "stripe_base_url": "https://stripe.test", **KEYS}, "https://stripe.test"),
        ({"env": Env.EMBEDDED, "port": 8123}, "http://127.0.0.1:8123/sandbox/stripe"),
        ({"env": Env.EMBEDDED, "sandbox": False}, None),
    ],
)
def test_on_where_it_is_set_or_played(given: dict[str, str], url: str | None) -> None:
    gateway = build_stripe(Settings(**given), ServiceClock(), httpx.AsyncClient())  # type: ignore[arg-type]
    assert (gateway.base_url if gateway else None) == url


def test_sandbox_signs_with_the_secret_that_is_believed() -> None:
    for settings in (Settings(env=Env.EMBEDDED), Settings(env=Env.EMBEDDED, stripe_webhook_secret="whsec_own")):
        assert sandbox_config(settings, Path("state")).stripe_webhook_secret == settings.stripe_webhook
    assert Settings(env=Env.PRODUCTION).stripe_webhook == ""


def test_keys_are_not_shown() -> None:
    settings = Settings(env=Env.EMBEDDED, **KEYS)  # type: ignore[arg-type]
    assert "sk_live_1" not in repr(settings)
    assert "whsec_1" not in repr(settings)
