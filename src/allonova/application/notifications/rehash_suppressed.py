"""Let the list of suppressed addresses follow the server's current secret."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import ClassVar, Protocol

from allonova.application.kernel.ports import Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.suppressions import hashes_of
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.kernel.errors import DomainError


class KnownAddresses(Protocol):
    """The list, and the addresses that stand elsewhere in the database."""

    async def count_stale(self, kid: str) -> int:
        """How many entries another secret than this one made."""

    def contacts(self) -> AsyncIterator[tuple[Channel, Sequence[str]]]:
        """Every phone and e-mail that we know, some at a time."""

    async def rehash(self, channel: Channel, hashes: Mapping[str, str], *, kid: str) -> int:
        """Put these in the place of those that they are mapped from, where those are on the list; how many were. Of
        two entries of one address the first stays.
        """


@wired
class RehashSuppressed:
    """The list holds no address, so only those follow that still stand with somebody; the others are found for as long
    as the secret that made them is known.
    """

    known: KnownAddresses
    secrets: Secrets

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """How many entries followed."""
        kid = self.secrets.kid
        if not await self.known.count_stale(kid):
            return 0
        moved = 0
        async for channel, values in self.known.contacts():
            known = [hashes_of(self.secrets, Contact(channel, value)) for value in values]
            moved += await self.known.rehash(channel, {each: hashes[0] for hashes in known for each in hashes}, kid=kid)
        return moved
