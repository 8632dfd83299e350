"""A dispatcher says something else of a client."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.add_client import read_contact_phone
from allonova.application.dispatch.phones import PhoneReader
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.views import ClientView, client_view
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.client import Client, ClientChange
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed, StaleVersion, ValidationError


async def lock_client(unit: DispatchUnit, client_id: UUID, expected: int | None) -> Client:
    """A client who is still served, locked. Raises NotFound and PreconditionFailed."""
    client = await unit.clients.get(client_id, lock=True)
    if not client.active:
        raise NotFound
    require_version(expected, client.version, client_view(client))
    return client


@wired
class ChangeClient:
    """Change a client."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail
    read_phone: PhoneReader

    errors: ClassVar[tuple[type[DomainError], ...]] = (*(NotFound, ValidationError, PreconditionFailed, StaleVersion),)

    async def __call__(self, *, by: Membre, client_id: UUID, change: ClientChange, expected: int | None) -> ClientView:
        """`expected` is the version that the caller read, if he says so."""
        async with self.begin_for(by.societe_id) as unit:
            client = await lock_client(unit, client_id, expected)
            before = dataclasses.replace(client)
            phone = await read_contact_phone(unit, by, change.contact_phone, self.read_phone)
            change = dataclasses.replace(change, contact_phone=phone)
            if client.change(change, self.clock.now()):
                await unit.clients.save(client)
                await self.trail.record(
                    unit, by, by.societe_id, "client.modifie", "client", before=before, after=client
                )
            return client_view(client)
