"""One's own account of NOVA."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import MISSING

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff
from allonova.adapters.http.fields import GivenPassword, Line, NewPassword, WrittenPhone, given
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import use
from allonova.application.dispatch.change_staff_password import ChangeStaffPassword
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.staff_views import StaffView
from allonova.application.dispatch.update_staff_profile import UpdateStaffProfile
from allonova.domain.kernel.errors import AuthRequired

router = staff_router("moi", "/api/me")


class StaffProfileBody(NovaBody):
    """What is to be otherwise; what is left out stays, and null takes the phone away."""

    name: Line | MISSING = MISSING
    phone: WrittenPhone | MISSING | None = MISSING


class StaffPasswordBody(NovaBody):
    """The present password and the new one."""

    current: GivenPassword
    new: NewPassword


@router.get("", **spec(StaffView))
async def get_staff_me(caller: AnyStaff, queries: Annotated[CompanyQueries, use(CompanyQueries)]) -> Response:
    """One's own account."""
    user = await queries.user(caller.societe_id, caller.id)
    if user is None or not user.active:
        raise AuthRequired
    return answer(user)


@router.patch("", **spec(StaffView, UpdateStaffProfile.errors))
async def update_staff_me(
    body: StaffProfileBody, caller: AnyStaff, update: Annotated[UpdateStaffProfile, use(UpdateStaffProfile)]
) -> Response:
    """Change one's name and phone. The e-mail is for an admin to change."""
    phone = "" if body.phone is None else given(body.phone)
    return answer(await update(by=caller, name=given(body.name), phone=phone))


@router.post("/password", **spec(None, ChangeStaffPassword.errors, status=204))
async def change_staff_password(
    request: Request,
    body: StaffPasswordBody,
    caller: AnyStaff,
    change: Annotated[ChangeStaffPassword, use(ChangeStaffPassword)],
) -> Response:
    """Change one's password; every other session ends."""
    await limit_logins(request, str(caller.id))
    await change(by=caller, current=body.current, new=body.new)
    return Response(status_code=204)
