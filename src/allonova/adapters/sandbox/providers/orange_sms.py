"""Orange's SMS API: tokens, outbound messages and their unsigned receipts (providers.md 1.7)."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse

from allonova.adapters.sandbox.answers import JSON_TYPE, read_body
from allonova.adapters.sandbox.callbacks import Event, Manner, unchanged
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.outbox import Channel, Message
from allonova.adapters.sandbox.providers.orange_wire import bearer, breakdown, expired, require_client
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.times import iso, parse
from allonova.adapters.sandbox.world import Call, Provider, ProviderRefused
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.world import World

NAME: Final = "orange-sms"
RECEIPTS: Final = "/api/v1/notifications/receipts/orange/"
ACCESS_LIFE_S: Final = 3600
NUMBER: Final = re.compile(r"tel:\+[1-9][0-9]{6,14}", re.ASCII)
UNREACHABLE: Final = "0999"
"""How numbers end whose phone never takes a message."""


class TextBody(BaseModel):
    """The words."""

    model_config = ConfigDict(strict=True, extra="ignore")

    message: Annotated[str, Field(min_length=1, max_length=1600)]


class RequestBody(BaseModel):
    """One message; `senderAddress` must be the sender in the path."""

    model_config = ConfigDict(strict=True, extra="ignore")

    address: Annotated[str, Field(min_length=1)]
    senderAddress: Annotated[str, Field(min_length=1)]  # noqa: N815 - Orange's name
    senderName: Annotated[str, Field(min_length=1, max_length=11)] | None = None  # noqa: N815 - Orange's name
    outboundSMSTextMessage: TextBody  # noqa: N815 - Orange's name


class SmsBody(BaseModel):
    """`POST …/requests`."""

    model_config = ConfigDict(strict=True, extra="ignore")

    outboundSMSMessageRequest: RequestBody  # noqa: N815 - Orange's name


@wired
class OrangeSmsApi:
    """Both calls; the messages land in the outbox, and a receipt for each comes to our service."""

    world: World
    tokens: Shelf

    async def token(self, request: Request) -> Response:
        """`POST /oauth/v3/token`."""
        await require_client(request)
        token = secrets.token_urlsafe(21)
        expires_at = self.world.clock.now() + timedelta(seconds=ACCESS_LIFE_S)
        self.tokens.put(token, {"expires_at": iso(expires_at)})
        return JSONResponse({"token_type": "Bearer", "access_token": token, "expires_in": ACCESS_LIFE_S})

    async def send(self, request: Request) -> Response:
        """`POST /smsmessaging/v1/outbound/{sender}/requests` → 201; a repeat is a second message."""
        known = self.tokens.get(bearer(request))
        if known is not None and parse(known["expires_at"]) <= self.world.clock.now():
            raise expired()
        asked = await _read(request)
        sender = request.path_params["sender"]
        if not NUMBER.fullmatch(sender) or asked.senderAddress != sender:
            raise _invalid("SVC0002", "Invalid input value for message part %1", "senderAddress")
        if not NUMBER.fullmatch(asked.address):
            raise _invalid("SVC0004", "No valid addresses provided in message part %1", "address")
        number = str(uuid.uuid4())  # noqa: TID251 - Orange's id, not ours
        phone = asked.address.removeprefix("tel:")
        with self.world.state.transaction():
            self.world.outbox.put(
                Message(
                    channel=Channel.SMS, to=phone, body=asked.outboundSMSTextMessage.message, at=self.world.clock.now()
                )
            )
            receipts = self.world.callbacks.record(_receipt(number, asked.address))
        await self.world.callbacks.send(receipts)
        path = f"/smsmessaging/v1/outbound/{quote(sender, safe='')}/requests/{number}"
        answer = asked.model_dump(exclude_none=True) | {
            "address": [asked.address],
            "resourceURL": f"{self.world.config.public_url.rstrip('/')}/sandbox/orange-sms{path}",
        }
        return JSONResponse({"outboundSMSMessageRequest": answer}, 201)


def orange_sms(world: World) -> Provider:
    """Orange's SMS API as far as this service uses it."""
    played = OrangeSmsApi(world, Shelf(world.state, NAME, "token"))

    def headers(_body: bytes, _at: datetime, _forged: bool) -> Mapping[str, str]:
        return {"Content-Type": JSON_TYPE}

    calls = (
        Call(method="POST", path="/oauth/v3/token", handler=played.token, is_spared=True),
        Call(method="POST", path="/smsmessaging/v1/outbound/{sender}/requests", handler=played.send),
    )
    return Provider(
        name=NAME,
        base="/orange-sms",
        calls=calls,
        breakdown=breakdown,
        fault_kinds=frozenset(FaultKind) - {FaultKind.WRONG_AMOUNT},
        secrets={"receipt_secret": world.config.orange_sms_receipt_secret},
        callbacks=Manner(
            path=RECEIPTS + world.config.orange_sms_receipt_secret, headers=headers, wrong_amount=unchanged
        ),
    )


async def _read(request: Request) -> RequestBody:
    try:
        return SmsBody.model_validate_json(await read_body(request)).outboundSMSMessageRequest
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        part = str(fault["loc"][-1]) if fault["loc"] else "body"
        raise _invalid("SVC0002", "Invalid input value for message part %1", part) from error


def _receipt(number: str, address: str) -> Event:
    status = "DeliveryImpossible" if address.endswith(UNREACHABLE) else "DeliveredToTerminal"
    payload = {
        "deliveryInfoNotification": {
            "callbackData": number,
            "deliveryInfo": {"address": address, "deliveryStatus": status},
        }
    }
    return Event(provider=NAME, id=number, type=status, payload=payload, forged_path=f"{RECEIPTS}wrong")


def _invalid(code: str, text: str, part: str) -> ProviderRefused:
    """OMA's shape, which the documents of Orange's SMS API show; other refusals have Orange's own."""
    error = {"messageId": code, "text": text, "variables": [part]}
    return ProviderRefused(400, {"requestError": {"serviceException": error}})
