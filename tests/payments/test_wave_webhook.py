"""Wave's webhook: what is believed, and that everything else ends in one refusal."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.payments.wave import WavePayments
from allonova.application.money.ports import ProviderEvent, Report, Reported
from allonova.domain.kernel.errors import WebhookInvalidSignature
from tests.payments.harness import make_payment, signature, wave_at
from tests.sandbox.harness import ServiceClock

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET = "whs_made_up"
HTTP = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))  # never called
PAYMENT_ID = UUID("0d9de2a5-3c51-4b3f-9d2a-60f3b8d7a111")

# Wave's own sample (docs.wave.com/webhook, providers.md 1.1).
OFFICIAL_SECRET = "wave_sn_WHS_xz4m6g8rjs9bshxy05xj4khcvjv7j3hcp4fbpvv6met0zdrjvezg"
OFFICIAL_HEADER = "t=1667920421,v1=53c971695230e9c51b1030d673eee76e70bbcdf8a7c5b8c1d44e0b8b1329647b"
OFFICIAL_BODY = (
    b'{"id": "AE_ijzo7oGgrlM7", "type": "checkout.session.completed", "data": {"id": "cos-1b01sghpg100j", '
    b'"amount": "100", "checkout_status": "complete", "client_reference": null, "currency": "XOF", '
    b'"error_url": "https://example.com/error", "last_payment_error": null, "business_name": "Annas Apiaries", '
    b'"payment_status": "succeeded", "success_url": "https://example.com/success", '
    b'"wave_launch_url": "https://pay.wave.com/c/cos-1b01sghpg100j?a=100&c=XOF&m=Annas%20Apiaries", '
    b'"when_completed": "2022-11-08T15:05:45Z", "when_created": "2022-11-08T15:05:32Z", '
    b'"when_expires": "2022-11-09T15:05:32Z", "transaction_id": "TCN4Y4ZC3FM"}}'
)


def gateway(secret: str = SECRET, at: datetime = NOW) -> WavePayments:
    return WavePayments(HTTP, base_url="https://w.test", api_key="k", webhook_secret=secret, clock=ServiceClock(at))


def event(kind: str = "checkout.session.completed", **data: object) -> dict[str, Any]:
    session: dict[str, object] = {
        "id": "cos-1",
        "amount": "5000",
        "currency": "XOF",
        "client_reference": str(PAYMENT_ID),
        "checkout_status": "complete",
        "payment_status": "succeeded",
        "last_payment_error": None,
    }
    return {"id": "EV_1", "type": kind, "data": session | data}


def signed(body: bytes, at: int = AT) -> dict[str, str]:
    return {"Wave-Signature": f"t={at},v1={signature(SECRET, body, at)}"}


def said(event: ProviderEvent) -> Report:
    assert event.report is not None
    return event.report


def read(payload: object, **headers: str) -> ProviderEvent:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return gateway().read_event(headers or signed(body), body)


def refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookInvalidSignature):
        gateway().read_event(headers, body)


def test_official_vector_is_believed() -> None:
    at = datetime.fromtimestamp(1667920421, UTC)
    found = gateway(OFFICIAL_SECRET, at).read_event({"wave-signature": OFFICIAL_HEADER}, OFFICIAL_BODY)
    assert (found.event_id, said(found).reported, found.provider_ref) == (
        "AE_ijzo7oGgrlM7",
        Reported.PAID,
        "cos-1b01sghpg100j",
    )
    assert (said(found).amount, said(found).currency, found.payment_id) == (100, "XOF", None)


def test_paid_event_names_our_payment() -> None:
    found = read(event())
    assert (said(found).reported, found.payment_id, said(found).amount, said(found).currency) == (
        Reported.PAID,
        PAYMENT_ID,
        5000,
        "XOF",
    )
    assert (found.provider, found.kind) == ("wave", "checkout.session.completed")
    assert said(found).raw == event()


def test_failed_attempt_says_why() -> None:
    failure = {"code": "insufficient-funds", "message": "Too\nlittle"}
    found = read(event("checkout.session.payment_failed", last_payment_error=failure, payment_status="processing"))
    assert said(found).reported is Reported.ATTEMPT_FAILED
    assert (said(found).failure_code, said(found).failure_message) == ("insufficient-funds", "Too little")


@pytest.mark.parametrize("failure", [None, [], "x", {}, {"code": 7, "message": {}}])
def test_failed_attempt_is_read_when_it_says_nothing(failure: object) -> None:
    found = read(event("checkout.session.payment_failed", last_payment_error=failure))
    assert (said(found).failure_code, said(found).failure_message) == ("", "")


@pytest.mark.parametrize(
    "payload",
    [
        event("merchant.payment_received"),
        event("b2b.payment_failed"),
        {"id": "EV_1", "type": "test.test_event", "data": {}},
        {"id": "EV_1", "type": "never.heard.of", "data": {"id": None, "amount": []}},
    ],
)
def test_other_events_are_kept_and_mean_nothing(payload: object) -> None:
    assert said(read(payload)).reported is Reported.OTHER


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_status": "processing"},
        {"payment_status": "cancelled"},
        {"payment_status": "PAID"},
        {"payment_status": True},
        {"payment_status": None},
        {"checkout_status": "open"},
        {"checkout_status": "expired"},
        {"checkout_status": ["complete"]},
    ],
)
def test_never_paid_when_the_statuses_of_a_completed_session_say_otherwise(changes: dict[str, Any]) -> None:
    assert said(read(event(**changes))).reported is Reported.UNKNOWN


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "5000.5",
        "5000.00",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1e3",
        "٣",
        "0x1",
        "9" * 13,
        "9" * 5000,
        None,
        True,
        1.5,
        -1,
        [],
        {},
    ],
)
def test_amount_is_unknown_when_it_is_no_whole_francs(amount: object) -> None:
    assert said(read(event(amount=amount))).amount is None


@pytest.mark.parametrize(("amount", "francs"), [("0", 0), ("1000", 1000), ("0100", 100), (1000, 1000)])
def test_amount_is_francs(amount: object, francs: int) -> None:
    assert said(read(event(amount=amount))).amount == francs


@pytest.mark.parametrize(
    "reference", [None, "", 7, "x", PAYMENT_ID.hex, "{" + str(PAYMENT_ID) + "}", str(PAYMENT_ID).upper()]
)
def test_payment_is_unknown_when_reference_is_not_an_id_of_ours(reference: object) -> None:
    assert read(event(client_reference=reference)).payment_id is None


def test_currency_is_unknown_when_it_is_no_text() -> None:
    assert said(read(event(currency=1))).currency is None


@pytest.mark.parametrize("skew_s", [-300, -299, 0, 299, 300])
def test_believed_when_fresh(skew_s: int) -> None:
    body = json.dumps(event()).encode()
    assert gateway().read_event(signed(body, AT + skew_s), body).event_id == "EV_1"


@pytest.mark.promise("webhooks-forged")
@pytest.mark.parametrize("skew_s", [-86_400, -301, 301, 86_400])
def test_refused_when_old_or_from_the_future(skew_s: int) -> None:
    body = json.dumps(event()).encode()
    refused(signed(body, AT + skew_s), body)


@pytest.mark.promise("webhooks-forged")
def test_believed_when_any_signature_matches() -> None:
    body = json.dumps(event()).encode()
    good, other = signature(SECRET, body, AT), "0" * 64
    for header in (f"t={AT},v1={other},v1={good}", f"t={AT},v1={good},v1={other}", f"v1={good}, t={AT} ,v0=x"):
        assert read(body, **{"WAVE-SIGNATURE": header}).event_id == "EV_1"


def test_refused_when_signed_with_a_separator() -> None:
    body = json.dumps(event()).encode()
    refused({"Wave-Signature": f"t={AT},v1={signature(SECRET, b'.' + body, AT)}"}, body)


def test_refused_when_body_alone_is_signed() -> None:
    body = json.dumps(event()).encode()
    alone = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    refused({"Wave-Signature": f"t={AT},v1={alone}"}, body)


@pytest.mark.promise("webhooks-forged")
def test_refused_when_body_was_serialised_again() -> None:
    body = json.dumps(event()).encode()
    refused(signed(body), json.dumps(event(), separators=(",", ":")).encode())
    refused(signed(body), body + b"\n")


@pytest.mark.promise("webhooks-forged")
def test_refused_when_secret_is_another() -> None:
    body = json.dumps(event()).encode()
    refused({"Wave-Signature": f"t={AT},v1={signature('other', body, AT)}"}, body)


GOOD_BODY = json.dumps(event()).encode()
GOOD = signature(SECRET, GOOD_BODY, AT)


@pytest.mark.promise("signature-parsers")
@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "=",
        "t",
        "t=",
        "v1=",
        GOOD,
        f"v1={GOOD}",
        f"t={AT}",
        f"t={AT},v1=",
        f"t={AT},v2={GOOD}",
        f"t={AT}.0,v1={GOOD}",
        f"t=-{AT},v1={GOOD}",
        f"t={AT}\x00,v1={GOOD}",
        f"t=x,v1={GOOD}",
        f"t={'9' * 400},v1={GOOD}",
        f"t={'9' * 5000},v1={GOOD}",
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
    refused({"Wave-Signature": header}, GOOD_BODY)


@pytest.mark.promise("signature-parsers")
def test_refused_when_header_is_missing_or_doubled() -> None:
    refused({}, GOOD_BODY)
    refused({"Authorization": "Bearer " + SECRET}, GOOD_BODY)
    refused({**signed(GOOD_BODY), "wave-signature": f"t={AT},v1={GOOD}"}, GOOD_BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"7",
        b"{}",
        b"\xff\xfe",
        b"NaN",
        b'{"id":"a","type":"b"}',
        b'{"id":"a","type":"b","data":[]}',
        b'{"id":"a","data":{}}',
        b'{"type":"b","data":{}}',
        b'{"id":7,"type":"b","data":{}}',
        b'{"id":"","type":"b","data":{}}',
        b'{"id":"a","id":"b","type":"b","data":{}}',
        b'{"id":"a","type":"b","data":{"x":NaN}}',
        b'{"id":"a","type":"b","data":{"x":1e999}}',
        b'{"id":"a\\u0000","type":"b","data":{}}',
        b'{"id":"a","type":"b","data":{"x":"\\ud800"}}',
        b'{"id":"' + b"a" * 256 + b'","type":"b","data":{}}',
        b'{"id":"a","type":"checkout.session.payment_failed","data":{}}',
        b'{"id":"a","type":"b","data":' + b'{"x":' * 5000 + b"1" + b"}" * 5001,
        b"[" * 200_000,
    ],
)
def test_refused_when_signed_body_is_malformed(body: bytes) -> None:
    refused(signed(body), body)


def test_refused_when_paid_session_has_no_id() -> None:
    for ref in (None, "", 7, "a\nb"):
        body = json.dumps(event(id=ref)).encode()
        refused(signed(body), body)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["Wave-Signature", "wave-signature", "x"]), st.text()), st.binary())
def test_one_refusal_when_header_and_body_are_arbitrary(headers: dict[str, str], body: bytes) -> None:
    refused(headers, body)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(st.text(alphabet="tv1=,.0123456789abcdef -\x00"), st.binary())
def test_one_refusal_when_header_is_nearly_right(header: str, body: bytes) -> None:
    refused({"Wave-Signature": header}, body)
    refused({"Wave-Signature": f"t={AT},{header}"}, body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_one_refusal_when_signed_body_is_arbitrary(body: bytes) -> None:
    refused(signed(body), body)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["id", "type", "data"]), values),
    st.dictionaries(st.sampled_from(sorted(event()["data"])), values),
)
def test_nothing_but_the_refusal_when_signed_event_is_odd(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    payload = event(**inner) | outer
    try:
        found = read(payload)
    except WebhookInvalidSignature:
        return
    assert found.event_id
    assert found.kind


async def test_played_provider_is_believed(tmp_path: Path) -> None:
    async with wave_at(tmp_path / "state.sqlite3") as wave:
        payment = make_payment()
        opened = await wave.first(payment)
        await wave.played.press(opened.provider_ref, "failed")
        await wave.played.press(opened.provider_ref, "paid")
        events = [wave.gateway.read_event(headers, body) for _, headers, body in wave.played.receiver.got]
    assert [said(each).reported for each in events] == [Reported.ATTEMPT_FAILED, Reported.PAID]
    assert said(events[0]).failure_code == "insufficient-funds"
    assert {(each.payment_id, said(each).amount, said(each).provider_ref) for each in events} == {
        (payment.id, 5000, opened.provider_ref)
    }


@pytest.mark.parametrize("kind", ["bad_signature", "wrong_amount", "late"])
async def test_played_faults_are_seen(tmp_path: Path, kind: str) -> None:
    async with wave_at(tmp_path / "state.sqlite3") as wave:
        payment = make_payment()
        opened = await wave.first(payment)
        await wave.played.arm(kind, times=1)
        await wave.played.press(opened.provider_ref, "paid")
        await wave.played.time.forward(6)
        _, headers, body = wave.played.receiver.got[0]
        await wave.played.clock.advance(timedelta(seconds=5).total_seconds())
        if kind == "bad_signature":
            with pytest.raises(WebhookInvalidSignature):
                wave.gateway.read_event(headers, body)
        else:
            assert said(wave.gateway.read_event(headers, body)).amount == (5001 if kind == "wrong_amount" else 5000)
