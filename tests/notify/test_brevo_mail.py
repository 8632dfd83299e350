"""Mails by Brevo, against the played provider."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from allonova.adapters.notify.brevo_mail import BrevoMail
from allonova.application.notifications.ports import BadAddress, Letter, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.sandbox.harness import Played, playing

TO = "awa@example.test"
LINK = "https://app.test/verify-email#token=Ab_9-x"
LETTER = Letter(
    template="email_verify",
    language="fr",
    subject="Confirmez votre adresse",
    paragraphs=("Bienvenue.", "Ignorez ce message si ce n’est pas vous."),
    button="Confirmer",
    url=LINK,
    data={"token": "Ab_9-x", "url": LINK},
)


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    async with playing(tmp_path / "state.sqlite3") as it:
        yield it


def brevo(http: httpx.AsyncClient, *, api_key: str = "xkeysib-any", sender: str = "no-reply@allocar.test") -> BrevoMail:
    url = "http://s.test/sandbox/brevo/v3"
    return BrevoMail(http, base_url=url, api_key=api_key, sender=sender, sender_name="AlloCar")


def answering(status: int, body: object) -> tuple[httpx.AsyncClient, list[dict[str, object]]]:
    seen: list[dict[str, object]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(status, json=body)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), seen


async def test_mail_goes_out_with_its_template_and_data(played: Played) -> None:
    await brevo(played.http).send(to=TO, letter=LETTER)
    [mail] = await played.data("outbox", channel="email", to=TO)
    assert (mail["to"], mail["subject"], mail["template"]) == (TO, LETTER.subject, LETTER.template)
    assert mail["data"] == {"token": "Ab_9-x", "url": LINK}
    assert all(part in mail["body"] for part in ("Bienvenue.", "Confirmer", LINK))


async def test_both_forms_go_out_in_brevos_shape() -> None:
    http, seen = answering(201, {"messageId": "<1@brevo.test>"})
    await brevo(http).send(to=TO, letter=LETTER)
    [body] = seen
    assert body["sender"] == {"email": "no-reply@allocar.test", "name": "AlloCar"}
    assert body["to"] == [{"email": TO}]
    assert body["tags"] == ["email_verify"]
    assert body["params"] == {"token": "Ab_9-x", "url": LINK}
    assert "Bienvenue." in str(body["textContent"])
    assert str(body["htmlContent"]).startswith("<!doctype html>")


async def test_nothing_is_filled_in_when_people_write_what_brevo_reads_as_a_template() -> None:
    http, seen = answering(201, {"messageId": "<1@brevo.test>"})
    hostile = "{{ params.token }} {% if 1 %} {# x #} {{{"
    letter = Letter(template="otp", language="fr", subject=hostile, paragraphs=(hostile,), data={"token": "t"})
    await brevo(http).send(to=TO, letter=letter)
    for part in ("subject", "textContent", "htmlContent"):
        text = str(seen[0][part])
        assert "params.token" in text
        assert not any(mark in text for mark in ("{{", "{%", "{#"))


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_unavailable_when_provider_breaks(played: Played, kind: str) -> None:
    await played.arm(kind, provider="brevo")
    with pytest.raises(ProviderUnavailable) as caught:
        await brevo(played.http).send(to=TO, letter=LETTER)
    assert caught.value.provider == "brevo"


async def test_unavailable_when_key_is_bad(played: Played) -> None:
    with pytest.raises(ProviderUnavailable):
        await brevo(played.http, api_key="bad").send(to=TO, letter=LETTER)


@pytest.mark.parametrize("to", ["awa", "awa@example", "awa@example.test, all@example.test", "a b@example.test", ""])
async def test_undeliverable_when_address_is_none(played: Played, to: str) -> None:
    with pytest.raises(BadAddress) as caught:
        await brevo(played.http).send(to=to, letter=LETTER)
    assert caught.value.code == "invalid_parameter"


async def test_unavailable_when_it_is_our_sender_that_is_wrong(played: Played) -> None:
    with pytest.raises(ProviderUnavailable):
        await brevo(played.http, sender="nobody").send(to=TO, letter=LETTER)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": "not_enough_credits", "message": "no credit left"}),
        (400, {"code": "missing_parameter", "message": "sender is missing"}),
        (400, {"code": "invalid_parameter"}),
        (400, {"code": "invalid_parameter", "message": ["email is not valid in to"]}),
        (400, []),
        (402, {"code": "not_enough_credits", "message": "email is not valid in to"}),
        (403, {"code": "permission_denied"}),
        (429, {"code": "too_many_requests"}),
        (503, {}),
    ],
)
async def test_unavailable_when_it_may_pass(status: int, body: object) -> None:
    http, _ = answering(status, body)
    with pytest.raises(ProviderUnavailable):
        await brevo(http).send(to=TO, letter=LETTER)


async def test_address_and_secrets_stay_out_of_the_log(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Undeliverable):
        await brevo(played.http).send(to="awa-at-example", letter=LETTER)
    ours = [repr(vars(record)) for record in caplog.records if record.name.startswith("allonova")]
    assert any("invalid_parameter" in text for text in ours)
    assert not any("awa-at-example" in text or "Ab_9-x" in text for text in ours)


STORED = replace(LETTER, stored=12, facts={"route": "Abidjan - Bouaké", "amount": "13 500"})


async def test_stored_template_goes_out_with_its_facts_when_there_is_one(played: Played) -> None:
    await brevo(played.http).send(to=TO, letter=STORED)
    [mail] = await played.data("outbox", channel="email", to=TO)
    assert (mail["subject"], mail["template"]) == ("(template 12)", LETTER.template)
    assert mail["data"] == {"route": "Abidjan - Bouaké", "amount": "13 500", "token": "Ab_9-x", "url": LINK}


async def test_stored_template_keeps_its_own_sender_and_words() -> None:
    http, seen = answering(201, {"messageId": "<1@brevo.test>"})
    await brevo(http).send(to=TO, letter=replace(STORED, facts={}, data={}))
    assert seen == [{"to": [{"email": TO}], "templateId": 12, "tags": ["email_verify"]}]


@pytest.mark.parametrize(
    ("status", "message"), [(400, "Template is not active"), (404, "template not found"), (400, None)]
)
async def test_our_own_words_go_out_when_the_stored_template_is_refused(status: int, message: str | None) -> None:
    seen: list[dict[str, object]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        is_stored = "templateId" in seen[-1]
        return httpx.Response(status if is_stored else 201, json={"code": "invalid_parameter", "message": message})

    await brevo(httpx.AsyncClient(transport=httpx.MockTransport(answer))).send(to=TO, letter=STORED)
    assert ["templateId" in body for body in seen] == [True, False]
    assert "Bienvenue." in str(seen[1]["textContent"])


@pytest.mark.parametrize(("status", "message"), [(400, "email is not valid in to"), (401, "Key not found"), (402, "")])
async def test_our_own_words_are_not_tried_when_it_was_not_the_template(status: int, message: str) -> None:
    http, seen = answering(status, {"code": "invalid_parameter", "message": message})
    with pytest.raises((BadAddress, ProviderUnavailable)):
        await brevo(http).send(to=TO, letter=STORED)
    assert len(seen) == 1
