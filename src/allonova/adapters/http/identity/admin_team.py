"""Who works in the back office, to whoever may hire."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import MISSING, Field, StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Email, Instant, given
from allonova.adapters.http.identity.addresses import require_deliverable
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.admin_views import AdminView
from allonova.application.identity.change_admin import ChangeAdmin
from allonova.application.identity.hire_admin import HireAdmin
from allonova.application.identity.invite_admin import InviteAdmin
from allonova.application.identity.ports import IdentityQueries
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.contact import contact_of
from allonova.domain.identity.roles import Area, Right, Role
from allonova.domain.kernel.errors import NotFound

router = api_router("Back office", "/admin/admins")

ADMINS = Listing(
    filters={"email": Email, "role": Role, "is_active": bool, "last_login": Instant, "created_at": Instant},
    ranges=["last_login", "created_at"],
    sortable=["email", "role", "last_login", "created_at"],
    nullable=["last_login"],
)
BY_EMAIL = (Sort("email"),)


class NewAdmin(Body):
    """Somebody new; a link that sets his password goes to the e-mail."""

    email: Email = Field(examples=["moussa@demo.allonova.test"])
    role: Role


class AdminChangeBody(Body):
    """What is to be otherwise; what is left out stays. `reset_totp` takes a lost authenticator away."""

    role: Role | MISSING = MISSING
    is_active: StrictBool | MISSING = MISSING
    reset_totp: StrictBool = False


@router.get("", **spec(AdminView, listed=True, row=True, parameters=ADMINS.parameters()))
async def list_admins(
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.READ)],
    query: Annotated[ListQuery, ADMINS.depends()],
    queries: Annotated[IdentityQueries, use(IdentityQueries)],
) -> Response:
    """Everybody of the back office, by e-mail unless sorted otherwise."""
    query = replace(query, sort=query.sort or BY_EMAIL)
    return answer_page(await queries.admins(query), query)


@router.post("", **spec(AdminView, HireAdmin.errors, status=201, row=True))
async def hire_admin(
    request: Request,
    body: NewAdmin,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.ALL)],
    hire: Annotated[HireAdmin, use(HireAdmin)],
) -> Response:
    """Open an account of the back office. The link that sets its password works once, within a day."""
    require_deliverable(request, contact_of(body.email))
    made = await hire(by=caller.actor, email=body.email, role=body.role)
    return answer(made, status=201, etag=made.version)


@router.get("/{id}", **spec(AdminView, [NotFound], row=True))
async def get_admin(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.READ)],
    queries: Annotated[IdentityQueries, use(IdentityQueries)],
) -> Response:
    """Somebody of the back office."""
    found = await queries.admin(id)
    if found is None:
        raise NotFound
    return answer(found, etag=found.version)


@router.patch("/{id}", **spec(AdminView, ChangeAdmin.errors, row=True))
async def change_admin(
    id: UUID,
    body: AdminChangeBody,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.ALL)],
    if_match: IfMatch,
    change: Annotated[ChangeAdmin, use(ChangeAdmin)],
) -> Response:
    """Give somebody else another role, close or open his account, or take his authenticator away. He is logged out.
    Nobody changes himself, and one super always stays.
    """
    found = await change(
        by=caller.actor,
        who=id,
        role=given(body.role),
        is_active=given(body.is_active),
        reset_totp=body.reset_totp,
        expected=if_match,
    )
    return answer(found, etag=found.version)


@router.post("/{id}/invitation", **spec(None, InviteAdmin.errors, status=204, row=True))
async def invite_admin(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.SETTINGS, Right.ALL)],
    invite: Annotated[InviteAdmin, use(InviteAdmin)],
) -> Response:
    """Send another link that sets the password, in the place of the one before. It is told to nobody else."""
    await invite(by=caller.actor, who=id, mailed=True)
    return Response(status_code=204)
