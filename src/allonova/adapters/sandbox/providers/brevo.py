"""Brevo: SMS and mails (developers.brevo.com, "Send SMS message to a mobile number", "Send a transactional email")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import JSONResponse

from allonova.adapters.sandbox.answers import JSON_TYPE, media_type, read_body
from allonova.adapters.sandbox.callbacks import Event, Manner, unchanged
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.outbox import Channel, Message
from allonova.adapters.sandbox.world import Call, Provider, ProviderRefused
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "brevo"
# Brevo's numbers are long; ours start high enough to look like them and to outgrow 32 bits.
_FIRST_MESSAGE_ID: Final = 1_511_882_900_000_000
WEBHOOK_PATH: Final = "/api/v1/notifications/webhook/brevo"
REPORTED: Final = {
    "bounce": "hard_bounce",
    "blocked": "blocked",
    "spam": "spam",
    "invalid": "invalid_email",
    "unsubscribed": "unsubscribed",
}
"""By what stands before the @: such a mailbox never lets a mail through, or its owner wants none."""

type Tag = Annotated[str, Field(min_length=1, max_length=100)]


class SmsBody(BaseModel):
    """`sender`: 11 letters and digits, or 15 digits; `recipient`: country code and number, without `+`."""

    model_config = ConfigDict(strict=True, extra="ignore")

    sender: Annotated[str, Field(pattern=r"^([A-Za-z0-9]{1,11}|[0-9]{1,15})$")]
    recipient: Annotated[str, Field(pattern=r"^[1-9][0-9]{6,14}$")]
    content: Annotated[str, Field(min_length=1, max_length=2000)]
    type: Literal["transactional", "marketing"] = "transactional"
    tag: Tag | Annotated[list[Tag], Field(min_length=1, max_length=10)] | None = None
    webUrl: Annotated[str, Field(max_length=2083)] | None = None  # noqa: N815 - Brevo's name
    unicodeEnabled: bool = False  # noqa: N815 - Brevo's name


class Mailbox(BaseModel):
    """Somebody's address, and name."""

    model_config = ConfigDict(strict=True, extra="ignore")

    email: Annotated[str, Field(pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+$", max_length=254)]
    name: Annotated[str, Field(max_length=70)] | None = None


class MailBody(BaseModel):
    """Texts of its own, or a template that lies here: its sender and subject are its own then."""

    model_config = ConfigDict(strict=True, extra="ignore")

    sender: Mailbox | None = None
    to: Annotated[list[Mailbox], Field(min_length=1, max_length=99)]
    templateId: Annotated[int, Field(ge=1)] | None = None  # noqa: N815 - Brevo's name
    subject: Annotated[str, Field(min_length=1)] | None = None
    htmlContent: Annotated[str, Field(min_length=1)] | None = None  # noqa: N815 - Brevo's name
    textContent: Annotated[str, Field(min_length=1)] | None = None  # noqa: N815 - Brevo's name
    params: dict[str, JsonValue] | None = None
    replyTo: Mailbox | None = None  # noqa: N815 - Brevo's name
    tags: Annotated[list[Tag], Field(min_length=1)] | None = None
    headers: dict[str, str] | None = None

    @model_validator(mode="after")
    def _require_words(self) -> Self:
        for name in ("sender", "subject", "htmlContent") if self.templateId is None else ():
            if getattr(self, name) is None:
                raise PydanticCustomError("missing_without_template", "{name}", {"name": name})
        return self


@wired
class BrevoCalls:
    """Both calls; the messages land in the outbox, their tag being our template's name."""

    world: World

    async def send_sms(self, request: Request) -> Response:
        """`POST /v3/transactionalSMS/send` → 201 `{"messageId": int}`; a repeat is a second message."""
        _authenticate(request)
        body = await _read(request, SmsBody)
        message = Message(
            channel=Channel.SMS,
            to="+" + body.recipient,
            body=body.content,
            template=body.tag[0] if isinstance(body.tag, list) else body.tag,
            at=self.world.clock.now(),
        )
        number = self.world.outbox.put(message)
        return JSONResponse({"messageId": _FIRST_MESSAGE_ID + number}, 201)

    async def send_mail(self, request: Request) -> Response:
        """`POST /v3/smtp/email` → 201 `{"messageId": "<…>"}`; a repeat is a second message. One copy for each
        recipient; what stands in `params` as text is the message's data.
        """
        _authenticate(request)
        body = await _read(request, MailBody)
        at, number = self.world.clock.now(), 0
        for mailbox in body.to:
            number = self.world.outbox.put(
                Message(
                    channel=Channel.EMAIL,
                    to=mailbox.email,
                    subject=body.subject or f"(template {body.templateId})",
                    body=body.textContent or body.htmlContent or json.dumps(body.params or {}, ensure_ascii=False),
                    template=body.tags[0] if body.tags else None,
                    data={name: value for name, value in (body.params or {}).items() if isinstance(value, str)},
                    at=at,
                )
            )
            await self._report(mailbox.email, number)
        return JSONResponse({"messageId": f"<{at:%Y%m%d%H%M}.{number}@smtp-relay.sandbox.test>"}, 201)

    async def _report(self, email: str, number: int) -> None:
        """What becomes of a mail that cannot arrive, as Brevo's webhook says it."""
        kind = REPORTED.get(email.partition("@")[0].lower())
        if kind is None:
            return
        message_id = f"<{number}@smtp-relay.sandbox.test>"
        payload = {
            "event": kind,
            "email": email,
            "message-id": message_id,
            "ts": int(self.world.clock.now().timestamp()),
        }
        numbers = self.world.callbacks.record(Event(provider=NAME, id=message_id, type=kind, payload=payload))
        await self.world.callbacks.send(numbers)


def brevo(world: World) -> Provider:
    """Brevo as far as this service uses it. Some mailboxes (`bounce@…`, `spam@…`) report what became of their mail."""
    played = BrevoCalls(world)
    calls = (
        Call(method="POST", path="/transactionalSMS/send", handler=played.send_sms),
        Call(method="POST", path="/smtp/email", handler=played.send_mail),
    )

    def headers(_body: bytes, _at: datetime, forged: bool) -> Mapping[str, str]:
        token = "forged" if forged else world.config.brevo_webhook_token
        return {"Content-Type": JSON_TYPE, "Authorization": f"Bearer {token}"}

    return Provider(
        name=NAME,
        base="/brevo/v3",
        calls=calls,
        breakdown=_breakdown,
        fault_kinds=frozenset(FaultKind) - {FaultKind.WRONG_AMOUNT},
        secrets={"webhook_token": world.config.brevo_webhook_token},
        callbacks=Manner(path=WEBHOOK_PATH, headers=headers, wrong_amount=unchanged),
    )


def _authenticate(request: Request) -> None:
    key = request.headers.get("api-key")
    if not key:
        raise _refused(401, "unauthorized", "authentication not found in headers")
    if key == "bad":
        raise _refused(401, "unauthorized", "Key not found")


async def _read[B: BaseModel](request: Request, kind: type[B]) -> B:
    body = await read_body(request)
    if media_type(request) != JSON_TYPE:
        raise _refused(415, "unsupported_media_type", f"Content-Type must be {JSON_TYPE}")
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        if fault["type"] == "missing_without_template":
            raise _refused(400, "missing_parameter", f"{fault['msg']} is missing") from error
        if fault["type"] == "json_invalid":
            raise _refused(400, "bad_request", "Input must be a valid JSON object") from error
        code, what = (
            ("missing_parameter", "missing") if fault["type"] == "missing" else ("invalid_parameter", "not valid")
        )
        raise _refused(400, code, _told(fault["loc"], what)) from error


def _told(place: tuple[int | str, ...], what: str) -> str:
    """As Brevo says it: "recipient is missing", "email is not valid in to"."""
    match place:
        case (str(whole), *_, "email" | "name" as part):
            return f"{part} is {what} in {whole}"
        case (str(whole), *_):
            return f"{whole} is {what}"
        case _:
            return f"body is {what}"


def _refused(status: int, code: str, message: str) -> ProviderRefused:
    return ProviderRefused(status, {"code": code, "message": message})


def _breakdown(status: int) -> Json:
    if status == 413:
        return {"code": "bad_request", "message": "The request is too large"}
    return {"code": "internal_error", "message": "Internal server error"}
