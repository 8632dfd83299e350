"""The company's staff."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import MISSING, Field, StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import StaffAdmin
from allonova.adapters.http.fields import Email, Line, WrittenPhone, given
from allonova.adapters.http.identity.addresses import require_deliverable
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import use
from allonova.application.dispatch.change_staff_user import ChangeStaffUser
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.invite_staff import InviteStaff, StaffDraft
from allonova.application.dispatch.invite_staff_again import InviteStaffAgain
from allonova.application.dispatch.remove_staff_user import RemoveStaffUser
from allonova.application.dispatch.staff_views import StaffView
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.dispatch.staff import StaffChange, StaffRole
from allonova.domain.identity.contact import contact_of
from allonova.domain.kernel.errors import NotFound

router = staff_router("personnel", "/api/users")
USERS = Listing(filters={"role": StaffRole, "active": bool}, sortable=["name", "createdAt"], searched=True)

type Force = Annotated[bool, Query(description="Give the courses that are promised back to the pool.")]


class StaffBody(NovaBody):
    """Somebody new. Only a chauffeur has a taxi; it is taken from whoever had it."""

    email: Annotated[Email, Field(examples=["koffi@nova.demo.test"])]
    role: StaffRole
    name: Line = Field(examples=["Koffi Yao"])
    phone: WrittenPhone | None = None
    taxi_id: UUID | None = None


class StaffChangeBody(NovaBody):
    """What is to be otherwise; what is left out stays, and null takes phone or taxi away."""

    email: Email | MISSING = MISSING
    role: StaffRole | MISSING = MISSING
    name: Line | MISSING = MISSING
    phone: WrittenPhone | MISSING | None = MISSING
    taxi_id: UUID | MISSING | None = MISSING
    active: StrictBool | MISSING = MISSING

    def to_change(self) -> StaffChange:
        """As the use case takes it."""
        return StaffChange(
            email=given(self.email),
            role=given(self.role),
            name=given(self.name),
            phone="" if self.phone is None else given(self.phone),
            taxi_id=None if self.taxi_id is None else given(self.taxi_id),
            without_taxi=self.taxi_id is None,
            active=given(self.active),
        )


@router.get("", **spec(StaffView, listed=True, row=True, parameters=USERS.parameters()))
async def list_staff(
    caller: StaffAdmin,
    query: Annotated[ListQuery, USERS.depends()],
    queries: Annotated[CompanyQueries, use(CompanyQueries)],
) -> Response:
    """Staff by name, those who are no longer active among them. `q` looks at name, e-mail and phone."""
    query = replace(query, sort=query.sort or (Sort("name"),))
    return answer_page(await queries.users(caller.societe_id, query), query)


@router.post("", **spec(StaffView, InviteStaff.errors, status=201, row=True))
async def invite_staff(
    request: Request,
    body: StaffBody,
    caller: StaffAdmin,
    invite: Annotated[InviteStaff, use(InviteStaff)],
    force: Force = False,
) -> Response:
    """Take somebody on: he is sent a link that sets his password."""
    require_deliverable(request, contact_of(body.email))
    draft = StaffDraft(**body.model_dump())
    return answer(await invite(by=caller, draft=draft, force=force), status=201)


@router.get("/{id}", **spec(StaffView, [NotFound], row=True))
async def get_staff_user(
    id: UUID, caller: StaffAdmin, queries: Annotated[CompanyQueries, use(CompanyQueries)]
) -> Response:
    """Somebody of staff."""
    user = await queries.user(caller.societe_id, id)
    if user is None:
        raise NotFound
    return answer(user)


@router.patch("/{id}", **spec(StaffView, ChangeStaffUser.errors, row=True))
async def change_staff_user(
    request: Request,
    id: UUID,
    body: StaffChangeBody,
    caller: StaffAdmin,
    change: Annotated[ChangeStaffUser, use(ChangeStaffUser)],
    force: Force = False,
) -> Response:
    """Change somebody of staff. `taxiId` takes the taxi from whoever had it. With courses before it, a taxi keeps its
    chauffeur unless `force` gives them back to the pool; `details.courses` says which. With a client aboard it keeps
    him in any case. Another role or address, and a closed account, end his sessions.
    """
    wanted = body.to_change()
    if wanted.email is not None:
        require_deliverable(request, contact_of(wanted.email))
    return answer(await change(by=caller, user_id=id, change=wanted, force=force))


@router.delete("/{id}", **spec(None, RemoveStaffUser.errors, status=204, row=True))
async def remove_staff_user(
    id: UUID, caller: StaffAdmin, remove: Annotated[RemoveStaffUser, use(RemoveStaffUser)], force: Force = False
) -> Response:
    """Let somebody go. Whoever has driven, or has written anything, is kept as no longer `active`. The last active
    admin stays.
    """
    await remove(by=caller, user_id=id, force=force)
    return Response(status_code=204)


@router.post("/{id}/invitation", **spec(None, InviteStaffAgain.errors, status=204, row=True))
async def invite_staff_again(
    id: UUID, caller: StaffAdmin, invite: Annotated[InviteStaffAgain, use(InviteStaffAgain)]
) -> Response:
    """Send the invitation again, to whoever has not set his password yet."""
    await invite(by=caller, user_id=id)
    return Response(status_code=204)
