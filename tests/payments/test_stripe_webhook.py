"""Stripe's webhook: what is believed, and that everything else ends in one refusal."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.payments.stripe_cards import StripeCards
from allonova.adapters.payments.stripe_wire import is_signed
from allonova.application.money.ports import Report, Reported
from allonova.domain.kernel.errors import WebhookInvalidSignature
from tests.sandbox.harness import ServiceClock

from .stripe_harness import make_refund, stripe_at

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET = "whsec_made_up"
PAYMENT_ID = UUID("0d9de2a5-3c51-4b3f-9d2a-60f3b8d7a111")
HTTP = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))  # never called
OURS = {"payment_id": str(PAYMENT_ID)}


def gateway(secret: str = SECRET, at: datetime = NOW) -> StripeCards:
    return StripeCards(
        HTTP,
        base_url="https://s.test",
        secret_key="sk",
        publishable_key="pk",
        webhook_secret=secret,
        clock=ServiceClock(at),
    )


GATEWAY = gateway()


def signature(body: bytes, at: int = AT, secret: str = SECRET) -> str:
    """Stripe's signature, written anew from its documentation."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def signed(body: bytes, at: int = AT) -> dict[str, str]:
    return {"Stripe-Signature": f"t={at},v1={signature(body, at)}"}


def event(kind: str, **found: object) -> dict[str, Any]:
    return {"id": "evt_1", "object": "event", "type": kind, "data": {"object": found}}


def intent(kind: str, **changes: object) -> dict[str, Any]:
    found: dict[str, object] = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 5000,
        "amount_received": 5000,
        "currency": "xof",
        "metadata": OURS,
        "status": "succeeded",
        "client_secret": "pi_1_secret_x",
        "latest_charge": "ch_1",
    }
    return event(f"payment_intent.{kind}", **(found | changes))


def charge(kind: str, **changes: object) -> dict[str, Any]:
    found: dict[str, object] = {
        "id": "ch_1",
        "object": "charge",
        "amount": 5000,
        "amount_refunded": 2000,
        "currency": "xof",
        "metadata": OURS,
        "payment_intent": "pi_1",
        "billing_details": {"name": "Somebody"},
    }
    return event(f"charge.{kind}", **(found | changes))


def dispute(kind: str, **changes: object) -> dict[str, Any]:
    found: dict[str, object] = {
        "id": "du_1",
        "object": "dispute",
        "amount": 5000,
        "currency": "xof",
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": "needs_response",
    }
    return event(f"charge.dispute.{kind}", **(found | changes))


def read(payload: object, **headers: str) -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return GATEWAY.read_event(headers or signed(body), body)


def report(payload: object) -> Report:
    found = read(payload).report
    assert isinstance(found, Report)
    return found


def refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookInvalidSignature):
        GATEWAY.read_event(headers, body)


def test_official_vector_is_believed() -> None:
    # providers.md 1.4; it names no object, so that nothing but its signature can be right.
    body = b'{"id":"evt_1","object":"event","type":"payment_intent.succeeded"}'
    proof = "b5d16909735dfcdc338e1f1e170cbb5d2ea57494fe5f638399aebcce132ec538"
    headers = {"Stripe-Signature": f"t=1700000000,v1={proof}"}
    assert is_signed("whsec_test", headers, body, datetime.fromtimestamp(1700000000, UTC))
    assert not is_signed("whsec_tesT", headers, body, datetime.fromtimestamp(1700000000, UTC))


def test_events_signed_by_the_sdk_are_believed() -> None:
    body = json.dumps(intent("succeeded"))
    header = stripe.WebhookSignature.generate_signature_header(body, SECRET, AT)
    assert GATEWAY.read_event({"stripe-signature": header}, body.encode()).event_id == "evt_1"


def test_paid_event_names_our_payment() -> None:
    found = read(intent("succeeded"))
    assert (found.provider, found.event_id, found.kind) == ("stripe", "evt_1", "payment_intent.succeeded")
    assert (found.payment_id, found.provider_ref, found.notif_token) == (PAYMENT_ID, "pi_1", None)
    assert (found.report.reported, found.report.amount, found.report.currency) == (Reported.PAID, 5000, "XOF")


def test_nothing_secret_nor_personal_is_kept() -> None:
    kept = json.dumps([report(intent("succeeded")).raw, report(charge("refunded")).raw, report(charge("updated")).raw])
    assert "secret" not in kept
    assert "Somebody" not in kept


