"""Strike a client out of the address book."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.change_client import lock_client
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed


@wired
class RemoveClient:
    """A client who never ordered is gone; one who did is no longer active. What he has ordered is still driven."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, PreconditionFailed)

    async def __call__(self, *, by: Membre, client_id: UUID, expected: int | None) -> None:
        """`expected` is the version that the caller read, if he says so."""
        async with self.begin_for(by.societe_id) as unit:
            client = await lock_client(unit, client_id, expected)
            before = dataclasses.replace(client)
            if await unit.clients.has_history(client.id):
                client.active, client.updated_at = False, self.clock.now()
                await unit.clients.save(client)
                await self.trail.record(
                    unit, by, by.societe_id, "client.desactive", "client", before=before, after=client
                )
            else:
                await unit.clients.remove(client)
                await self.trail.record(unit, by, by.societe_id, "client.supprime", "client", before=before)
