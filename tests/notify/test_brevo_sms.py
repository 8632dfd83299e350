"""Text messages by Brevo, against the played provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from allonova.adapters.notify.brevo_sms import BrevoSms
from allonova.adapters.notify.gsm import GSM_LETTERS, gsm
from allonova.application.notifications.ports import BadAddress, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.sandbox.harness import Played, playing

PHONE = "+2250700000001"


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    async with playing(tmp_path / "state.sqlite3") as it:
        yield it


def sms(played: Played, *, api_key: str = "xkeysib-any", sender: str = "AlloCar") -> BrevoSms:
    return BrevoSms(played.http, base_url="http://s.test/sandbox/brevo/v3", api_key=api_key, sender=sender)


async def test_message_goes_out_with_its_template(played: Played) -> None:
    await sms(played).send(to=PHONE, text="Votre code est 123456.", template="otp")
    (message,) = await played.data("outbox", channel="sms", to=PHONE)
    assert (message["body"], message["template"], message["to"]) == ("Votre code est 123456.", "otp", PHONE)


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_unavailable_when_provider_breaks(played: Played, kind: str) -> None:
    await played.arm(kind, provider="brevo")
    with pytest.raises(ProviderUnavailable) as caught:
        await sms(played).send(to=PHONE, text="x", template="otp")
    assert caught.value.provider == "brevo"


async def test_unavailable_when_key_is_bad(played: Played) -> None:
    with pytest.raises(ProviderUnavailable):
        await sms(played, api_key="bad").send(to=PHONE, text="x", template="otp")


@pytest.mark.parametrize("phone", ["+0987654321", "+22", "0987654321" * 3, "x"])
async def test_undeliverable_when_number_is_none(played: Played, phone: str) -> None:
    with pytest.raises(BadAddress) as caught:
        await sms(played).send(to=phone, text="x", template="otp")
    assert caught.value.code == "invalid_parameter"


async def test_number_and_text_stay_out_of_the_log(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Undeliverable):
        await sms(played).send(to="+0987654321", text="code 135790", template="otp")
    ours = [repr(vars(record)) for record in caplog.records if record.name.startswith("allonova")]
    assert any("invalid_parameter" in text for text in ours)
    assert not any("987654321" in text or "135790" in text for text in ours)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": "not_enough_credits"}),
        (400, {}),
        (400, []),
        (402, {"code": "not_enough_credits", "message": "no credit"}),
        (403, {"code": "permission_denied"}),
        (404, {"code": "document_not_found"}),
        (429, {"code": "too_many_requests"}),
        (503, {}),
    ],
)
async def test_unavailable_when_it_may_pass(status: int, body: object) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, json=body)))
    with pytest.raises(ProviderUnavailable):
        await BrevoSms(http, base_url="https://b.test/v3", api_key="k", sender="AlloCar").send(
            to=PHONE, text="x", template="otp"
        )


@pytest.mark.parametrize(
    ("text", "unicode"),
    [
        ("Déjà payé : 5000 F @ [Cocody] €", "false"),
        ("reçu", "false"),
        ("😀", "true"),
        ("Abidjan 😀 Côte", "true"),
        ("مرحبا", "true"),
    ],
)
async def test_unicode_is_asked_for_only_when_needed(text: str, unicode: str) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(201, json={"messageId": 1})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    await BrevoSms(http, base_url="https://b.test/v3", api_key="k", sender="AlloCar").send(
        to=PHONE, text=text, template="otp"
    )
    assert f'"unicodeEnabled":{unicode}'.encode() in seen[0]
    assert b'"recipient":"2250700000001"' in seen[0]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Hôtel Ivoire, Port-Bouët : reçu", "Hotel Ivoire, Port-Bouet : recu"),
        ("déjà où à Noël", "déjà où à Noel"),
        ("l’œuvre – “ici”…", 'l\'oeuvre - "ici"...'),
        ("e\u0301le\u0300ve", "élève"),
        ("Đà 😀 ß Ω", "Đà 😀 ß Ω"),
    ],
)
def test_accents_are_left_out_when_they_would_cost(text: str, sent: str) -> None:
    assert gsm(text) == sent


def test_gsm_alphabet_is_whole() -> None:
    assert len(GSM_LETTERS) == 127 + 9


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Invalid telephone number", BadAddress),
        ("recipient is missing", BadAddress),
        ("content is missing", Undeliverable),
        (None, Undeliverable),
    ],
)
async def test_number_is_blamed_only_when_it_is_the_number(message: str | None, kind: type[Undeliverable]) -> None:
    body = {"code": "invalid_parameter", "message": message}
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(400, json=body)))
    with pytest.raises(Undeliverable) as caught:
        await BrevoSms(http, base_url="https://b.test/v3", api_key="k", sender="AlloCar").send(
            to=PHONE, text="x", template="otp"
        )
    assert type(caught.value) is kind
