"""MTN's callbacks: unsigned hints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.application.money.ports import ProviderEvent
from allonova.domain.kernel.errors import WebhookInvalidSignature
from tests.payments.mtn_harness import make_payment, mtn_at, payments

GATEWAY = payments(httpx.AsyncClient())
ID = "0b5b0f0e-7d8e-4f0b-8a55-1f6f0b1c2d3e"


def read(body: Any) -> ProviderEvent:
    return GATEWAY.read_event({}, json.dumps(body).encode())


def test_hint_names_our_payment_and_claims_nothing() -> None:
    event = read({"externalId": ID, "status": "SUCCESSFUL", "amount": "5000"})
    assert event == ProviderEvent(
        provider="mtn", event_id=f"{ID}:SUCCESSFUL", kind="SUCCESSFUL", payment_id=UUID(ID), report=None
    )


@pytest.mark.parametrize("status", [None, "PAID", "successful", 7, {}, "SUCCESSFUL\n"])
def test_other_words_are_other(status: object) -> None:
    event = read({"externalId": ID, "status": status})
    assert (event.event_id, event.kind) == (f"{ID}:other", "other")


@pytest.mark.parametrize("named", [None, "", 7, "x", ID.upper(), ID.replace("-", ""), f"{{{ID}}}", [ID]])
def test_hint_without_an_id_is_one_by_its_body(named: object) -> None:
    one, other = ({"externalId": named, "status": "FAILED", "amount": amount} for amount in ("1", "2"))
    assert read(one).payment_id is None
    assert read(one) == read(one)
    assert read(one).event_id != read(other).event_id


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"x"', b"7", b"{", b"\xff", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 100_000]
)
def test_refused_when_malformed(body: bytes) -> None:
    with pytest.raises(WebhookInvalidSignature):
        GATEWAY.read_event({}, body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.uuids().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.promise("signature-parsers")
@settings(deadline=None)
@given(
    st.dictionaries(st.text(), st.text()),
    st.binary()
    | values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(["externalId", "status", "reason"]), values).map(
        lambda v: json.dumps(v).encode()
    ),
)
def test_refusal_or_hint_when_anything_comes(headers: dict[str, str], body: bytes) -> None:
    try:
        event = GATEWAY.read_event(headers, body)
    except WebhookInvalidSignature:
        return
    assert event.report is None
    assert event.event_id.isascii()
    assert len(event.event_id) <= 80


async def test_played_callback_names_our_payment_unless_it_is_forged(tmp_path: Path) -> None:
    async with mtn_at(tmp_path / "s.sqlite3") as mtn:
        for kind in (None, "bad_signature"):
            payment = make_payment()
            await mtn.open(payment)
            if kind:
                await mtn.arm(kind)
            await mtn.press(payment, "paid")
            path, headers, body = mtn.played.receiver.got[-1]
            event = mtn.gateway.read_event(headers, body)
            assert (event.payment_id == payment.id) is (kind is None)
            assert path.startswith("/api/v1/payments/webhook/mtn/")
            assert (path.rpartition("/")[2] == str(payment.id)) is (kind is None)
