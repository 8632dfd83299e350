"""How companies' staff log in and out, and what to do without a password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, open_router
from allonova.adapters.http.fields import Email, GivenPassword, LinkSecret, NewPassword
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import use
from allonova.application.dispatch.confirm_staff_email import ConfirmStaffEmail
from allonova.application.dispatch.consume_magic_link import ConsumeMagicLink
from allonova.application.dispatch.forgot_staff_password import ForgotStaffPassword
from allonova.application.dispatch.log_in_staff import LogInStaff
from allonova.application.dispatch.log_out_staff import LogOutStaff
from allonova.application.dispatch.refresh_staff_session import RefreshStaffSession
from allonova.application.dispatch.reset_staff_password import ResetStaffPassword
from allonova.application.dispatch.staff_views import StaffLinkSent, StaffTokens

router = open_router("auth", "/auth")

type StaffEmail = Annotated[Email, Field(examples=["admin@nova.demo.test"])]


class LoginBody(NovaBody):
    """What proves who one is."""

    email: StaffEmail
    password: GivenPassword


class RefreshTokenBody(NovaBody):
    """A refresh token."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PasswordByLinkBody(NovaBody):
    """What stands behind `#token=` in the link that came, and the password to set."""

    token: LinkSecret
    password: NewPassword


class LinkTokenBody(NovaBody):
    """What stands behind `#token=` in the link that came."""

    token: LinkSecret


class ForgottenBody(NovaBody):
    """Whom to send a link."""

    email: StaffEmail


@router.post("/login", **spec(StaffTokens, LogInStaff.errors, private=False))
async def log_in_staff(request: Request, body: LoginBody, enter: Annotated[LogInStaff, use(LogInStaff)]) -> Response:
    """Exchange a password for tokens. Whatever is wrong, the refusal is the same."""
    await limit_logins(request, body.email.lower())
    return answer(await enter(email=body.email, password=body.password))


@router.post("/refresh", **spec(StaffTokens, RefreshStaffSession.errors, private=False))
async def refresh_staff(
    request: Request, body: RefreshTokenBody, renew: Annotated[RefreshStaffSession, use(RefreshStaffSession)]
) -> Response:
    """Exchange a refresh token for the next pair; each works once."""
    await limit_logins(request, body.refresh_token)
    return answer(await renew(refresh_token=body.refresh_token))


@router.post("/logout", **spec(None, LogOutStaff.errors, status=204, private=False))
async def log_out_staff(body: RefreshTokenBody, end: Annotated[LogOutStaff, use(LogOutStaff)]) -> Response:
    """End the session of a refresh token; whoever has it needs no other token for that."""
    await end(refresh_token=body.refresh_token)
    return Response(status_code=204)


@router.post("/magic-link/consume", **spec(StaffTokens, ConsumeMagicLink.errors, private=False))
async def consume_magic_link(
    request: Request, body: PasswordByLinkBody, consume: Annotated[ConsumeMagicLink, use(ConsumeMagicLink)]
) -> Response:
    """Accept an invitation: set the first password and log in. A link works once, for 72 hours."""
    await limit_logins(request, body.token)
    return answer(await consume(token=body.token, password=body.password))


@router.post("/email/confirm", **spec(None, ConfirmStaffEmail.errors, status=204, private=False))
async def confirm_staff_email(
    request: Request, body: LinkTokenBody, confirm: Annotated[ConfirmStaffEmail, use(ConfirmStaffEmail)]
) -> Response:
    """Confirm the address that a company was founded with; invitations that waited for it leave then."""
    await limit_logins(request, body.token)
    await confirm(token=body.token)
    return Response(status_code=204)


@router.post("/password/forgot", **spec(StaffLinkSent, ForgotStaffPassword.errors, status=202, private=False))
async def forgot_staff_password(
    request: Request, body: ForgottenBody, forgot: Annotated[ForgotStaffPassword, use(ForgotStaffPassword)]
) -> Response:
    """Send a link that sets a new password, if there is an account; the answer does not say."""
    await limit_logins(request, body.email.lower())
    return answer(await forgot(email=body.email), status=202)


@router.post("/password/reset", **spec(None, ResetStaffPassword.errors, status=204, private=False))
async def reset_staff_password(
    request: Request, body: PasswordByLinkBody, reset: Annotated[ResetStaffPassword, use(ResetStaffPassword)]
) -> Response:
    """Set a new password by the link's token; every session ends."""
    await limit_logins(request, body.token)
    await reset(token=body.token, password=body.password)
    return Response(status_code=204)
