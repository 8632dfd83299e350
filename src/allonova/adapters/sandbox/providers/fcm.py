"""Firebase Cloud Messaging, and the Google endpoint that gives out its access tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse

from allonova.adapters.sandbox.answers import FORM_TYPE, media_type, read_body
from allonova.adapters.sandbox.faults import CALL_KINDS
from allonova.adapters.sandbox.outbox import Channel, Message
from allonova.adapters.sandbox.providers.fcm_wire import (
    TARGETS,
    MessageBody,
    NotificationBody,
    breakdown,
    denied,
    fcm_error,
    read_send,
    refused,
    require_grant,
    require_sound,
)
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.times import iso, parse
from allonova.adapters.sandbox.world import Call, Provider
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.world import World

NAME: Final = "fcm"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE_S: Final = 3599


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of a message to such a token."""

    status: int
    code: str
    words: str


FATES: Final = {
    "unregistered": _Fate(404, "UNREGISTERED", "Requested entity was not found."),
    "mismatch": _Fate(403, "SENDER_ID_MISMATCH", "SenderId mismatch"),
    "invalid": _Fate(400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"),
    "apns": _Fate(401, "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS or Web Push Service"),
    "quota": _Fate(429, "QUOTA_EXCEEDED", "Message rate exceeded for this device."),
    "unavailable": _Fate(503, "UNAVAILABLE", "The server is overloaded."),
}
"""By the word that a device's token begins with; all others are delivered."""


@wired
class FcmCalls:
    """Both calls. Pushes land in the outbox; their `template` is `data.type`, as our side names it."""

    world: World
    tokens: Shelf

    async def token(self, request: Request) -> Response:
        """`POST /token` → `{access_token, expires_in, token_type}`."""
        body = await read_body(request)
        form = dict(parse_qsl(body.decode(errors="replace")))
        if media_type(request) != FORM_TYPE or form.get("grant_type") != GRANT:
            raise denied("unsupported_grant_type", "Invalid grant_type")
        require_grant(form.get("assertion", ""))
        token = "ya29." + secrets.token_urlsafe(32)
        expires_at = self.world.clock.now() + timedelta(seconds=LIFE_S)
        self.tokens.put(token, {"expires_at": iso(expires_at)})
        return JSONResponse({"access_token": token, "expires_in": LIFE_S, "token_type": "Bearer"})

    async def send(self, request: Request) -> Response:
        """`POST /v1/projects/{project}/messages:send` → `{"name": "projects/…/messages/…"}`."""
        self._authenticate(request)
        body = await read_send(request)
        message = body.message
        require_sound(message)
        target = message.token or message.fid or ""
        word = next((word for word in FATES if target.startswith(word)), None)
        if word is not None:
            raise refused(FATES[word].status, FATES[word].words, fcm_error(FATES[word].code))
        number = secrets.randbelow(10**16) if body.validate_only else self._deliver(message)
        return JSONResponse({"name": f"projects/{request.path_params['project']}/messages/0:{number}"})

    def _authenticate(self, request: Request) -> None:
        """Any token but `bad`, and of those that were given out here, one that still lives."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = self.tokens.get(token)
        is_over = known is not None and parse(known["expires_at"]) <= self.world.clock.now()
        if scheme.lower() != "bearer" or token in ("", "bad") or is_over:
            raise refused(401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")

    def _deliver(self, message: MessageBody) -> int:
        shown = message.notification or NotificationBody()
        data = message.data or {}
        return self.world.outbox.put(
            Message(
                channel=Channel.PUSH,
                to=next(str(value) for name in TARGETS if (value := getattr(message, name)) is not None),
                subject=shown.title,
                body=shown.body or "",
                template=data.get("type"),
                data=data,
                at=self.world.clock.now(),
            )
        )


def fcm(world: World) -> Provider:
    """FCM and the token endpoint before it; it has no callbacks."""
    played = FcmCalls(world, Shelf(world.state, NAME, "token"))
    calls = (
        Call(method="POST", path="/token", handler=played.token),
        Call(method="POST", path="/v1/projects/{project}/messages:send", handler=played.send),
    )
    return Provider(name=NAME, base="/fcm", calls=calls, breakdown=breakdown, fault_kinds=CALL_KINDS)
