"""The back office's own accounts: login, refresh, logout, authenticator, password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Email, GivenPassword, NewPassword
from allonova.adapters.http.identity.auth import RefreshBody
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import AnyAdmin, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.admin_views import AdminTokens, AdminView, TotpSecret
from allonova.application.identity.confirm_totp import ConfirmTotp
from allonova.application.identity.log_in_admin import LogInAdmin
from allonova.application.identity.logout import Logout
from allonova.application.identity.ports import IdentityQueries
from allonova.application.identity.refresh_admin_session import RefreshAdminSession
from allonova.application.identity.reset_admin_password import ResetAdminPassword
from allonova.application.identity.start_totp import StartTotp
from allonova.domain.kernel.errors import AuthRequired

router = api_router("Back office", "/admin")

type LinkSecret = Annotated[str, StringConstraints(min_length=1, max_length=200)]
type Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(examples=["123456"])]


class AdminLogin(Body):
    """What proves who one is; `totp` where an authenticator is on."""

    email: Email = Field(examples=["ops@demo.allonova.test"])
    password: GivenPassword
    totp: Code | None = None


class AdminReset(Body):
    """The link's token and the password to set."""

    token: LinkSecret
    password: NewPassword


class TotpStart(Body):
    """The password again, and a code of the authenticator that is on, if one is."""

    password: GivenPassword
    totp: Code | None = None


class TotpCode(Body):
    """What the authenticator shows."""

    code: Code


@router.post("/login", **spec(AdminTokens, LogInAdmin.errors, private=False))
async def log_in_admin(request: Request, body: AdminLogin, log_in: Annotated[LogInAdmin, use(LogInAdmin)]) -> Response:
    """Log in to the back office. `details.totp_required` in a refusal asks for the authenticator's code."""
    await limit_logins(request, body.email.lower())
    return answer(await log_in(email=body.email, password=body.password, totp=body.totp))


@router.post("/token/refresh", **spec(AdminTokens, RefreshAdminSession.errors, private=False))
async def refresh_admin(
    request: Request, body: RefreshBody, renew: Annotated[RefreshAdminSession, use(RefreshAdminSession)]
) -> Response:
    """Exchange a refresh token of the back office for the next pair; each works once."""
    await limit_logins(request, body.refresh_token)
    return answer(await renew(refresh_token=body.refresh_token))


@router.post("/password/reset", **spec(None, ResetAdminPassword.errors, status=204, private=False))
async def reset_admin_password(
    request: Request, body: AdminReset, reset: Annotated[ResetAdminPassword, use(ResetAdminPassword)]
) -> Response:
    """Set the password with the link that came; every session ends."""
    await limit_logins(request, body.token)
    await reset(token=body.token, password=body.password)
    return Response(status_code=204)


@router.post("/logout", **spec(None, Logout.errors, status=204))
async def log_out_admin(body: RefreshBody, caller: AnyAdmin, end: Annotated[Logout, use(Logout)]) -> Response:
    """End the session of a refresh token."""
    await end(caller_id=caller.admin_id, refresh_token=body.refresh_token)
    return Response(status_code=204)


@router.get("/me", **spec(AdminView))
async def get_admin_me(caller: AnyAdmin, queries: Annotated[IdentityQueries, use(IdentityQueries)]) -> Response:
    """One's own account of the back office."""
    admin = await queries.admin(caller.admin_id)
    if admin is None or not admin.is_active:
        raise AuthRequired
    return answer(admin)


@router.post("/me/totp", **spec(TotpSecret, StartTotp.errors))
async def start_totp(
    request: Request, body: TotpStart, caller: AnyAdmin, start: Annotated[StartTotp, use(StartTotp)]
) -> Response:
    """Make a secret for an authenticator. It is asked for once its first code was confirmed."""
    await limit_logins(request, str(caller.admin_id))
    return answer(await start(admin_id=caller.admin_id, password=body.password, totp=body.totp))


@router.post("/me/totp/confirm", **spec(AdminView, ConfirmTotp.errors))
async def confirm_totp(
    request: Request, body: TotpCode, caller: AnyAdmin, confirm: Annotated[ConfirmTotp, use(ConfirmTotp)]
) -> Response:
    """Turn the authenticator on by its first code; one's other sessions end."""
    await limit_logins(request, str(caller.admin_id))
    return answer(await confirm(admin_id=caller.admin_id, session_id=caller.session_id, code=body.code))
