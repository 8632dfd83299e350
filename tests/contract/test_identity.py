"""Accounts, codes and sessions."""

from __future__ import annotations

from decimal import Decimal

from allonova.application.identity.views import user_view
from allonova.domain.identity.otp import Otp
from allonova.domain.identity.session import Audience, Session
from tests.support.factories import HOUR, NOW, SECOND, a_user, new_id
from tests.support.worlds import World


def an_otp(phone: str, *, minutes: int = 0) -> Otp:
    made_at = NOW + minutes * 60 * SECOND
    return Otp(id=new_id(), phone=phone, code_hash="h", expires_at=made_at + HOUR, created_at=made_at)


def a_session(revoked_after_s: int | None) -> Session:
    revoked_at = None if revoked_after_s is None else NOW + revoked_after_s * SECOND
    return Session(id=new_id(), user_id=new_id(), audience=Audience.NOVA, revoked_at=revoked_at, created_at=NOW)


async def test_account_shown_when_it_exists(world: World) -> None:
    user = a_user(email="awa@exemple.test", language="fr", rating_avg=Decimal("4.50"), rating_count=2)
    await world.keep(user)
    assert await world.accounts.user(user.id) == user_view(user)
    assert await world.accounts.user(new_id()) is None


async def test_newest_code_of_the_phone_when_several_were_made(world: World) -> None:
    old, new, other = an_otp("+1", minutes=1), an_otp("+1", minutes=2), an_otp("+2", minutes=3)
    async with world.begin() as unit:
        for otp in (new, old, other):
            await unit.otps.add(otp)
    async with world.begin() as unit:
        assert await unit.otps.newest("+1") == new
        assert await unit.otps.newest("+3") is None


async def test_newest_code_shown_even_when_it_was_used(world: World) -> None:
    old, new = an_otp("+1"), an_otp("+1", minutes=1)
    new.consume(NOW)
    async with world.begin() as unit:
        await unit.otps.add(old)
        await unit.otps.add(new)
        assert await unit.otps.newest("+1") == new


async def test_stored_code_untouched_when_the_newest_changes_without_a_save(world: World) -> None:
    async with world.begin() as unit:
        await unit.otps.add(an_otp("+1"))
        first = await unit.otps.newest("+1")
        assert first is not None
        first.consume(NOW)
        again = await unit.otps.newest("+1")
    assert again is not None
    assert again.consumed_at is None


async def test_revoked_sessions_named_when_ended_since(world: World) -> None:
    live, before, at, after = a_session(None), a_session(-1), a_session(0), a_session(1)
    async with world.begin() as unit:
        for session in (after, at, before, live):
            await unit.sessions.add(session)
    assert sorted(await world.accounts.revoked_sessions(NOW)) == sorted([at.id, after.id])
