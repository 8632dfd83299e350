"""Wave's webhook: the signature, the events, and what the buttons of the payer do."""

from __future__ import annotations

import hashlib
import hmac
import json

from allonova.adapters.sandbox.providers.wave_wire import signature

from .harness import SECRET, START, WEBHOOK, Played

# Wave, /webhook: the sample secret, header and body of Wave's own documentation.
DOC_SECRET = "wave_sn_WHS_xz4m6g8rjs9bshxy05xj4khcvjv7j3hcp4fbpvv6met0zdrjvezg"
DOC_HEADER = "t=1667920421,v1=53c971695230e9c51b1030d673eee76e70bbcdf8a7c5b8c1d44e0b8b1329647b"
DOC_BODY = (
    b'{"id": "AE_ijzo7oGgrlM7", "type": "checkout.session.completed", "data": {"id": "cos-1b01sghpg100j", '
    b'"amount": "100", "checkout_status": "complete", "client_reference": null, "currency": "XOF", '
    b'"error_url": "https://example.com/error", "last_payment_error": null, '
    b'"business_name": "Annas Apiaries", '
    b'"payment_status": "succeeded", "success_url": "https://example.com/success", "wave_launch_url": '
    b'"https://pay.wave.com/c/cos-1b01sghpg100j?a=100&c=XOF&m=Annas%20Apiaries", "when_completed": '
    b'"2022-11-08T15:05:45Z", "when_created": "2022-11-08T15:05:32Z", '
    b'"when_expires": "2022-11-09T15:05:32Z", "transaction_id": "TCN4Y4ZC3FM"}}'
)


def valid(headers: dict[str, str], body: bytes) -> bool:
    """Checks as a receiver would, written apart from the signer."""
    at, proof = (part.partition("=")[2] for part in headers["wave-signature"].split(","))
    mac = hmac.new(SECRET.encode(), digestmod=hashlib.sha256)
    mac.update(at.encode())
    mac.update(body)
    return hmac.compare_digest(mac.hexdigest(), proof)


def test_signature_is_waves_own_when_given_the_documented_sample() -> None:
    assert signature(DOC_SECRET, DOC_BODY, 1667920421) == DOC_HEADER


async def test_signed_event_has_come_when_the_button_answers(played: Played) -> None:
    ref = (await played.session())["id"]
    answer = await played.press(ref, "paid")
    [(path, headers, body)] = played.receiver.got
    assert path == WEBHOOK
    assert headers["content-type"] == "application/json"
    assert valid(headers, body)
    event = json.loads(body)
    assert event["type"] == "checkout.session.completed"
    assert event["id"].startswith("EV_")
    assert event["data"] == await played.read(ref)
    assert answer.json()["data"]["status"] == "paid"


async def test_button_answers_what_happened_when_a_program_presses_it(played: Played) -> None:
    session = await played.session()
    data = (await played.press(session["id"], "paid")).json()["data"]
    transaction = data.pop("transaction_id")
    assert transaction.startswith("T")
    assert data == {
        "provider_ref": session["id"],
        "provider": "wave",
        "status": "paid",
        "amount": 5000,
        "currency": "XOF",
        "success_url": "https://allonova.test/ok",
        "error_url": "https://allonova.test/ko",
        "checkout_status": "complete",
        "payment_status": "succeeded",
        "when_completed": "2026-03-01T08:00:00Z",
        "when_expires": "2026-03-01T08:30:00Z",
    }


async def test_signature_carries_the_services_time_when_the_clock_was_moved(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.clock.advance(1200)
    await played.press(ref, "paid")
    header = played.receiver.got[0][1]["wave-signature"]
    assert header.startswith(f"t={int(START.timestamp()) + 1200},v1=")


async def test_session_stays_open_when_an_attempt_fails(played: Played) -> None:
    ref = (await played.session())["id"]
    answer = (await played.press(ref, "failed")).json()["data"]
    assert (answer["status"], answer["checkout_status"]) == ("failed", "open")
    event = json.loads(played.receiver.got[0][2])
    assert event["type"] == "checkout.session.payment_failed"
    assert event["data"]["last_payment_error"]["code"] == "insufficient-funds"
    assert (await played.data("ledger", provider="wave"))["charges"] == []


async def test_second_attempt_succeeds_when_the_first_failed(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "failed")
    await played.press(ref, "paid")
    first, second = (json.loads(body) for _, _, body in played.receiver.got)
    assert (first["type"], second["type"]) == (
        "checkout.session.payment_failed",
        "checkout.session.completed",
    )
    assert first["id"] != second["id"]
    assert second["data"]["last_payment_error"] is None


async def test_nothing_more_happens_when_paid_is_pressed_again(played: Played) -> None:
    ref = (await played.session())["id"]
    first, second = await played.press(ref, "paid"), await played.press(ref, "paid")
    assert second.status_code == 200
    assert second.json()["data"] == first.json()["data"]
    assert len(played.receiver.got) == 1
    assert len((await played.data("ledger", provider="wave"))["charges"]) == 1


async def test_refused_when_a_paid_session_is_to_fail(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.press(ref, "paid")
    answer = await played.press(ref, "failed")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "invalid_transition"
    assert answer.json()["error"]["details"] == {"from": "paid", "action": "failed"}
    assert len(played.receiver.got) == 1


async def test_refused_when_an_expired_session_is_paid(played: Played) -> None:
    ref = (await played.session())["id"]
    await played.call(ref, "expire")
    for outcome in ("paid", "failed"):
        answer = await played.press(ref, outcome)
        assert (answer.status_code, answer.json()["error"]["details"]["from"]) == (409, "expired")
    assert played.receiver.got == []
    assert (await played.data("ledger", provider="wave"))["charges"] == []
