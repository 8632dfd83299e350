"""Stripe as played: by its own SDK, unchanged, and by hand where the SDK cannot go wrong (providers.md 1.4)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import stripe

from .harness import START, Played

BASE = "/sandbox/stripe/v1"
KEY = {"Authorization": "Bearer sk_test_any"}
VISA = "pm_card_visa"

# The SDK's own way of sending a form.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def sdk(played: Played, key: str = "sk_test_any") -> stripe.StripeClient:
    """The official client; only the socket is ours."""
    http = stripe.HTTPXClient()
    http._client_async = played.http
    return stripe.StripeClient(
        key, base_addresses={"api": "http://s.test/sandbox/stripe"}, http_client=http, max_network_retries=0
    )


async def post(played: Played, path: str, key: str | None = None, **form: str) -> Any:
    headers = KEY | ({"Idempotency-Key": key} if key else {})
    return await played.http.post(f"{BASE}/{path}", data=form, headers=headers)


async def paid(played: Played, *, card: str = VISA, **more: str) -> dict[str, Any]:
    """An intent that is paid at once."""
    answer = await post(
        played, "payment_intents", amount="5000", currency="xof", confirm="true", payment_method=card, **more
    )
    assert answer.status_code == 200, answer.text
    intent: dict[str, Any] = answer.json()
    return intent


def told(played: Played) -> list[tuple[str, dict[str, Any]]]:
    """What our webhook heard."""
    events = [json.loads(body) for _, _, body in played.receiver.got]
    return [(event["type"], event["data"]["object"]) for event in events]


async def test_payment_is_made_captured_and_given_back_by_the_sdk(played: Played) -> None:
    client = sdk(played)
    intent = await client.v1.payment_intents.create_async(
        {
            "amount": 5000,
            "currency": "xof",
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True},
            "metadata": {"order": "7"},
        }
    )
    assert (intent.status, intent.amount, intent.currency, intent.metadata["order"]) == (
        "requires_payment_method",
        5000,
        "xof",
        "7",
    )
    assert intent.client_secret is not None
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    held = await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": VISA})
    assert (held.status, held.amount_capturable) == ("requires_capture", 5000)
    taken = await client.v1.payment_intents.capture_async(
        intent.id, {"amount_to_capture": 4000, "expand": ["latest_charge.balance_transaction"]}
    )
    assert (taken.status, taken.amount_received) == ("succeeded", 4000)
    charge = taken.latest_charge
    assert isinstance(charge, stripe.Charge)
    line = charge.balance_transaction
    assert isinstance(line, stripe.BalanceTransaction)
    assert (line.amount, line.fee, line.net, line.currency) == (4000, 116, 3884, "xof")
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1000})
    assert (refund.status, refund.amount) == ("succeeded", 1000)
    listed = await client.v1.refunds.list_async({"charge": charge.id})
    assert [each.id for each in listed.data] == [refund.id]
    again = await client.v1.refunds.retrieve_async(refund.id, {"expand": ["charge"]})
    assert isinstance(again.charge, stripe.Charge)
    assert again.charge.amount_refunded == 1000
    assert (await client.v1.charges.retrieve_async(charge.id)).captured
    assert [kind for kind, _ in told(played)] == [
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "charge.refunded",
    ]
    books = await played.data("ledger", provider="stripe")
    assert [(line["ref"], line["amount"], line["status"]) for line in books["charges"]] == [
        (intent.id, 4000, "succeeded")
    ]
    assert [(line["ref"], line["amount"]) for line in books["refunds"]] == [(refund.id, 1000)]


async def test_webhook_is_believed_by_the_sdk(played: Played) -> None:
    intent = await paid(played)
    path, headers, body = played.receiver.got[0]
    secret = (await played.data("secrets"))["stripe"]["webhook_secret"]
    # The SDK's clock is the machine's; how old it is, is our own client's check.
    event = sdk(played).construct_event(body, headers["stripe-signature"], secret, tolerance=10**10)
    assert path == "/api/v1/payments/webhook/stripe"
    assert headers["stripe-signature"].startswith(f"t={int(START.timestamp())},v1=")
    assert (event.type, event.object, event.data.object.id) == ("payment_intent.succeeded", "event", intent["id"])


async def test_card_errors_are_the_sdks(played: Played) -> None:
    client = sdk(played)
    intent = await client.v1.payment_intents.create_async({"amount": 5000, "currency": "xof"})
    with pytest.raises(stripe.CardError) as caught:
        await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert caught.value.code == "card_declined"
    assert caught.value.error is not None
    assert caught.value.error.decline_code == "generic_decline"
    again = await client.v1.payment_intents.retrieve_async(intent.id)
    assert (again.status, again.last_payment_error and again.last_payment_error.code) == (
        "requires_payment_method",
        "card_declined",
    )
    [(kind, found)] = told(played)
    assert (kind, found["last_payment_error"]["code"]) == ("payment_intent.payment_failed", "card_declined")
    await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": VISA})
    assert (await client.v1.payment_intents.retrieve_async(intent.id)).last_payment_error is None


@pytest.mark.parametrize(("key", "error"), [("bad", stripe.AuthenticationError), ("pk_test_1", stripe.PermissionError)])
async def test_key_errors_are_the_sdks(played: Played, key: str, error: type[stripe.StripeError]) -> None:
    with pytest.raises(error):
        await sdk(played, key).v1.payment_intents.create_async({"amount": 1, "currency": "xof"})


async def test_missing_and_unexpected_are_the_sdks(played: Played) -> None:
    client = sdk(played)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await client.v1.payment_intents.retrieve_async("pi_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    intent = await client.v1.payment_intents.create_async({"amount": 5000, "currency": "xof"})
    await client.v1.payment_intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})
    for call in (
        client.v1.payment_intents.cancel_async(intent.id),
        client.v1.payment_intents.capture_async(intent.id),
        client.v1.payment_intents.confirm_async(intent.id, {"payment_method": VISA}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await call
        assert (caught.value.http_status, caught.value.code) == (400, "payment_intent_unexpected_state")
    assert [(kind, found["cancellation_reason"]) for kind, found in told(played)] == [
        ("payment_intent.canceled", "abandoned")
    ]


async def test_same_key_answers_the_same_for_a_day(played: Played) -> None:
    form = {"amount": "5000", "currency": "xof"}
    first = await post(played, "payment_intents", "k", **form)
    second = await post(played, "payment_intents", "k", **form)
    assert second.content == first.content
    assert (second.headers["Idempotent-Replayed"], second.headers["Original-Request"]) == (
        "true",
        first.headers["Request-Id"],
    )
    assert "Idempotent-Replayed" not in first.headers
    await played.clock.advance(86_400)
    assert (await post(played, "payment_intents", "k", **form)).json()["id"] != first.json()["id"]


async def test_same_key_with_another_body_or_path_is_refused(played: Played) -> None:
    await post(played, "payment_intents", "k", amount="5000", currency="xof")
    for path, amount in (("payment_intents", "6000"), ("refunds", "5000")):
        answer = await post(played, path, "k", amount=amount, currency="xof")
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    with pytest.raises(stripe.IdempotencyError):
        await sdk(played).v1.payment_intents.create_async({"amount": 1, "currency": "xof"}, {"idempotency_key": "k"})


async def test_decline_is_replayed_too(played: Played) -> None:
    intent = (await post(played, "payment_intents", amount="5000", currency="xof")).json()["id"]
    path = f"payment_intents/{intent}/confirm"
    first = await post(played, path, "k", payment_method="pm_card_chargeDeclined")
    second = await post(played, path, "k", payment_method="pm_card_chargeDeclined")
    assert (first.status_code, second.content) == (402, first.content)
    assert len(played.receiver.got) == 1


@pytest.mark.parametrize(
    ("form", "param", "code"),
    [
        ({"currency": "xof"}, "amount", "parameter_missing"),
        ({"amount": "5000"}, "currency", "parameter_missing"),
        ({"amount": "5e3", "currency": "xof"}, "amount", "parameter_invalid_integer"),
        ({"amount": "50.00", "currency": "xof"}, "amount", "parameter_invalid_integer"),
        ({"amount": "-1", "currency": "xof"}, "amount", "parameter_invalid_integer"),
        ({"amount": "0", "currency": "xof"}, "amount", "parameter_invalid_integer"),
        ({"amount": "100000000", "currency": "xof"}, "amount", "amount_too_large"),
        ({"amount": "5000", "currency": "francs"}, "currency", None),
        ({"amount": "5000", "currency": "xof", "capture_method": "later"}, "capture_method", None),
        ({"amount": "5000", "currency": "xof", "metadata": "x"}, "metadata", None),
        ({"amount": "5000", "currency": "xof", "metadata[a]": "x" * 501}, "metadata[a]", None),
        ({"amount": "5000", "currency": "xof", "metadata[a][b]": "x"}, "metadata[a]", None),
        ({"amount": "5000", "currency": "xof", "a[b": "x"}, "a[b", None),
        ({"amount": "5000", "currency": "xof", "a[b][c][d][e][f]": "x"}, "a[b][c][d][e][f]", None),
        ({"amount": "5000", "currency": "xof", "a": "x", "a[b]": "y"}, "a[b]", None),
        ({"amount": "5000", "currency": "xof", "expand[]": "customer"}, "expand", None),
        ({"amount": "5000", "currency": "xof", "confirm": "true"}, None, "payment_intent_unexpected_state"),
    ],
)
async def test_refused_in_stripes_words_when_a_parameter_is_wrong(
    played: Played, form: dict[str, str], param: str | None, code: str | None
) -> None:
    answer = await post(played, "payment_intents", **form)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error.get("param"), error.get("code")) == (param, code)


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join([b"a=1"] * 300), b'{"amount": 5000}'])
async def test_refused_when_the_body_is_no_form(played: Played, body: bytes) -> None:
    type_ = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    answer = await played.http.post(f"{BASE}/refunds", content=body, headers=KEY | {"Content-Type": type_})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_too_large_in_stripes_shape(played: Played) -> None:
    answer = await post(played, "payment_intents", description="x" * 300_000)
    assert (answer.status_code, set(answer.json())) == (413, {"error"})


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 401),
        ("Bearer ", 401),
        ("Token x", 401),
        ("Bearer bad", 401),
        ("Basic ?", 401),
        ("Basic " + base64.b64encode(b"bad:").decode(), 401),
        ("Basic " + base64.b64encode(b"sk_test_1:").decode(), 200),
        ("bearer sk_test_1", 200),
    ],
)
async def test_any_key_will_do_but_bad(played: Played, header: str, status: int) -> None:
    intent = await paid(played)
    answer = await played.http.get(f"{BASE}/payment_intents/{intent['id']}", headers={"Authorization": header})
    assert answer.status_code == status


async def test_browser_confirms_with_the_client_secret(played: Played) -> None:
    intent = (await post(played, "payment_intents", amount="5000", currency="xof")).json()
    client = sdk(played, "pk_test_1")
    card: Any = {"payment_method_data": {"type": "card", "card": {"number": "4242424242424242"}}}
    for wrong in (card, card | {"client_secret": "another"}):
        with pytest.raises(stripe.InvalidRequestError):
            await client.v1.payment_intents.confirm_async(intent["id"], wrong)
    ours: Any = {"client_secret": intent["client_secret"]}
    assert (await client.v1.payment_intents.confirm_async(intent["id"], card | ours)).status == "succeeded"
    assert (await client.v1.payment_intents.retrieve_async(intent["id"], ours)).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_intents.retrieve_async(intent["id"])


async def test_authentication_is_asked_for_and_given_on_the_page(played: Played) -> None:
    intent = await paid(played, card="pm_card_authenticationRequired")
    assert (intent["status"], intent["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    await played.press(intent["id"], "paid")
    assert [kind for kind, _ in told(played)] == ["payment_intent.succeeded"]


async def test_search_finds_by_metadata_after_a_minute(played: Played) -> None:
    client = sdk(played)
    intent = await client.v1.payment_intents.create_async(
        {"amount": 5000, "currency": "xof", "metadata": {"order": "7"}}
    )
    query: Any = {"query": 'metadata["order"]:"7"'}
    assert (await client.v1.payment_intents.search_async(query)).data == []
    await played.clock.advance(60)
    found = await client.v1.payment_intents.search_async(query)
    assert [each.id for each in found.data] == [intent.id]
    assert (await client.v1.payment_intents.search_async({"query": "metadata['order']:'8'"})).data == []
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payment_intents.search_async({"query": "amount>1"})


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"amount": "5001"}, None),
        ({"amount": "0"}, "parameter_invalid_integer"),
        ({"payment_intent": "pi_nobody"}, "resource_missing"),
        ({"charge": "ch_1"}, None),
    ],
)
async def test_refund_is_refused_when_it_cannot_be(played: Played, form: dict[str, str], code: str | None) -> None:
    intent = await paid(played)
    answer = await post(played, "refunds", **({"payment_intent": intent["id"]} | form))
    assert (answer.json()["error"]["type"], answer.json()["error"].get("code")) == ("invalid_request_error", code)
    assert (await played.data("ledger", provider="stripe"))["refunds"] == []


async def test_whole_is_given_back_once_when_no_amount_is_named(played: Played) -> None:
    intent = await paid(played)
    first = await post(played, "refunds", charge=intent["latest_charge"])
    assert first.json()["amount"] == 5000
    second = await post(played, "refunds", charge=intent["latest_charge"])
    assert (second.status_code, second.json()["error"]["code"]) == (400, "charge_already_refunded")
    assert (await post(played, "refunds", charge="ch_nobody")).status_code == 404


async def test_refund_of_a_test_card_fails_after_an_hour(played: Played) -> None:
    intent = await paid(played, card="pm_card_refundFail")
    refund = (await post(played, "refunds", payment_intent=intent["id"])).json()
    assert refund["status"] == "succeeded"
    await played.clock.advance(3600)
    found = (await played.http.get(f"{BASE}/payment_intents/{intent['id']}", headers=KEY)).json()
    charge = (await played.http.get(f"{BASE}/charges/{found['latest_charge']}", headers=KEY)).json()
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    assert [kind for kind, _ in told(played)][-1] == "refund.failed"
    books = await played.data("ledger", provider="stripe")
    assert [line["status"] for line in books["refunds"]] == ["failed"]


async def test_bank_takes_a_payment_back_and_decides(played: Played) -> None:
    intent = await paid(played)
    body = {"payment_intent": intent["id"], "amount": 3000}
    taken = await played.http.post("/sandbox/stripe/disputes", json=body)
    assert (taken.status_code, taken.json()["data"]["status"]) == (200, "needs_response")
    again = await played.http.post("/sandbox/stripe/disputes", json=body | {"outcome": "won"})
    assert (again.json()["data"]["id"], again.json()["data"]["status"]) == (taken.json()["data"]["id"], "won")
    listed = await sdk(played).v1.disputes.list_async({"payment_intent": intent["id"]})
    assert [each.status for each in listed.data] == ["won"]
    assert [(kind, found["amount"]) for kind, found in told(played)][1:] == [
        ("charge.dispute.created", 3000),
        ("charge.dispute.closed", 3000),
    ]
    answer = await post(played, "refunds", payment_intent=intent["id"])
    assert answer.json()["error"]["code"] == "charge_disputed"


async def test_dispute_is_told_in_order_when_it_is_decided_at_once(played: Played) -> None:
    intent = await paid(played)
    await played.arm("error", provider="stripe")  # strikes calls of ours, not the bank
    body = {"payment_intent": intent["id"], "outcome": "lost"}
    assert (await played.http.post("/sandbox/stripe/disputes", json=body)).status_code == 200
    assert [kind for kind, _ in told(played)][1:] == ["charge.dispute.created", "charge.dispute.closed"]
    books = await played.data("ledger", provider="stripe")
    assert [line["status"] for line in books["charges"]] == ["charged_back"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"payment_intent": "pi_nobody"}, 409),
        ({}, 422),
        ({"payment_intent": "x", "amount": 0}, 422),
        ({"payment_intent": "x", "outcome": "maybe"}, 422),
        ({"payment_intent": "x", "more": 1}, 422),
    ],
)
async def test_dispute_is_refused_in_the_common_envelope(played: Played, body: dict[str, Any], status: int) -> None:
    answer = await played.http.post("/sandbox/stripe/disputes", json=body)
    assert (answer.status_code, set(answer.json())) == (status, {"error", "meta"})


async def test_page_shows_and_pays_an_intent(played: Played) -> None:
    form = {"amount": "15000", "currency": "xof", "capture_method": "manual", "metadata[payment_id]": "p-1"}
    ref = (await post(played, "payment_intents", **form)).json()["id"]
    page = await played.http.get(f"/sandbox/checkout/{ref}")
    assert "Stripe" in page.text
    assert "15\u202f000" in page.text
    assert "Expire" not in page.text
    failed = (await played.press(ref, "failed")).json()["data"]
    assert (failed["status"], failed["payment_intent_status"]) == ("failed", "requires_payment_method")
    assert "carte refusée" in (await played.http.get(f"/sandbox/checkout/{ref}")).text
    pressed = await played.http.post(f"/sandbox/checkout/{ref}", data={"outcome": "paid"})
    assert pressed.headers["Location"] == "http://127.0.0.1:8000/payment-done?payment_id=p-1"
    assert "Ce paiement est effectué" in (await played.http.get(f"/sandbox/checkout/{ref}")).text
    again = (await played.press(ref, "paid")).json()["data"]
    assert (again["status"], again["payment_intent_status"]) == ("paid", "requires_capture")
    assert (await played.press(ref, "failed")).status_code == 409
    assert [kind for kind, _ in told(played)] == [
        "payment_intent.payment_failed",
        "payment_intent.amount_capturable_updated",
    ]
    await post(played, f"payment_intents/{ref}/capture")
    assert (await played.press(ref, "paid")).json()["data"]["payment_intent_status"] == "succeeded"


async def test_capture_is_refused_when_it_is_more_than_is_held(played: Played) -> None:
    intent = await paid(played, capture_method="manual")
    answer = await post(played, f"payment_intents/{intent['id']}/capture", amount_to_capture="5001")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "amount_too_large")
    await post(played, f"payment_intents/{intent['id']}/cancel")
    answer = await post(played, "refunds", payment_intent=intent["id"])
    assert answer.json()["error"]["code"] == "charge_not_refundable"


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("html", 502)])
async def test_breaks_down_in_its_own_words(played: Played, kind: str, status: int) -> None:
    await played.arm(kind, provider="stripe")
    answer = await post(played, "payment_intents", amount="5000", currency="xof")
    assert answer.status_code == status
    if kind == "error":
        assert answer.json()["error"]["type"] == "api_error"


async def test_wrong_amount_is_a_franc_more(played: Played) -> None:
    await played.arm("wrong_amount", provider="stripe")
    await paid(played)
    [(_, found)] = told(played)
    assert (found["amount"], found["amount_received"], found["amount_capturable"]) == (5001, 5001, 0)


async def test_lists_name_what_they_are_of(played: Played) -> None:
    for path in ("refunds", "disputes"):
        answer = await played.http.get(f"{BASE}/{path}", headers=KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parameter_missing")
    for path in ("refunds/re_nobody", "charges/ch_nobody"):
        assert (await played.http.get(f"{BASE}/{path}", headers=KEY)).status_code == 404
    answer = await played.http.get(f"{BASE}/payment_intents/pi_1", params={"a[b": "x"}, headers=KEY)
    assert answer.status_code == 400
    answer = await post(played, "payment_intents", "k" * 256, amount="5000", currency="xof")
    assert answer.status_code == 400
