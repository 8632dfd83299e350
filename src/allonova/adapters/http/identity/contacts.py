"""One's password, phone and e-mail."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Code, Email, GivenPassword, NewPassword, Phone
from allonova.adapters.http.identity.addresses import require_deliverable
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.ask_contact_change import AskContactChange
from allonova.application.identity.change_password import ChangePassword
from allonova.application.identity.confirm_contact_change import ConfirmContactChange
from allonova.application.identity.views import CodeSent, UserView
from allonova.domain.identity.contact import Channel, Contact

router = api_router("Identity", "/me")


class PasswordChange(Body):
    """The present password, where there is one, and the new one."""

    current: GivenPassword | None = None
    new: NewPassword


class NewPhone(Body):
    """The phone to have from now on."""

    phone: Phone


class NewEmail(Body):
    """The e-mail to have from now on."""

    email: Email


class CodeBody(Body):
    """The code that came."""

    code: Code


@router.post("/password", **spec(None, ChangePassword.errors, status=204))
async def change_password(
    body: PasswordChange, caller: UserCaller, change: Annotated[ChangePassword, use(ChangePassword)]
) -> Response:
    """Change one's password, or set the first one; all other sessions end."""
    await change(caller=caller, current=body.current, new=body.new)
    return Response(status_code=204)


@router.post("/phone", **spec(CodeSent, AskContactChange.errors, status=202))
async def ask_phone_change(
    body: NewPhone, caller: UserCaller, ask: Annotated[AskContactChange, use(AskContactChange)]
) -> Response:
    """Send a code to a new phone."""
    sent = await ask(caller_id=caller.user_id, contact=Contact(Channel.SMS, body.phone))
    return answer(sent, status=202)


@router.post("/phone/confirm", **spec(UserView, ConfirmContactChange.errors))
async def confirm_phone_change(
    body: CodeBody, caller: UserCaller, confirm: Annotated[ConfirmContactChange, use(ConfirmContactChange)]
) -> Response:
    """Take the new phone by the code that came to it."""
    user = await confirm(caller_id=caller.user_id, channel=Channel.SMS, code=body.code)
    return answer(user, etag=user.version)


@router.post("/email", **spec(CodeSent, AskContactChange.errors, status=202))
async def ask_email_change(
    request: Request, body: NewEmail, caller: UserCaller, ask: Annotated[AskContactChange, use(AskContactChange)]
) -> Response:
    """Send a code to a new e-mail."""
    contact = Contact(Channel.EMAIL, body.email)
    require_deliverable(request, contact)
    return answer(await ask(caller_id=caller.user_id, contact=contact), status=202)


@router.post("/email/confirm", **spec(UserView, ConfirmContactChange.errors))
async def confirm_email_change(
    body: CodeBody, caller: UserCaller, confirm: Annotated[ConfirmContactChange, use(ConfirmContactChange)]
) -> Response:
    """Take the new e-mail by the code that came to it."""
    user = await confirm(caller_id=caller.user_id, channel=Channel.EMAIL, code=body.code)
    return answer(user, etag=user.version)
