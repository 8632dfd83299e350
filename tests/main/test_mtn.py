"""Which parts of MTN are switched on by which settings."""

from __future__ import annotations

import httpx
import pytest

from allonova.application.money.ports import Reach
from allonova.main.payments import build_mtn, build_mtn_payouts
from allonova.main.settings import Env, Settings
from tests.sandbox.harness import ServiceClock

COLLECTION = {"mtn_collection_key": "k", "mtn_collection_user": "u", "mtn_collection_api_key": "a"}
DISBURSEMENT = {"mtn_disbursement_key": "k", "mtn_disbursement_user": "u", "mtn_disbursement_api_key": "a"}
URL = {"mtn_base_url": "https://momoapi.example.test/"}


@pytest.mark.parametrize(
    ("env", "given", "url", "gives_back"),
    [
        (Env.PRODUCTION, {}, None, None),
        (Env.PRODUCTION, URL | COLLECTION, "https://momoapi.example.test", Reach.NOTHING),
        (Env.PRODUCTION, URL | COLLECTION | DISBURSEMENT, "https://momoapi.example.test", Reach.PARTS),
        (Env.EMBEDDED, {"port": 8001}, "http://127.0.0.1:8001/sandbox/mtn", Reach.PARTS),
        (Env.EMBEDDED, {"sandbox": False}, None, None),
    ],
)
def test_parts_are_on_by_their_keys(
    env: Env, given: dict[str, object], url: str | None, gives_back: Reach | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    settings = Settings.model_validate({"env": env, **given})
    http = httpx.AsyncClient()
    payments, payouts = build_mtn(settings, ServiceClock(), http), build_mtn_payouts(settings, http)
    assert (payments and payments.base_url) == url
    assert (payments and payments.gives_back) == gives_back
    assert (payouts is not None) is (gives_back is Reach.PARTS)
