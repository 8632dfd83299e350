"""Accounts, codes, links, sessions, devices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from allonova.application.identity.views import SessionView, user_view
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.device import Device, PushPlatform
from allonova.domain.identity.link import LinkPurpose, LinkToken
from allonova.domain.identity.otp import Otp, OtpPurpose
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AlreadyExists
from tests.support.factories import HOUR, MINUTE, NOW, SECOND, a_user, new_id
from tests.support.worlds import STORAGE_ERRORS, World


def an_otp(phone: str, *, minutes: int = 0) -> Otp:
    made_at = NOW + minutes * 60 * SECOND
    return Otp(id=new_id(), target=phone, code_hash="h", expires_at=made_at + HOUR, created_at=made_at)


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


def a_change_code(user: User, purpose: OtpPurpose, *, minutes: int = 0) -> Otp:
    otp = an_otp("+9", minutes=minutes)
    otp.purpose, otp.user_id = purpose, user.id
    return otp


def a_link(target: str, purpose: LinkPurpose = LinkPurpose.PASSWORD_RESET, *, minutes: int = 0) -> LinkToken:
    made_at = NOW + minutes * MINUTE
    id = new_id()
    return LinkToken(
        id=id, purpose=purpose, target=target, token_hash=f"h{id}", expires_at=made_at + HOUR, created_at=made_at
    )


def a_device(user: User, token_hash: str) -> Device:
    return Device(
        id=new_id(),
        user_id=user.id,
        platform=PushPlatform.WEB,
        token="sealed",
        token_hash=token_hash,
        created_at=NOW,
        updated_at=NOW,
    )


async def test_newest_code_is_of_one_purpose_and_user_when_others_are_newer(world: World) -> None:
    user, other = a_user(), a_user()
    await world.keep(user, other)
    login = an_otp("+9")
    old = a_change_code(user, OtpPurpose.CHANGE_PHONE, minutes=1)
    new = a_change_code(user, OtpPurpose.CHANGE_PHONE, minutes=2)
    mail = a_change_code(user, OtpPurpose.CHANGE_EMAIL, minutes=3)
    theirs = a_change_code(other, OtpPurpose.CHANGE_PHONE, minutes=4)
    async with world.begin() as unit:
        for otp in (new, login, theirs, old, mail):
            await unit.otps.add(otp)
        assert await unit.otps.newest("+9") == login
        assert await unit.otps.newest_of(user.id, OtpPurpose.CHANGE_PHONE) == new
        assert await unit.otps.newest_of(user.id, OtpPurpose.CHANGE_EMAIL) == mail
        assert await unit.otps.newest_of(other.id, OtpPurpose.CHANGE_EMAIL) is None


@pytest.mark.parametrize("is_login", [True, False])
async def test_code_refused_when_its_owner_does_not_fit_its_purpose(world: World, is_login: bool) -> None:
    user = a_user()
    await world.keep(user)
    otp = a_change_code(user, OtpPurpose.CHANGE_PHONE)
    otp.purpose, otp.user_id = (OtpPurpose.LOGIN, user.id) if is_login else (OtpPurpose.CHANGE_PHONE, None)
    with pytest.raises(STORAGE_ERRORS):
        await world.run(lambda unit: unit.otps.add(otp))


async def test_newest_link_is_of_one_purpose_and_target_when_others_are_newer(world: World) -> None:
    old, new = a_link("a@b", minutes=1), a_link("a@b", minutes=2)
    verify, other = a_link("a@b", LinkPurpose.EMAIL_VERIFY, minutes=3), a_link("c@d", minutes=4)
    async with world.begin() as unit:
        for link in (other, new, verify, old):
            await unit.links.add(link)
        assert await unit.links.newest("a@b", LinkPurpose.PASSWORD_RESET) == new
        assert await unit.links.newest("a@b", LinkPurpose.EMAIL_VERIFY) == verify
        assert await unit.links.newest("a@b", LinkPurpose.ADMIN_PASSWORD) is None
        assert await unit.links.find(token_hash=old.token_hash) == old


async def test_links_that_work_are_of_the_wanted_purposes_and_targets(world: World) -> None:
    first, second = a_link("a@b", minutes=1), a_link("c@d", LinkPurpose.EMAIL_VERIFY, minutes=2)
    used, elsewhere, other = a_link("a@b", minutes=1), a_link("e@f"), a_link("a@b", LinkPurpose.ADMIN_PASSWORD)
    over = a_link("c@d", minutes=1)
    used.consume(NOW)
    over.expires_at = NOW + HOUR
    wanted = ["a@b", "c@d"], [LinkPurpose.PASSWORD_RESET, LinkPurpose.EMAIL_VERIFY]
    async with world.begin() as unit:
        await unit.links.add_all([used, elsewhere, other, over, second, first])
        live = await unit.links.live(*wanted, now=NOW + HOUR)
        assert live == sorted([first, second], key=lambda link: link.id)
        for link in live:
            link.consume(NOW + HOUR)
        await unit.links.save_all(live)
        assert await unit.links.live(*wanted, now=NOW + HOUR) == []
        assert await unit.links.live([], wanted[1], now=NOW) == []


async def test_second_link_refused_when_the_token_is_the_same(world: World) -> None:
    first, second = a_link("a@b"), a_link("c@d")
    second.token_hash = first.token_hash
    await world.run(lambda unit: unit.links.add(first))
    with pytest.raises(AlreadyExists) as caught:
        await world.run(lambda unit: unit.links.add(second))
    assert caught.value.constraint == "uq_link_tokens_token_hash"


async def test_device_gone_when_removed_and_its_token_free_again(world: World) -> None:
    user = a_user()
    await world.keep(user)
    device = a_device(user, "h")
    await world.run(lambda unit: unit.devices.add(device))
    with pytest.raises(AlreadyExists):
        await world.run(lambda unit: unit.devices.add(a_device(user, "h")))
    await world.run(lambda unit: unit.devices.remove(device))
    async with world.begin() as unit:
        assert await unit.devices.find(token_hash="h") is None
        await unit.devices.add(a_device(user, "h"))


async def test_change_refused_when_it_holds_an_old_password(world: World) -> None:
    user = a_user()
    await world.keep(user)
    change = ContactChange(id=new_id(), user_id=user.id, kind=ChangeKind.PASSWORD, old_value="x", created_at=NOW)
    with pytest.raises(STORAGE_ERRORS):
        await world.run(lambda unit: unit.contact_changes.add(change))
    change.old_value = None
    await world.run(lambda unit: unit.contact_changes.add(change))


async def test_sessions_paged_when_several_live(world: World) -> None:
    user = a_user()
    await world.keep(user)
    sessions = [
        Session(id=new_id(), user_id=user.id, audience=Audience.ALLOCAR, created_at=NOW + n * HOUR) for n in range(4)
    ]
    foreign = Session(id=new_id(), user_id=user.id, audience=Audience.NOVA, created_at=NOW)
    sessions[3].revoke(NOW)
    async with world.begin() as unit:
        for session in (*sessions, foreign):
            await unit.sessions.add(session)
            for n, used_at in enumerate((session.created_at + HOUR, None)):
                expires_at = session.created_at + (n + 2) * HOUR
                await unit.refresh_tokens.add(
                    RefreshToken(
                        id=new_id(),
                        session_id=session.id,
                        token_hash=f"{session.id}{n}",
                        used_at=used_at,
                        expires_at=expires_at,
                        created_at=session.created_at,
                    )
                )
    query = ListQuery(sort=(Sort("created_at", descending=True),), page_size=1)
    page = await world.accounts.sessions(user.id, query, current=sessions[2].id, now=NOW + 3 * HOUR)
    newest = sessions[2].created_at
    assert page.total == 2
    assert page.items == [
        SessionView(
            id=sessions[2].id,
            created_at=newest,
            last_used_at=newest + HOUR,
            expires_at=newest + 3 * HOUR,
            is_current=True,
        )
    ]
