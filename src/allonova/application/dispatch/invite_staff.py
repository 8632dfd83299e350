"""Take somebody on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.phones import PhoneReader, local_phone
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_taxis import TaxiHandover
from allonova.application.dispatch.staff_views import StaffView, staff_view
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import (
    ChauffeurDriving,
    EmailTaken,
    Membre,
    StaffRole,
    StaffUser,
    TaxiTaken,
)
from allonova.domain.dispatch.taxi import TaxiPromised
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, StaleVersion, ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDraft:
    """Somebody as an admin enters him."""

    email: str
    role: StaffRole
    name: str
    phone: str | None = None
    taxi_id: UUID | None = None


def require_chauffeur(role: StaffRole, taxi_id: UUID | None) -> None:
    """Raise ValidationError for an admin with a taxi."""
    if taxi_id is not None and role is not StaffRole.CHAUFFEUR:
        raise ValidationError((FieldError("taxiId", "chauffeurs_only", "only chauffeurs have a taxi"),))


@wired
class InviteStaff:
    """Open an account and send its owner the link that sets his password. His taxi is taken from whoever had it."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids
    trail: Trail
    invitations: InvitationDesk
    handover: TaxiHandover
    read_phone: PhoneReader

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(ValidationError, NotFound, EmailTaken, TaxiTaken, TaxiPromised, ChauffeurDriving, StaleVersion),
    )

    async def __call__(self, *, by: Membre, draft: StaffDraft, force: bool) -> StaffView:
        """`force` gives the courses that are promised on the taxi back to the pool. Raises NotFound for the
        taxi, ValidationError for a phone that is none.
        """
        require_chauffeur(draft.role, draft.taxi_id)
        now = self.clock.now()
        user = StaffUser(
            id=self.ids.new(),
            societe_id=by.societe_id,
            email=draft.email,
            role=draft.role,
            name=draft.name,
            taxi_id=draft.taxi_id,
            created_at=now,
            updated_at=now,
        )
        async with self.begin_for(by.societe_id) as unit:
            user.phone = await local_phone(unit, by.societe_id, draft.phone, self.read_phone, path="phone")
            user.index()
            taxis = []
            if draft.taxi_id is not None:
                taxis = await self.handover.clear(unit, [draft.taxi_id], force=force, by=by)
            await unit.staff.add(user)
            await self.handover.announce(unit, taxis, by)
            await self.invitations.invite(unit, user)
            await self.trail.record(unit, by, by.societe_id, "user.cree", "user", after=user)
        return staff_view(user)
