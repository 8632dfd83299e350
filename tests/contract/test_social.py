"""Accounts elsewhere that open an account here, as both adapters keep them."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.social import SocialIdentity, SocialProvider
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import AlreadyExists
from tests.support.factories import NOW, SECOND, a_user, new_id
from tests.support.worlds import World

GOOGLE, APPLE = SocialProvider


def a_link(user: User, provider: SocialProvider = GOOGLE, subject: str = "s1", **more: Any) -> SocialIdentity:
    at = more.get("created_at", NOW)
    return SocialIdentity(
        id=new_id(), user_id=user.id, provider=provider, subject=subject, created_at=at, updated_at=at
    )


async def add(world: World, *links: SocialIdentity) -> None:
    async with world.begin() as unit:
        for link in links:
            await unit.social_identities.add(link)


async def test_links_are_listed_in_their_order_and_removed(world: World) -> None:
    user, other = a_user(), a_user()
    await world.keep(user, other)
    second, first = a_link(user, APPLE, created_at=NOW + SECOND), a_link(user)
    await add(world, second, first, a_link(other, subject="s2"))
    async with world.begin() as unit:
        assert await unit.social_identities.of_user(user.id) == [first, second]
        assert await unit.social_identities.find(provider=APPLE, subject="s1") == second
        await unit.social_identities.remove(first)
    [view] = await world.accounts.social_links(user.id)
    assert (view.provider, view.linked_at) == (APPLE, NOW + SECOND)


async def test_subject_opens_one_account_and_an_account_has_one_of_each(world: World) -> None:
    user, other = a_user(), a_user()
    await world.keep(user, other)
    await add(world, a_link(user))
    for clash in (a_link(other), a_link(user, subject="s2")):
        with pytest.raises(AlreadyExists):
            await add(world, clash)
    await add(world, a_link(other, APPLE))


async def test_links_go_when_their_owner_is_forgotten(world: World) -> None:
    user, other = a_user(), a_user()
    await world.keep(user, other)
    await add(world, a_link(user), a_link(user, APPLE), a_link(other, subject="s2"))
    async with world.begin() as unit:
        await unit.personal.forget(user)
    assert await world.accounts.social_links(user.id) == []
    assert len(await world.accounts.social_links(other.id)) == 1
