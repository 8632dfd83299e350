"""Accounts of the back office."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allonova.application.identity.admin_views import admin_view
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.errors import AlreadyExists, StaleVersion
from tests.support.factories import HOUR, NOW, an_admin, new_id
from tests.support.worlds import World


async def test_account_shown_when_it_exists(world: World) -> None:
    admin = an_admin(Role.COMPLIANCE, totp_secret="sealed", last_login=NOW)
    await world.keep(admin)
    assert await world.accounts.admin(admin.id) == admin_view(admin)
    assert await world.accounts.admin(new_id()) is None


async def test_everything_comes_back_when_it_was_kept(world: World) -> None:
    admin = an_admin(
        password_hash="hash",
        language="en",
        is_active=False,
        totp_secret="sealed",
        totp_pending="waiting",
        totp_confirmed_at=NOW,
        totp_last_step=58_640_640,
        last_login=NOW + HOUR,
    )
    await world.keep(admin)
    async with world.begin() as unit:
        assert await unit.admins.find(email=admin.email.upper()) == admin


async def test_address_taken_when_another_spelling_has_it(world: World) -> None:
    admin = an_admin(email="Ada@Allonova.test")
    await world.keep(admin)
    with pytest.raises(AlreadyExists):
        await world.keep(an_admin(email="ada@allonova.test"))


async def test_second_save_refused_when_both_read_the_same(world: World) -> None:
    admin = an_admin()
    await world.keep(admin)
    first, second = replace(admin, role=Role.OPS), replace(admin, role=Role.SUPPORT)
    await world.run(lambda unit: unit.admins.save(first))
    with pytest.raises(StaleVersion):
        await world.run(lambda unit: unit.admins.save(second))
