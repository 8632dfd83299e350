"""Registration, logging in by a code or link, refresh, logout."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Code, Email, Line, LinkSecret, NewPassword, Phone, ReferralCode
from allonova.adapters.http.identity.addresses import require_deliverable
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import Language, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.logout import Logout
from allonova.application.identity.refresh_session import RefreshSession
from allonova.application.identity.register import NewAccount, Register
from allonova.application.identity.send_otp import SendOtp
from allonova.application.identity.verify_email import VerifyEmail
from allonova.application.identity.verify_otp import VerifyOtp
from allonova.application.identity.views import CodeSent, Registered, Tokens
from allonova.domain.identity.contact import contact_of
from allonova.domain.kernel.errors import FieldError, ValidationError

router = api_router("Identity", "/auth")


class Registration(Body):
    """A new account, by phone or by e-mail. A `referral_code` that is nobody's says nothing, and is not refused."""

    phone: Phone | None = None
    email: Email | None = None
    password: NewPassword | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    referral_code: ReferralCode | None = None

    def to_account(self, language: str) -> NewAccount:
        """As the use case takes it. Raises ValidationError unless there is a phone or an e-mail, and not both."""
        value = self.phone or self.email
        if value is None:
            raise ValidationError((FieldError("phone", "missing", "a phone or an e-mail is required"),))
        if self.phone is not None and self.email is not None:
            raise ValidationError((FieldError("email", "one_of", "a phone or an e-mail, not both"),))
        return NewAccount(
            contact=contact_of(value),
            password=self.password,
            first_name=self.first_name,
            last_name=self.last_name,
            language=language,
            referral_code=self.referral_code,
        )


class PhoneOnly(Body):
    """Whom to send a code."""

    phone: Phone


class PhoneAndCode(Body):
    """The code that came."""

    phone: Phone
    code: Code


class RefreshBody(Body):
    """A refresh token."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class LinkBody(Body):
    """What stands behind `#token=` in the link that came."""

    token: LinkSecret


@router.post("/register", **spec(Registered, Register.errors, status=201, private=False))
async def register(
    request: Request, body: Registration, language: Language, create: Annotated[Register, use(Register)]
) -> Response:
    """Open an account with a phone or an e-mail. The answer is the same for one that has an account."""
    account = body.to_account(language)
    await limit_logins(request, account.contact.key)
    require_deliverable(request, account.contact)
    return answer(await create(account=account), status=201)


@router.post("/email/verify", **spec(Tokens, VerifyEmail.errors, private=False))
async def verify_email(request: Request, body: LinkBody, verify: Annotated[VerifyEmail, use(VerifyEmail)]) -> Response:
    """Exchange the token of the mail for tokens; each works once."""
    await limit_logins(request, body.token)
    return answer(await verify(token=body.token))


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
    return answer(await renew(refresh_token=body.refresh_token))


@router.post("/logout", **spec(None, Logout.errors, status=204))
async def logout(body: RefreshBody, caller: UserCaller, end: Annotated[Logout, use(Logout)]) -> Response:
    """End the session of a refresh token."""
    await end(caller_id=caller.user_id, refresh_token=body.refresh_token)
    return Response(status_code=204)
