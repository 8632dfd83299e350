"""Orange's notification: a hint that names a payment, and one refusal for everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.payments.orange_wire import STATUSES
from allonova.application.money.ports import ProviderEvent
from allonova.domain.kernel.errors import WebhookInvalidSignature
from tests.payments.test_orange import SILENT, make_gateway, orange_at

GATEWAY = make_gateway(SILENT)
TOLD = {"status": "SUCCESS", "notif_token": "dd497bda3b250e536186fc0663f32f40", "txnid": "MP150709.1341.A00073"}


def read(payload: object) -> ProviderEvent:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return GATEWAY.read_event({}, body)


def test_hint_names_the_payment_and_proves_nothing() -> None:
    event = read(TOLD)
    assert (event.provider, event.kind, event.notif_token) == ("orange", "SUCCESS", TOLD["notif_token"])
    assert (event.report, event.payment_id, event.provider_ref) == (None, None, None)
    assert TOLD["notif_token"] not in event.event_id


def test_same_event_when_told_again_and_another_for_another_word_or_payment() -> None:
    first = read(TOLD).event_id
    assert read({**TOLD, "txnid": "another"}).event_id == first
    assert read({**TOLD, "status": "FAILED"}).event_id != first
    assert read({**TOLD, "notif_token": "another"}).event_id != first


@pytest.mark.parametrize("status", ["PAID", "", None, 7, [], {}, "S" * 10_000])
def test_word_that_nobody_knows_is_a_hint_as_well(status: object) -> None:
    event = read({**TOLD, "status": status})
    assert (event.kind, event.event_id.rpartition(":")[2]) == ("OTHER", "other")


def test_hint_needs_no_more_than_its_token() -> None:
    assert read({"notif_token": "n"}).kind == "OTHER"


@pytest.mark.parametrize("token", [None, "", 7, True, [], {}, "a\nb", " a", "a" * 256, "\u202e\u0000"])
def test_refused_when_it_names_no_payment(token: object) -> None:
    with pytest.raises(WebhookInvalidSignature):
        read({**TOLD, "notif_token": token})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"{}",
        b"\xff\xfe",
        b"notif_token=a&status=SUCCESS",
        b'{"notif_token":"a","notif_token":"b"}',
        b'{"notif_token":"a","x":NaN}',
        b'{"notif_token":"a\\u0000"}',
        b'{"notif_token":"\\ud800"}',
        b"[" * 200_000,
    ],
)
def test_refused_when_it_is_malformed(body: bytes) -> None:
    with pytest.raises(WebhookInvalidSignature):
        read(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
bodies = (
    st.binary()
    | values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(sorted(TOLD)), values | st.sampled_from(sorted(STATUSES))).map(
        lambda told: json.dumps(TOLD | told).encode()
    )
)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(), st.text(), max_size=3), bodies)
def test_nothing_but_a_hint_or_the_refusal_when_all_is_arbitrary(headers: dict[str, str], body: bytes) -> None:
    try:
        event = GATEWAY.read_event(headers, body)
    except WebhookInvalidSignature:
        return
    assert event.report is None
    assert event.notif_token
    assert len(event.event_id) < 60
    assert event.kind in {*STATUSES, "OTHER"}


async def test_played_provider_is_understood(tmp_path: Path) -> None:
    async with orange_at(tmp_path / "state.sqlite3") as orange:
        payment = await orange.paid()
        ((_, headers, body),) = orange.played.receiver.got
        event = orange.gateway.read_event(headers, body)
        assert (event.notif_token, event.kind) == (payment.notif_token, "SUCCESS")


async def test_unknown_payment_is_named_when_a_bad_signature_is_armed(tmp_path: Path) -> None:
    async with orange_at(tmp_path / "state.sqlite3") as orange:
        await orange.played.arm("bad_signature", provider="orange")
        payment = await orange.paid()
        ((_, headers, body),) = orange.played.receiver.got
        told: Any = orange.gateway.read_event(headers, body)
        assert told.notif_token != payment.notif_token
