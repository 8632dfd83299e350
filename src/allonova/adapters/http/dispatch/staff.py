"""Who of a company's staff sends a request, and how often he may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from allonova.adapters.http.limits import count
from allonova.adapters.http.provide import verified
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, Forbidden

staff_bearer = HTTPBearer(
    scheme_name="StaffBearer",
    auto_error=False,
    description="Access token of audience `nova`, from `POST /auth/login`.",
    bearerFormat="JWT",
)
type StaffCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(staff_bearer)]


async def optional_staff(request: Request) -> Membre | None:
    """Who of which company sends the request; None without a token."""
    known: Membre | None = getattr(request.state, "staff", None)
    if known is not None:
        return known
    caller = verified(request, await staff_bearer(request), Audience.NOVA)
    if caller is None:
        return None
    role = next((role for role in StaffRole if role == caller.role), None)
    if caller.tenant is None or role is None:
        raise AuthRequired
    found = request.state.staff = Membre(caller.user_id, caller.tenant, role, caller.session_id)
    return found


async def required_staff(request: Request) -> Membre:
    """Who of staff sends the request, whatever he does there."""
    caller = await optional_staff(request)
    if caller is None:
        raise AuthRequired
    return caller


type AnyStaff = Annotated[Membre, Depends(required_staff)]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Who of staff may enter a route; documents and tests read it there."""

    role: StaffRole

    async def __call__(self, request: Request) -> Membre:
        """Who sends the request. Raises Forbidden for the other role."""
        caller = await required_staff(request)
        if caller.role is not self.role:
            raise Forbidden
        return caller


type StaffAdmin = Annotated[Membre, Depends(StaffRow(StaffRole.ADMIN))]
type Chauffeur = Annotated[Membre, Depends(StaffRow(StaffRole.CHAUFFEUR))]


async def limit_staff_calls(request: Request, _told: StaffCredentials) -> None:
    """A router's dependency: see `limit_calls`."""
    await count(request, optional_staff(request))
