"""Registration, login, refresh, logout."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Line, Phone
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import Language, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.logout import Logout
from allonova.application.identity.refresh_session import RefreshSession
from allonova.application.identity.register import Register
from allonova.application.identity.send_otp import SendOtp
from allonova.application.identity.verify_otp import VerifyOtp
from allonova.application.identity.views import CodeSent, Registered, Tokens
from allonova.domain.identity.session import Audience

router = api_router("Identity", "/auth")


class Registration(Body):
    """A new account."""

    phone: Phone
    first_name: Line | None = None
    last_name: Line | None = None


class PhoneOnly(Body):
    """Whom to send a code."""

    phone: Phone


class PhoneAndCode(Body):
    """The code that came."""

    phone: Phone
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(examples=["123456"])]


class RefreshBody(Body):
    """A refresh token."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@router.post("/register", **spec(Registered, Register.errors, status=201, private=False))
async def register(
    request: Request, body: Registration, language: Language, create: Annotated[Register, use(Register)]
) -> Response:
    """Open an account with a phone. The answer is the same for a phone that has one."""
    await limit_logins(request, body.phone)
    registered = await create(phone=body.phone, first_name=body.first_name, last_name=body.last_name, language=language)
    return answer(registered, status=201)


@router.post("/otp/send", **spec(CodeSent, SendOtp.errors, private=False))
async def send_otp(request: Request, body: PhoneOnly, send: Annotated[SendOtp, use(SendOtp)]) -> Response:
    """Send a login code by SMS, at most three in ten minutes."""
    await limit_logins(request, body.phone)
    return answer(await send(phone=body.phone))


@router.post("/otp/verify", **spec(Tokens, VerifyOtp.errors, private=False))
async def verify_otp(request: Request, body: PhoneAndCode, verify: Annotated[VerifyOtp, use(VerifyOtp)]) -> Response:
    """Exchange the code for tokens."""
    await limit_logins(request, body.phone)
    return answer(await verify(phone=body.phone, code=body.code))


@router.post("/token/refresh", **spec(Tokens, RefreshSession.errors, private=False))
async def refresh(
    request: Request, body: RefreshBody, renew: Annotated[RefreshSession, use(RefreshSession)]
) -> Response:
    """Exchange a refresh token for the next pair; each works once."""
    await limit_logins(request, body.refresh_token)
    return answer(await renew(refresh_token=body.refresh_token, audience=Audience.ALLOCAR))


@router.post("/logout", **spec(None, Logout.errors, status=204))
async def logout(body: RefreshBody, caller: UserCaller, end: Annotated[Logout, use(Logout)]) -> Response:
    """End the session of a refresh token."""
    await end(caller_id=caller.user_id, refresh_token=body.refresh_token)
    return Response(status_code=204)