@pytest.mark.parametrize(
    ("payload", "reported", "back"),
    [
        (intent("amount_capturable_updated", status="requires_capture"), Reported.AUTHORIZED, 0),
        (intent("payment_failed", status="requires_payment_method"), Reported.ATTEMPT_FAILED, 0),
        (
            intent("payment_failed", status="requires_payment_method", last_payment_error={"code": "x"}),
            Reported.ATTEMPT_FAILED,
            0,
        ),
        (intent("canceled", status="canceled"), Reported.FAILED, 0),
        (intent("processing", status="processing"), Reported.OPEN, 0),
        (intent("processing"), Reported.UNKNOWN, 0),
        (intent("payment_failed"), Reported.UNKNOWN, 0),
        (intent("canceled"), Reported.UNKNOWN, 0),
        (intent("amount_capturable_updated"), Reported.UNKNOWN, 0),
        (intent("succeeded", status="processing"), Reported.UNKNOWN, 0),
        (intent("succeeded", status="new"), Reported.UNKNOWN, 0),
        (intent("succeeded", status=True), Reported.UNKNOWN, 0),
        (intent("succeeded", amount_received="5000"), Reported.UNKNOWN, 0),
        (intent("succeeded", currency=None), Reported.UNKNOWN, 0),
        (charge("refunded"), Reported.REFUNDED, 2000),
        (charge("refunded", amount_refunded=0), Reported.OTHER, 0),
        (charge("refunded", payment_intent={"id": "pi_1"}), Reported.REFUNDED, 2000),
        (dispute("created"), Reported.CHARGED_BACK, 5000),
        (dispute("created", status="warning_needs_response"), Reported.OTHER, 0),
        (dispute("funds_withdrawn", status="needs_response"), Reported.CHARGED_BACK, 5000),
        (dispute("closed", status="won"), Reported.CHARGEBACK_WON, 5000),
        (dispute("closed", status="lost"), Reported.OTHER, 0),
        (dispute("closed", status="warning_closed"), Reported.OTHER, 0),
        (dispute("updated"), Reported.OTHER, 0),
        (intent("created"), Reported.OTHER, 0),
        (event("never.heard.of"), Reported.OTHER, 0),
        (event("refund.failed", id="re_1"), Reported.OTHER, 0),
        (event("payment_intent.new", id=[], payment_intent={}), Reported.OTHER, 0),
    ],
)
def test_every_event_is_read(payload: dict[str, Any], reported: Reported, back: int) -> None:
    found = report(payload)
    assert (found.reported, found.back) == (reported, back)


def test_amount_is_the_payments() -> None:
    assert report(intent("succeeded", amount_received=4999)).amount == 4999
    assert report(charge("refunded")).amount == 5000
    assert report(dispute("created", amount=100)).amount is None


def test_dispute_names_the_intent_alone() -> None:
    found = read(dispute("created"))
    assert (found.payment_id, found.provider_ref, found.report.failure_code) == (None, "pi_1", "fraudulent")


def test_failed_attempt_says_why() -> None:
    failure = {"code": "card_declined", "decline_code": "lost_card", "message": "No\nway"}
    found = report(intent("payment_failed", status="requires_payment_method", last_payment_error=failure))
    assert (found.failure_code, found.failure_message) == ("lost_card", "No way")


@pytest.mark.parametrize(
    "metadata", [None, [], "x", {}, {"payment_id": 7}, {"payment_id": "x"}, {"payment_id": PAYMENT_ID.hex}]
)
def test_payment_is_unknown_when_metadata_is_not_ours(metadata: object) -> None:
    assert read(intent("succeeded", metadata=metadata)).payment_id is None


@pytest.mark.parametrize("amount", ["5000", 5000.0, -1, True, None, [], 10**12])
def test_amount_is_unknown_when_it_is_no_whole_francs(amount: object) -> None:
    assert report(intent("canceled", status="canceled", amount=amount)).amount is None


@pytest.mark.parametrize("skew_s", [-300, -299, 0, 299, 300])
def test_believed_when_fresh(skew_s: int) -> None:
    body = json.dumps(intent("succeeded")).encode()
    assert read(body, **signed(body, AT + skew_s)).event_id == "evt_1"


@pytest.mark.promise("webhooks-forged")
@pytest.mark.parametrize("skew_s", [-86_400, -301, 301, 3600, 86_400])
def test_refused_when_old_or_from_the_future(skew_s: int) -> None:
    body = json.dumps(intent("succeeded")).encode()
    refused(signed(body, AT + skew_s), body)


GOOD_BODY = json.dumps(intent("succeeded")).encode()
GOOD = signature(GOOD_BODY)


