"""Whether there is Orange Money, and where."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from allonova.adapters.payments.orange import OrangePayments
from allonova.main.payments import build_orange
from allonova.main.settings import Settings

KEYS = {"OM_CLIENT_ID": "id", "OM_CLIENT_SECRET": "secret", "OM_MERCHANT_KEY": "key"}


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def built(monkeypatch: pytest.MonkeyPatch, **environment: str) -> OrangePayments | None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return build_orange(Settings(), Noon(), httpx.AsyncClient())


@pytest.mark.parametrize(
    ("environment", "base_url"),
    [
        ({"ALLONOVA_ENV": "production"}, None),
        ({"ALLONOVA_ENV": "production", **KEYS}, "https://api.orange.com/orange-money-webpay/ci/v1"),
        ({"ALLONOVA_ENV": "embedded"}, "http://127.0.0.1:8000/sandbox/orange/orange-money-webpay/ci/v1"),
        ({"ALLONOVA_ENV": "embedded", "ALLONOVA_SANDBOX": "false"}, None),
        (
            {"ALLONOVA_ENV": "embedded", "OM_ENVIRONMENT": "dev", "OM_BASE_URL": "https://orange.test/"},
            "https://orange.test/orange-money-webpay/dev/v1",
        ),
    ],
)
def test_on_where_it_is_set_or_played(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], base_url: str | None
) -> None:
    gateway = built(monkeypatch, **environment)
    assert (gateway.base_url if gateway else None) == base_url
