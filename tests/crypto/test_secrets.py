"""Derived values, random tokens, sealed values, ids and clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.crypto.clock import OffsetClock, SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets

KEYS = {"k1": "o" * 32, "k2": "n" * 32}
CONTEXT = "identity_documents.doc_number:1"


def test_derived_value_is_the_same_on_every_process() -> None:
    one, other = ServerSecrets(KEYS, "k1"), ServerSecrets(KEYS, "k1")
    assert one.derive("otp", "x") == other.derive("otp", "x") == one.derive("otp", "x")
    assert len(one.derive("otp", "x")) == 32


def test_derived_value_differs_by_purpose_value_and_key() -> None:
    one, other = ServerSecrets(KEYS, "k1"), ServerSecrets(KEYS, "k2")
    values = {one.derive("otp", "x"), one.derive("otp", "y"), one.derive("otp-hash", "x"), other.derive("otp", "x")}
    assert len(values) == 4
    assert one.derive("a", "bc") != one.derive("ab", "c")


def test_any_text_can_be_derived_from() -> None:
    assert ServerSecrets(KEYS, "k1").derive("refresh", "\ud800\x00")


@pytest.mark.promise("links-once")
def test_tokens_are_long_and_fit_a_url() -> None:
    secrets = ServerSecrets(KEYS, "k1")
    found = {secrets.token() for _ in range(100)}
    assert len(found) == 100
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in found)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_sealed_value_opens_in_its_context(value: str) -> None:
    sealer = AesSealer(KEYS, "k2")
    assert sealer.open(sealer.seal(value, context=CONTEXT), context=CONTEXT) == value


@pytest.mark.promise("sealed-at-rest")
def test_old_value_opens_when_key_was_rotated() -> None:
    old = AesSealer(KEYS, "k1").seal("CI-123", context=CONTEXT)
    assert old.startswith("v1.k1.")
    assert AesSealer(KEYS, "k2").open(old, context=CONTEXT) == "CI-123"


@pytest.mark.promise("sealed-at-rest")
def test_value_does_not_show_and_differs_each_time() -> None:
    sealer = AesSealer(KEYS, "k2")
    first, second = sealer.seal("CI-123", context=CONTEXT), sealer.seal("CI-123", context=CONTEXT)
    assert first != second
    assert "CI-123" not in first


@pytest.mark.promise("sealed-at-rest")
def test_value_does_not_open_when_moved() -> None:
    sealer = AesSealer(KEYS, "k2")
    sealed = sealer.seal("CI-123", context=CONTEXT)
    for context in ("identity_documents.doc_number:2", "users.phone:1", ""):
        with pytest.raises(ValueError, match="moved"):
            sealer.open(sealed, context=context)


def test_value_does_not_open_when_tampered_with() -> None:
    sealer = AesSealer(KEYS, "k2")
    sealed = sealer.seal("CI-123", context=CONTEXT)
    for at in range(len(sealed)):
        for letter in ("A", "B", ".", "é"):
            if sealed[at] != letter:
                with pytest.raises(ValueError, match=r"."):
                    sealer.open(sealed[:at] + letter + sealed[at + 1 :], context=CONTEXT)
        with pytest.raises(ValueError, match=r"."):
            sealer.open(sealed[:at], context=CONTEXT)


@settings(deadline=None)
@given(st.text())
def test_only_value_error_when_text_is_arbitrary(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AesSealer(KEYS, "k2").open(text, context=CONTEXT)
    with pytest.raises(ValueError, match=r"."):
        AesSealer(KEYS, "k2").open("v1.k2." + text, context=CONTEXT)


def test_value_does_not_open_when_key_is_gone() -> None:
    sealed = AesSealer(KEYS, "k1").seal("CI-123", context=CONTEXT)
    with pytest.raises(ValueError, match="not a sealed value"):
        AesSealer({"k2": KEYS["k2"]}, "k2").open(sealed, context=CONTEXT)


def test_ids_are_random() -> None:
    ids = RandomIds()
    assert ids.new().version == 4
    assert ids.new() != ids.new()


def test_system_clock_is_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


async def test_offset_clock_moves_forward_only() -> None:
    clock = OffsetClock()
    before = clock.now()
    assert await clock.advance(3600) - before >= timedelta(hours=1)
    assert clock.now() - before >= timedelta(hours=1)
    for step in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="forward"):
            await clock.advance(step)


def test_value_is_derived_by_every_key_when_it_must_outlive_them() -> None:
    before = ServerSecrets({"a": "x" * 32}, "a")
    after = ServerSecrets({"b": "y" * 32, "a": "x" * 32}, "b")
    assert before.derivations("otp", "x") == (before.derive("otp", "x"),)
    assert after.derivations("otp", "x") == (after.derive("otp", "x"), before.derive("otp", "x"))
    assert len(set(after.derivations("otp", "x"))) == 2
