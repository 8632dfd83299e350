"""Addresses to which nothing is sent: who learns of them, who asks, and how one comes off the list."""

from __future__ import annotations

from typing import ClassVar, Final, Protocol
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock, Ids, Secrets
from allonova.application.kernel.wired import wired
from allonova.application.notifications.suppression_ports import (
    SuppressionQueries,
    SuppressionStore,
    SuppressionUnit,
    SuppressionView,
)
from allonova.domain.identity.contact import Contact
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party
from allonova.domain.notifications.suppression import Suppression, SuppressionReason

PURPOSE: Final = "suppressed-address"


class Suppressions(Protocol):
    """What whoever sends asks before, and tells afterwards."""

    async def is_suppressed(self, contact: Contact) -> bool:
        """Whether nothing goes there any more."""

    async def suppress(self, contact: Contact, reason: SuppressionReason) -> None:
        """Send nothing there any more. What is on the list stays as it is."""


class NoSuppressions:
    """Everybody may be written to, and nobody remembers whom that failed."""

    async def is_suppressed(self, contact: Contact) -> bool:
        """See Suppressions."""
        return False

    async def suppress(self, contact: Contact, reason: SuppressionReason) -> None:
        """See Suppressions."""


def hashes_of(secrets: Secrets, contact: Contact) -> tuple[str, ...]:
    """What the list knows an address by: today's hash first, then those of the server's older secrets."""
    value = f"{contact.channel}:{contact.key}"
    return tuple(derived.hex() for derived in secrets.derivations(PURPOSE, value))


class _WithSuppressions(Protocol):
    @property
    def suppressions(self) -> SuppressionStore: ...


async def lift_proven(unit: _WithSuppressions, secrets: Secrets, contact: Contact) -> None:
    """Its owner has just read what was sent there: it works."""
    await unit.suppressions.lift(contact.channel, hashes_of(secrets, contact))


@wired
class SuppressionDesk:
    """The list as senders use it."""

    begin: Begin[SuppressionUnit]
    queries: SuppressionQueries
    secrets: Secrets
    clock: Clock
    ids: Ids

    async def is_suppressed(self, contact: Contact) -> bool:
        """See Suppressions."""
        return await self.queries.suppression(contact.channel, hashes_of(self.secrets, contact)) is not None

    async def suppress(self, contact: Contact, reason: SuppressionReason) -> None:
        """See Suppressions."""
        async with self.begin() as unit:
            await self.put(unit, contact, reason)

    async def put(self, unit: SuppressionUnit, contact: Contact, reason: SuppressionReason) -> None:
        """The same, in a transaction that is open already."""
        found = Suppression(
            id=self.ids.new(),
            channel=contact.channel,
            address_hash=hashes_of(self.secrets, contact)[0],
            kid=self.secrets.kid,
            reason=reason,
            created_at=self.clock.now(),
        )
        await unit.suppressions.put(found)


@wired
class ShowSuppression:
    """Whether an address is on the list, for the back office. It is asked for by the address, which is not kept."""

    queries: SuppressionQueries
    secrets: Secrets

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, contact: Contact) -> SuppressionView:
        """Raises NotFound when it is not."""
        found = await self.queries.suppression(contact.channel, hashes_of(self.secrets, contact))
        if found is None:
            raise NotFound
        return found


@wired
class LiftSuppression:
    """Take an address off the list: its owner says that it works again."""

    begin: Begin[SuppressionUnit]
    secrets: Secrets

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, contact: Contact, *, admin_id: UUID) -> None:
        """Raises NotFound when it is not on the list."""
        async with self.begin() as unit:
            lifted = await unit.suppressions.lift(contact.channel, hashes_of(self.secrets, contact))
            if not lifted:
                raise NotFound
            actor = Actor(Party.ADMIN, admin_id)
            for id in lifted:
                await unit.audit.put(
                    actor=actor,
                    action="suppression.lifted",
                    entity="suppressed_address",
                    entity_id=id,
                    meta={"channel": contact.channel.value},
                )


def _conforms(desk: SuppressionDesk) -> Suppressions:
    return desk