@pytest.mark.promise("webhooks-forged")
def test_believed_when_any_signature_matches() -> None:
    other = "0" * 64
    for header in (f"t={AT},v1={other},v1={GOOD}", f"t={AT},v1={GOOD},v1={other}", f"v0=x,v1={GOOD},t={AT}"):
        assert read(GOOD_BODY, **{"STRIPE-SIGNATURE": header}).event_id == "evt_1"


def test_refused_when_signed_otherwise() -> None:
    joined = hmac.new(SECRET.encode(), str(AT).encode() + GOOD_BODY, hashlib.sha256).hexdigest()
    alone = hmac.new(SECRET.encode(), GOOD_BODY, hashlib.sha256).hexdigest()
    for proof in (joined, alone, signature(GOOD_BODY, secret="other")):
        refused({"Stripe-Signature": f"t={AT},v1={proof}"}, GOOD_BODY)
    refused({"Stripe-Signature": f"t={AT},v0={GOOD}"}, GOOD_BODY)


@pytest.mark.promise("webhooks-forged")
def test_refused_when_body_was_serialised_again() -> None:
    refused(signed(GOOD_BODY), json.dumps(intent("succeeded"), separators=(",", ":")).encode())
    refused(signed(GOOD_BODY), GOOD_BODY + b"\n")


@pytest.mark.promise("signature-parsers")
@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "=",
        "t",
        "t=",
        GOOD,
        f"v1={GOOD}",
        f"t={AT}",
        f"t={AT},v1=",
        f"t={AT},v2={GOOD}",
        f"t={AT}.0,v1={GOOD}",
        f"t=+{AT},v1={GOOD}",
        f"t= {AT},v1={GOOD}",
        f"t={AT}=1,v1={GOOD}",
        f"t=x,v1={GOOD}",
        f"t={'9' * 12},v1={GOOD}",
        f"t={'9' * 2000},v1={GOOD}",
        f"t=١٦٦٧٩٢٠٤٢١,v1={GOOD}",
        f"t={AT},t={AT},v1={GOOD}",
        f"T={AT},V1={GOOD}",
        f"t={AT};v1={GOOD}",
        f"t={AT},v1={GOOD.upper()}",
        f"t={AT},v1={GOOD}0",
        f"t={AT},v1={GOOD[:-1]}",
        f"t={AT},v1=\ud800",
        f"t={AT},v1=é",
        f"t={AT}," + f"v1={GOOD}," * 100,
    ],
)
def test_refused_when_header_is_malformed(header: str) -> None:
    refused({"Stripe-Signature": header}, GOOD_BODY)


@pytest.mark.promise("signature-parsers")
def test_refused_when_header_is_missing_or_doubled() -> None:
    refused({}, GOOD_BODY)
    refused({"Wave-Signature": f"t={AT},v1={GOOD}"}, GOOD_BODY)
    refused({**signed(GOOD_BODY), "stripe-signature": f"t={AT},v1={GOOD}"}, GOOD_BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b"\xff\xfe",
        b"NaN",
        b'{"id":"evt_1","type":"b"}',
        b'{"id":"evt_1","type":"b","data":[]}',
        b'{"id":"evt_1","type":"b","data":{}}',
        b'{"id":"evt_1","type":"b","data":{"object":[]}}',
        b'{"id":"evt_1","data":{"object":{}}}',
        b'{"type":"b","data":{"object":{}}}',
        b'{"id":7,"type":"b","data":{"object":{}}}',
        b'{"id":"evt 1","type":"b","data":{"object":{}}}',
        b'{"id":"evt_1","type":"a\\nb","data":{"object":{}}}',
        b'{"id":"evt_1","id":"evt_2","type":"b","data":{"object":{}}}',
        b'{"id":"evt_1","type":"b","data":{"object":{"x":1e999}}}',
        b'{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{}}}',
        b'{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"../x"}}}',
        b'{"id":"evt_1","type":"charge.refunded","data":{"object":{"amount_refunded":5}}}',
        b'{"id":"evt_1","type":"charge.dispute.created","data":{"object":{"status":"lost"}}}',
        b'{"id":"evt_1","type":"b","data":' + b'{"x":' * 5000 + b"1" + b"}" * 5001,
        b"[" * 200_000,
    ],
)
def test_refused_when_signed_body_is_malformed(body: bytes) -> None:
    refused(signed(body), body)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["Stripe-Signature", "stripe-signature", "x"]), st.text()), st.binary())
