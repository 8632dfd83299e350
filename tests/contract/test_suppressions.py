"""The list of addresses to which nothing is sent."""

from __future__ import annotations

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.application.notifications.suppressions import hashes_of
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.notifications.suppression import Suppression, SuppressionReason
from tests.support.factories import NOW, new_id
from tests.support.worlds import World

OLD, NEW = {"old": "o" * 32}, {"new": "n" * 32, "old": "o" * 32}
EMAIL = Contact(Channel.EMAIL, "awa@example.test")
BEFORE, AFTER = ServerSecrets(OLD, "old"), ServerSecrets(NEW, "new")


def a_suppression(contact: Contact = EMAIL, reason: SuppressionReason = SuppressionReason.SPAM) -> Suppression:
    return Suppression(
        id=new_id(),
        channel=contact.channel,
        address_hash=hashes_of(BEFORE, contact)[0],
        reason=reason,
        created_at=NOW,
    )


async def test_address_is_found_by_its_hash_when_it_is_on_the_list(world: World) -> None:
    kept = a_suppression()
    async with world.begin() as unit:
        assert await unit.suppressions.put(kept)
    found = await world.suppressions.suppression(Channel.EMAIL, hashes_of(BEFORE, EMAIL))
    assert found is not None
    assert (found.id, found.channel, found.reason, found.created_at) == (kept.id, kept.channel, kept.reason, NOW)
    assert await world.suppressions.suppression(Channel.SMS, hashes_of(BEFORE, EMAIL)) is None
    assert await world.suppressions.suppression(Channel.EMAIL, ["0" * 64]) is None
    assert await world.suppressions.suppression(Channel.EMAIL, []) is None


async def test_entry_stays_as_it_is_when_the_address_fails_again(world: World) -> None:
    first, second = a_suppression(), a_suppression(reason=SuppressionReason.HARD_BOUNCE)
    async with world.begin() as unit:
        assert await unit.suppressions.put(first)
        assert not await unit.suppressions.put(second)
    found = await world.suppressions.suppression(Channel.EMAIL, [first.address_hash])
    assert found is not None
    assert (found.id, found.reason) == (first.id, SuppressionReason.SPAM)


async def test_address_is_free_again_when_it_is_lifted(world: World) -> None:
    kept, phone = a_suppression(), a_suppression(Contact(Channel.SMS, "+2250700000001"))
    async with world.begin() as unit:
        await unit.suppressions.put(kept)
        await unit.suppressions.put(phone)
    async with world.begin() as unit:
        assert await unit.suppressions.lift(Channel.SMS, [kept.address_hash]) == []
        assert await unit.suppressions.lift(Channel.EMAIL, [kept.address_hash]) == [kept.id]
        assert await unit.suppressions.lift(Channel.EMAIL, [kept.address_hash]) == []
    assert await world.suppressions.suppression(Channel.EMAIL, [kept.address_hash]) is None
    assert await world.suppressions.suppression(Channel.SMS, [phone.address_hash]) is not None


async def test_address_is_found_and_lifted_when_the_servers_secret_has_changed(world: World) -> None:
    kept = a_suppression()
    async with world.begin() as unit:
        await unit.suppressions.put(kept)
    hashes = hashes_of(AFTER, EMAIL)
    assert hashes[0] != kept.address_hash
    assert await world.suppressions.suppression(Channel.EMAIL, hashes) is not None
    async with world.begin() as unit:
        assert await unit.suppressions.lift(Channel.EMAIL, hashes) == [kept.id]


def test_spellings_of_an_address_are_one_when_they_are_hashed() -> None:
    shouted = Contact(Channel.EMAIL, "AWA@Example.test")
    assert hashes_of(BEFORE, shouted) == hashes_of(BEFORE, EMAIL)
    assert hashes_of(BEFORE, Contact(Channel.SMS, EMAIL.value)) != hashes_of(BEFORE, EMAIL)
    assert EMAIL.value not in str(hashes_of(BEFORE, EMAIL))
