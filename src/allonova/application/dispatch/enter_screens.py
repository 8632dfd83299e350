"""Who may follow a company's channels."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.frames import Par
from allonova.application.dispatch.screen_queries import ScreenQueries
from allonova.application.identity.ports import Caller
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.kernel.errors import AuthRequired, DomainError, Forbidden, NotFound


@wired
class EnterDesk:
    """An admin comes to the board or to his messages."""

    screens: ScreenQueries

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, Forbidden)

    async def __call__(self, *, caller: Caller) -> tuple[Membre, Par]:
        """Who he is, and what colleagues call him. Raises Forbidden for a chauffeur, AuthRequired for an account that
        is closed or no more an admin's.
        """
        by = member(caller)
        if by.role is not StaffRole.ADMIN:
            raise Forbidden
        found = await self.screens.staff(by.societe_id, by.id)
        if found is None or not found.active or found.role is not by.role:
            raise AuthRequired
        return by, Par(id=by.id, name=found.name)


@wired
class EnterPhone:
    """A chauffeur comes to his own channel, or an admin to watch it."""

    screens: ScreenQueries

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, Forbidden, NotFound)

    async def __call__(self, *, caller: Caller, chauffeur_id: UUID) -> Membre:
        """Who comes. Raises NotFound for one who is no active chauffeur of the company, Forbidden for a colleague's."""
        by = member(caller)
        found = await self.screens.staff(by.societe_id, chauffeur_id)
        if found is None or not found.active or found.role is not StaffRole.CHAUFFEUR:
            raise NotFound
        if by.role is StaffRole.CHAUFFEUR and by.id != chauffeur_id:
            raise Forbidden
        return by


def member(caller: Caller) -> Membre:
    """Who of which company it is. Raises AuthRequired for a token that does not say."""
    role = next((role for role in StaffRole if role == caller.role), None)
    if caller.tenant is None or role is None:
        raise AuthRequired
    return Membre(caller.user_id, caller.tenant, role, caller.session_id)
