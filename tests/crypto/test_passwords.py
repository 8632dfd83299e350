"""Passwords at rest."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest

from allonova.adapters.crypto.passwords import Argon2Passwords
from allonova.application.kernel.inside import INSIDE_UNIT
from tests.support.passwords import CHEAP, GOOD, OTHER


@pytest.mark.promise("password-cost")
async def test_parameters_are_those_of_the_promise_when_nothing_is_said() -> None:
    kept = await Argon2Passwords().hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_password_fits_its_hash_alone() -> None:
    kept = await CHEAP.hash(GOOD)
    assert await CHEAP.verify(GOOD, kept)
    assert not await CHEAP.verify(OTHER, kept)
    assert not await CHEAP.verify(GOOD.upper(), kept)
    assert await CHEAP.hash(GOOD) != kept


@pytest.mark.parametrize("kept", [None, "", "x", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
async def test_nothing_fits_when_there_is_no_hash(kept: str | None) -> None:
    assert not await CHEAP.verify(GOOD, kept)
    assert not await CHEAP.verify("", kept)


async def test_password_is_the_same_when_another_keyboard_composes_it() -> None:
    composed, apart = (unicodedata.normalize(form, "élève à côté") for form in ("NFC", "NFD"))
    assert composed != apart
    assert await CHEAP.verify(apart, await CHEAP.hash(composed))


async def test_hash_is_outdated_when_it_was_made_with_other_parameters() -> None:
    kept = await CHEAP.hash(GOOD)
    assert not CHEAP.is_outdated(kept)
    assert Argon2Passwords(memory_kib=16, passes=1).is_outdated(kept)


@pytest.mark.parametrize("password", ["password", "12345678", "PassWord", "azertyuiop", "ｐａｓｓｗｏｒｄ"])  # noqa: RUF001 - full-width
def test_password_is_common_when_it_is_tried_first(password: str) -> None:
    assert CHEAP.is_common(password)


@pytest.mark.parametrize("password", [GOOD, OTHER, "", "x" * 128])
def test_password_is_not_common_when_nobody_tries_it(password: str) -> None:
    assert not CHEAP.is_common(password)


@pytest.mark.promise("password-cost")
async def test_hashing_is_refused_when_a_unit_is_open() -> None:
    token = INSIDE_UNIT.set(True)
    try:
        for attempt in (CHEAP.hash(GOOD), CHEAP.verify(GOOD, None)):
            with pytest.raises(RuntimeError):
                await attempt
    finally:
        INSIDE_UNIT.reset(token)


@pytest.mark.promise("password-cost")
async def test_event_loop_goes_on_when_passwords_are_hashed() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    await Argon2Passwords().hash(GOOD)
    turning.cancel()
    assert turns > 100
