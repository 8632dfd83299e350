"""Orange's SMS API as it is played (providers.md 1.7)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import httpx
import pytest

from .harness import Played

BASE = "/sandbox/orange-sms"
SENDER, PHONE = "tel:+2250000000000", "tel:+2250700000001"
PATH = f"{BASE}/smsmessaging/v1/outbound/tel%3A%2B2250000000000/requests"


async def token(played: Played) -> str:
    client = base64.b64encode(b"id:secret").decode()
    answer = await played.http.post(
        f"{BASE}/oauth/v3/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {client}"},
    )
    body = answer.json()
    assert (answer.status_code, body["expires_in"], body["token_type"]) == (200, 3600, "Bearer")
    return str(body["access_token"])


async def sent(
    played: Played, changes: Mapping[str, object] | None = None, *, path: str = PATH, bearer: str = "any"
) -> httpx.Response:
    message = {
        "address": PHONE,
        "senderAddress": SENDER,
        "outboundSMSTextMessage": {"message": "Votre code est 482915."},
    } | {**(changes or {})}
    body = {"outboundSMSMessageRequest": {name: value for name, value in message.items() if value is not None}}
    return await played.http.post(path, json=body, headers={"Authorization": f"Bearer {bearer}"})


async def test_message_lands_in_the_outbox_when_sent(played: Played) -> None:
    answer = await sent(played, bearer=await token(played))
    assert answer.status_code == 201
    request = answer.json()["outboundSMSMessageRequest"]
    assert (request["address"], request["senderAddress"]) == ([PHONE], SENDER)
    assert "/outbound/tel%3A%2B2250000000000/requests/" in request["resourceURL"]
    (message,) = await played.data("outbox", channel="sms")
    assert (message["to"], message["data"]) == ("+2250700000001", {"code": "482915"})


@pytest.mark.parametrize(
    ("phone", "status"), [(PHONE, "DeliveredToTerminal"), ("tel:+2250700000999", "DeliveryImpossible")]
)
async def test_receipt_comes_when_a_message_was_taken(played: Played, phone: str, status: str) -> None:
    assert (await sent(played, {"address": phone})).status_code == 201
    [(path, _, body)] = played.receiver.got
    assert path == "/api/v1/notifications/receipts/orange/orange-sms-sandbox"
    told = json.loads(body)["deliveryInfoNotification"]
    assert told["deliveryInfo"] == {"address": phone, "deliveryStatus": status}


async def test_receipt_goes_astray_when_it_is_forged_or_lost(played: Played) -> None:
    await played.arm("bad_signature", provider="orange-sms")
    await sent(played)
    assert played.receiver.got[0][0] == "/api/v1/notifications/receipts/orange/wrong"
    await played.arm("lost", provider="orange-sms")
    await sent(played)
    assert len(played.receiver.got) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"address": "+2250700000001"}, "SVC0004"),
        ({"address": None}, "SVC0002"),
        ({"senderAddress": "tel:+2250000000001"}, "SVC0002"),
        ({"outboundSMSTextMessage": {}}, "SVC0002"),
        ({"outboundSMSTextMessage": {"message": ""}}, "SVC0002"),
        ({"senderName": "AlloCar Abidjan"}, "SVC0002"),
    ],
)
async def test_message_is_refused_when_it_is_not_sound(played: Played, changes: dict[str, object], code: str) -> None:
    answer = await sent(played, changes)
    assert answer.status_code == 400
    assert answer.json()["requestError"]["serviceException"]["messageId"] == code
    assert await played.data("outbox") == []


async def test_message_is_refused_when_its_sender_is_escaped_twice(played: Played) -> None:
    answer = await sent(played, path=PATH.replace("%", "%25"))
    assert answer.status_code == 400
    assert answer.json()["requestError"]["serviceException"]["variables"] == ["senderAddress"]


async def test_token_is_refused_when_it_is_bad_or_over(played: Played) -> None:
    assert (await sent(played, bearer="bad")).status_code == 401
    lasting = await token(played)
    await played.clock.advance(3599)
    assert (await sent(played, bearer=lasting)).status_code == 201
    await played.clock.advance(1)
    answer = await sent(played, bearer=lasting)
    assert (answer.status_code, answer.json()["code"]) == (401, 42)
