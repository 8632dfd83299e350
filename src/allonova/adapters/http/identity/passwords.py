"""Logging in with a password, and what to do without it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, GivenPassword, Identifier, LinkSecret, NewPassword
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.forgot_password import ForgotPassword
from allonova.application.identity.log_in import LogIn
from allonova.application.identity.reset_password import ResetPassword
from allonova.application.identity.views import LinkSent, Tokens
from allonova.domain.identity.contact import contact_of

router = api_router("Identity", "/auth")


class Login(Body):
    """A verified phone or e-mail, and its password."""

    identifier: Identifier
    password: GivenPassword


class Forgotten(Body):
    """Whom to send a link."""

    identifier: Identifier


class Reset(Body):
    """What stands behind `#token=` in the link that came, and the new password."""

    token: LinkSecret
    password: NewPassword


@router.post("/login", **spec(Tokens, LogIn.errors, private=False))
async def log_in(request: Request, body: Login, enter: Annotated[LogIn, use(LogIn)]) -> Response:
    """Exchange a password for tokens. Whatever is wrong, the refusal is the same."""
    contact = contact_of(body.identifier)
    await limit_logins(request, contact.key)
    return answer(await enter(contact=contact, password=body.password))


@router.post("/password/forgot", **spec(LinkSent, ForgotPassword.errors, status=202, private=False))
async def forgot_password(
    request: Request, body: Forgotten, forgot: Annotated[ForgotPassword, use(ForgotPassword)]
) -> Response:
    """Send a link that sets a new password, if there is an account; the answer does not say."""
    contact = contact_of(body.identifier)
    await limit_logins(request, contact.key)
    return answer(await forgot(contact=contact), status=202)


@router.post("/password/reset", **spec(None, ResetPassword.errors, status=204, private=False))
async def reset_password(
    request: Request, body: Reset, reset: Annotated[ResetPassword, use(ResetPassword)]
) -> Response:
    """Set a new password by the link's token; every session ends."""
    await limit_logins(request, body.token)
    await reset(token=body.token, password=body.password)
    return Response(status_code=204)