def test_one_refusal_when_header_and_body_are_arbitrary(headers: dict[str, str], body: bytes) -> None:
    refused(headers, body)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(st.text(alphabet="tv1=,.0123456789abcdef -\x00é"), st.binary())
def test_one_refusal_when_header_is_nearly_right(header: str, body: bytes) -> None:
    refused({"Stripe-Signature": header}, body)
    refused({"Stripe-Signature": f"t={AT},{header}"}, body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KINDS = [intent("succeeded"), intent("payment_failed"), charge("refunded"), dispute("created"), dispute("closed")]
NAMES = sorted({name for each in KINDS for name in each["data"]["object"]} | {"last_payment_error", "latest_charge"})


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_one_refusal_when_signed_body_is_arbitrary(body: bytes) -> None:
    refused(signed(body), body)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(["id", "type", "data", "object"]), values, max_size=2),
    st.dictionaries(st.sampled_from(NAMES), values),
)
def test_nothing_but_the_refusal_when_signed_event_is_odd(
    known: dict[str, Any], outer: dict[str, Any], inner: dict[str, Any]
) -> None:
    _require_event_or_refusal(
        json.dumps(known | {"data": {"object": known["data"]["object"] | inner}} | outer).encode()
    )


def _require_event_or_refusal(body: bytes) -> None:
    try:
        found = read(body)
    except WebhookInvalidSignature:
        return
    assert found.event_id
    assert found.kind
    said = found.report
    assert said.reported is Reported.OTHER or found.provider_ref
    assert said.reported not in (Reported.PAID, Reported.AUTHORIZED) or (said.amount is not None and said.currency)


@pytest.mark.promise("signature-parsers")
@pytest.mark.prove
def test_nothing_but_the_refusal_after_a_million_broken_events(caplog: pytest.LogCaptureFixture) -> None:
    """Bytes of real events are flipped, cut, doubled and swapped, then signed."""
    caplog.set_level(logging.CRITICAL, "allonova")
    chance = random.Random(6)
    seeds = [json.dumps(each).encode() for each in KINDS]
    for _ in range(1_000_000):
        body = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(body) + 1)
            match chance.randrange(4):
                case 0:
                    body[at : at + 1] = bytes([chance.randrange(256)])
                case 1:
                    del body[at : at + chance.randrange(20)]
                case 2:
                    body[at:at] = body[at : at + chance.randrange(20)]
                case _:
                    body[at:at] = chance.choice(
                        [b'"', b"{", b"[", b"null", b"1e9", b"\\u0000", b"-1", b"true", b",", b":"]
                    )
        _require_event_or_refusal(bytes(body))


async def test_played_provider_is_believed(tmp_path: Path) -> None:
    async with stripe_at(tmp_path / "state.sqlite3") as played:
        payment = await played.opened()
        await played.played.press(str(payment.provider_ref), "failed")
        await played.played.press(str(payment.provider_ref), "paid")
        await played.gateway.capture(payment)
        await played.gateway.refund(payment, make_refund(payment, 2000))
        await played.dispute(payment, amount=3000)
        await played.dispute(payment, outcome="won")
        events = [played.gateway.read_event(headers, body) for _, headers, body in played.played.receiver.got]
    reports = [each.report for each in events if each.report is not None]
    assert [(each.reported, each.back) for each in reports] == [
        (Reported.ATTEMPT_FAILED, 0),
        (Reported.AUTHORIZED, 0),
        (Reported.PAID, 0),
        (Reported.REFUNDED, 2000),
        (Reported.CHARGED_BACK, 3000),
        (Reported.CHARGEBACK_WON, 3000),
    ]
    assert reports[0].failure_code == "generic_decline"
    assert {each.provider_ref for each in events} == {payment.provider_ref}
    assert [each.payment_id for each in events] == [payment.id] * 4 + [None] * 2
    assert len({each.event_id for each in events}) == 6


@pytest.mark.parametrize("kind", ["bad_signature", "wrong_amount", "late"])
async def test_played_faults_are_seen(tmp_path: Path, kind: str) -> None:
    async with stripe_at(tmp_path / "state.sqlite3") as played:
        payment = await played.held()
        played.played.receiver.got.clear()
        await played.played.arm(kind, provider="stripe")
        await played.gateway.capture(payment)
        await played.played.time.forward(6)
        _, headers, body = played.played.receiver.got[0]
        if kind == "bad_signature":
            with pytest.raises(WebhookInvalidSignature):
                played.gateway.read_event(headers, body)
        else:
            found = played.gateway.read_event(headers, body).report
            assert found is not None
            assert found.amount == (5001 if kind == "wrong_amount" else 5000)
