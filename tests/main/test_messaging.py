"""Who carries messages, by the settings."""

from __future__ import annotations

import re

import httpx
import pytest

from allonova.adapters.notify.brevo_mail import BrevoMail
from allonova.adapters.notify.brevo_sms import BrevoSms
from allonova.adapters.notify.orange_sms import OrangeSms
from allonova.adapters.notify.smtp_mail import SmtpMail
from allonova.main.messaging import build_messenger, build_sms
from allonova.main.settings import Env, Misconfigured, Settings
from tests.main.test_settings import settings_of
from tests.support.factories import SetClock

ORANGE = {
    "ALLONOVA_SMS_PROVIDER": "orange",
    "ORANGE_SMS_CLIENT_ID": "id",
    "ORANGE_SMS_CLIENT_SECRET": "secret",
    "ORANGE_SMS_SENDER": "+2250700000000",
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_vendors_are_those_that_were_chosen() -> None:
    http, clock = httpx.AsyncClient(), SetClock()
    plain = build_messenger(Settings(env=Env.EMBEDDED), clock, http)
    assert (type(plain.sms), type(plain.mails)) == (BrevoSms, BrevoMail)
    other = Settings(env=Env.EMBEDDED, sms_provider="orange", smtp_url="smtp://mail.test")
    chosen = build_messenger(other, clock, http)
    assert (type(chosen.sms), type(chosen.mails)) == (OrangeSms, SmtpMail)


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({"env": Env.EMBEDDED, "port": 8123}, "127.0.0.1"),
        ({"env": Env.EMBEDDED, "sandbox": False}, "api.orange.com"),
        ({"env": Env.EMBEDDED, "orange_sms_base_url": "https://orange.test/x"}, "orange.test"),
    ],
)
async def test_orange_is_played_unless_it_has_an_address(changes: dict[str, object], host: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    settings = Settings(sms_provider="orange", **changes)  # type: ignore[arg-type] # the parameters' own types
    await build_sms(settings, http).send(to="+2250700000001", text="x", template="otp")
    assert {request.url.host for request in asked} == {host}
    assert len(asked) == 2


def test_production_starts_when_orange_has_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(monkeypatch, ORANGE).checked()
    assert settings.sms_provider == "orange"
    assert (settings.brevo_webhook, settings.orange_sms_receipts) == ("", "")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        *[({name: ""}, f"{name} is missing") for name in sorted(ORANGE) if name != "ALLONOVA_SMS_PROVIDER"],
        ({"ORANGE_SMS_BASE_URL": "http://orange.test"}, "ORANGE_SMS_BASE_URL must be https"),
        ({"ORANGE_SMS_SENDER": "0700000000"}, "ORANGE_SMS_SENDER must be a number"),
        ({"ORANGE_SMS_RECEIPT_SECRET": "short"}, "ORANGE_SMS_RECEIPT_SECRET must be 24"),
        ({"ORANGE_SMS_RECEIPT_SECRET": "a/b" * 10}, "ORANGE_SMS_RECEIPT_SECRET must be 24"),
        ({"BREVO_WEBHOOK_TOKEN": "x" * 23}, "BREVO_WEBHOOK_TOKEN must be 24"),
    ],
)
def test_production_refuses_when_what_was_chosen_is_not_sound(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], fault: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        settings_of(monkeypatch, ORANGE | changes).checked()
    assert [each for each in caught.value.faults if re.match(re.escape(fault), each)]
    assert len(caught.value.faults) == 1
    assert "a/b" not in str(caught.value)


def test_nothing_of_orange_is_needed_when_brevo_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of(monkeypatch, {"ORANGE_SMS_CLIENT_ID": "id"}).checked().sms_provider == "brevo"


def test_secrets_are_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "BREVO_WEBHOOK_TOKEN": "hook-" * 6,
        "ORANGE_SMS_CLIENT_SECRET": "client-" * 6,
        "ORANGE_SMS_RECEIPT_SECRET": "receipt-" * 6,
    }
    shown = repr(settings_of(monkeypatch, ORANGE | given))
    assert not any(value in shown for value in given.values())
