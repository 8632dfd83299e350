"""Write a client into the address book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.dispatch.phones import PhoneReader
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.views import ClientView, client_view
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.client import Client, ClientType
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, FieldError, ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDraft:
    """A client as somebody enters him."""

    type: ClientType
    nom: str
    contact_email: str | None = None
    contact_phone: str | None = None
    adresse: str | None = None


async def read_contact_phone(
    unit: DispatchUnit, by: Membre, written: str | None, read_phone: PhoneReader
) -> str | None:
    """A phone as E.164; without `+` it rings in the company's country. Nothing stays as it is."""
    if not written:
        return written
    found = read_phone(written, (await unit.societes.get(by.societe_id)).pays)
    if found is None:
        raise ValidationError((FieldError("contactPhone", "phone", "not a phone number"),))
    return found


@wired
class AddClient:
    """One more client. Several may share an e-mail, a phone or a name."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids
    trail: Trail
    read_phone: PhoneReader

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError,)

    async def __call__(self, *, by: Membre, draft: ClientDraft) -> ClientView:
        """In the company of whoever enters him. Raises ValidationError for a phone that is none."""
        now = self.clock.now()
        client = Client(
            id=self.ids.new(),
            societe_id=by.societe_id,
            type=draft.type,
            nom=draft.nom,
            contact_email=draft.contact_email,
            adresse=draft.adresse,
            created_at=now,
            updated_at=now,
        )
        async with self.begin_for(by.societe_id) as unit:
            client.contact_phone = await read_contact_phone(unit, by, draft.contact_phone, self.read_phone)
            client.index()
            await unit.clients.add(client)
            await self.trail.record(unit, by, by.societe_id, "client.cree", "client", after=client)
        return client_view(client)
