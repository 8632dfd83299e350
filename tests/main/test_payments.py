"""Which providers of payments and payouts are asked, by the settings."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from allonova.main.payments import WAVE_URL, build_wave, build_wave_payouts
from allonova.main.settings import Env, Settings
from tests.sandbox.harness import ServiceClock


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"port": 8123}, "http://127.0.0.1:8123/sandbox/wave"),
        ({"sandbox_port": 8124}, "http://127.0.0.1:8124/sandbox/wave"),
        ({"sandbox": False}, WAVE_URL),
        ({"wave_base_url": "https://wave.internal"}, "https://wave.internal"),
    ],
)
def test_wave_is_asked_at_its_own_url_or_at_the_sandboxs(given: dict[str, Any], url: str) -> None:
    settings, http = Settings(env=Env.EMBEDDED, **given), httpx.AsyncClient()
    assert build_wave(settings, ServiceClock(), http).base_url == url
    assert build_wave_payouts(settings, http).base_url == url


def test_keys_are_not_shown() -> None:
    settings = Settings(env=Env.EMBEDDED, wave_api_key="a-key", wave_webhook_secret="a-secret")
    assert "a-key" not in repr(settings)
    assert "a-secret" not in repr(settings)
