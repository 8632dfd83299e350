"""Text messages by Orange, against the played provider and against bytes."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from allonova.adapters.notify.orange_sms import OrangeSms
from allonova.application.notifications.ports import BadAddress, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable
from tests.sandbox.harness import Played, playing

PHONE, SENDER = "+2250700000001", "+2250000000000"
RESOURCE = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    async with playing(tmp_path / "state.sqlite3") as it:
        yield it


def sms(
    http: httpx.AsyncClient,
    *,
    base_url: str = "http://s.test/sandbox/orange-sms",
    client_id: str = "client",
    sender: str = SENDER,
    sender_name: str = "",
) -> OrangeSms:
    return OrangeSms(
        http,
        base_url=base_url,
        client_id=client_id,
        client_secret="secret-of-the-client",
        sender=sender,
        sender_name=sender_name,
    )


def orange(*answers: httpx.Response) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    """Gives out tokens `t1`, `t2`, …; messages are answered in this order, the last answer again and again."""
    seen: list[httpx.Request] = []
    left, given = list(answers), iter(range(1, 100))

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": f"t{next(given)}", "expires_in": 3600})
        return left.pop(0) if len(left) > 1 else left[0]

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), seen


def taken() -> httpx.Response:
    resource = f"https://api.orange.com/smsmessaging/v1/outbound/x/requests/{RESOURCE}"
    return httpx.Response(201, json={"outboundSMSMessageRequest": {"resourceURL": resource}})


async def test_message_goes_out_when_it_is_sent(played: Played) -> None:
    await sms(played.http, sender_name="AlloCar").send(to=PHONE, text="Hôtel : 123456.", template="otp")
    (message,) = await played.data("outbox", channel="sms", to=PHONE)
    assert (message["body"], message["to"], message["data"]) == ("Hotel : 123456.", PHONE, {"code": "123456"})
    path, _, body = played.receiver.got[0]
    assert path == "/api/v1/notifications/receipts/orange/orange-sms-sandbox"
    assert json.loads(body)["deliveryInfoNotification"]["deliveryInfo"]["deliveryStatus"] == "DeliveredToTerminal"


async def test_sender_is_escaped_once_when_the_address_is_written() -> None:
    http, seen = orange(taken())
    await sms(http, base_url="https://o.test").send(to=PHONE, text="x", template="otp")
    token, sent = seen
    assert token.url.raw_path == b"/oauth/v3/token"
    assert sent.url.raw_path == b"/smsmessaging/v1/outbound/tel%3A%2B2250000000000/requests"
    assert sent.headers["authorization"] == "Bearer t1"
    assert json.loads(sent.content) == {
        "outboundSMSMessageRequest": {
            "address": f"tel:{PHONE}",
            "senderAddress": f"tel:{SENDER}",
            "outboundSMSTextMessage": {"message": "x"},
        }
    }


async def test_phones_show_a_name_when_orange_has_approved_one() -> None:
    http, seen = orange(taken())
    await sms(http, sender_name="AlloCar").send(to=PHONE, text="x", template="otp")
    assert json.loads(seen[1].content)["outboundSMSMessageRequest"]["senderName"] == "AlloCar"


async def test_token_is_asked_for_once_when_it_lasts(played: Played) -> None:
    http, seen = orange(taken())
    vendor = sms(http)
    for _ in range(3):
        await vendor.send(to=PHONE, text="x", template="otp")
    assert [request.headers["authorization"] for request in seen[1:]] == ["Bearer t1"] * 3


async def test_message_goes_out_with_a_new_token_when_the_old_one_was_cut_short() -> None:
    http, seen = orange(httpx.Response(401, json={"code": 42, "message": "Expired credentials"}), taken())
    await sms(http).send(to=PHONE, text="x", template="otp")
    assert [request.headers["authorization"] for request in seen if b"token" not in request.url.raw_path] == [
        "Bearer t1",
        "Bearer t2",
    ]


async def test_resource_stands_in_the_log_when_orange_took_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    http, _ = orange(taken())
    await sms(http).send(to=PHONE, text="code 135790", template="otp")
    ours = [repr(vars(record)) for record in caplog.records if record.name.startswith("allonova")]
    assert any(RESOURCE in line for line in ours)
    assert not any(part in line for line in ours for part in (PHONE[1:], SENDER[1:], "135790", "secret-of-the-client"))


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"outboundSMSMessageRequest": 1}', b'{"outboundSMSMessageRequest": {"resourceURL": 3}}'],
)
async def test_message_counts_as_sent_when_the_answer_names_no_resource(body: bytes) -> None:
    http, seen = orange(httpx.Response(201, content=body))
    await sms(http).send(to=PHONE, text="x", template="otp")
    assert len(seen) == 2


@pytest.mark.parametrize("phone", ["+0987654321", "+22", "x", ""])
async def test_number_is_blamed_when_it_is_none(played: Played, phone: str) -> None:
    with pytest.raises(BadAddress) as caught:
        await sms(played.http).send(to=phone, text="x", template="otp")
    assert caught.value.code == "SVC0004"


async def test_our_sender_is_not_the_readers_fault_when_it_is_wrong(played: Played) -> None:
    with pytest.raises(Undeliverable) as caught:
        await sms(played.http, sender="+0").send(to=PHONE, text="x", template="otp")
    assert type(caught.value) is Undeliverable


async def test_unavailable_when_the_client_is_bad(played: Played) -> None:
    with pytest.raises(ProviderUnavailable):
        await sms(played.http, client_id="bad").send(to=PHONE, text="x", template="otp")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"requestError": {"serviceException": {"messageId": "SVC0004", "text": "No valid addresses"}}}, BadAddress),
        (
            {"requestError": {"serviceException": {"messageId": "SVC0002", "text": "%1", "variables": ["address"]}}},
            BadAddress,
        ),
        (
            {"requestError": {"serviceException": {"messageId": "SVC0002", "variables": ["senderAddress"]}}},
            Undeliverable,
        ),
        ({"requestError": {"policyException": {"messageId": "POL0001", "text": "A policy error"}}}, Undeliverable),
        ({"code": 25, "message": "Invalid recipient", "description": ""}, BadAddress),
        ({"code": "24", "message": "Invalid body field", "description": "message"}, Undeliverable),
        ({"code": True}, ProviderUnavailable),
        ({"requestError": 3}, ProviderUnavailable),
        ({"requestError": {}}, ProviderUnavailable),
        ({"message": "no code"}, ProviderUnavailable),
        ([], ProviderUnavailable),
        (None, ProviderUnavailable),
    ],
)
async def test_refusal_is_final_only_when_it_says_what_is_wrong(body: object, kind: type[Exception]) -> None:
    http, _ = orange(httpx.Response(400, json=body))
    with pytest.raises((Undeliverable, ProviderUnavailable)) as caught:
        await sms(http).send(to=PHONE, text="x", template="otp")
    assert type(caught.value) is kind
