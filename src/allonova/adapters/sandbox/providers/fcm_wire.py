"""Google's wire: the token endpoint's (developers.google.com/identity/protocols/oauth2/service-account) and FCM's
(firebase.google.com/docs/reference/fcm/rest/v1/projects.messages and its ErrorCode).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from allonova.adapters.sandbox.answers import JSON_TYPE, media_type, read_body
from allonova.adapters.sandbox.world import ProviderRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json

AUDIENCE: Final = "https://oauth2.googleapis.com/token"
SCOPES: Final = frozenset(
    {"https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/cloud-platform"}
)
LONGEST_JWT_S: Final = 3600
MAX_PAYLOAD_BYTES: Final = 4096
RESERVED: Final = ("google.", "gcm.notification.")
RETRY_AFTER_S: Final = 30
TARGETS: Final = ("token", "fid", "topic", "condition")
STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}

type Seconds = Annotated[str, Field(pattern=r"^[0-9]{1,7}(\.[0-9]{1,9})?s$")]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class NotificationBody(_Strict):
    """What every system shows."""

    title: str | None = None
    body: str | None = None
    image: str | None = None


class AndroidBody(_Strict):
    """`ttl` in seconds, at most four weeks."""

    collapse_key: str | None = None
    priority: Literal["normal", "high", "NORMAL", "HIGH"] | None = None
    ttl: Seconds | None = None
    restricted_package_name: str | None = None
    data: dict[str, str] | None = None
    notification: dict[str, JsonValue] | None = None
    fcm_options: dict[str, JsonValue] | None = None
    direct_boot_ok: bool | None = None


class PlatformBody(_Strict):
    """Apple's or a browser's headers and payload, handed on as they are."""

    headers: dict[str, str] | None = None
    payload: dict[str, JsonValue] | None = None
    data: dict[str, str] | None = None
    notification: dict[str, JsonValue] | None = None
    fcm_options: dict[str, JsonValue] | None = None


class MessageBody(_Strict):
    """Exactly one of `token`, `fid`, `topic`, `condition`."""

    token: str | None = None
    fid: str | None = None
    topic: str | None = None
    condition: str | None = None
    data: dict[str, str] | None = None
    notification: NotificationBody | None = None
    android: AndroidBody | None = None
    webpush: PlatformBody | None = None
    apns: PlatformBody | None = None
    fcm_options: dict[str, JsonValue] | None = None


class SendBody(_Strict):
    """`validate_only` sends nothing."""

    message: MessageBody
    validate_only: bool = False


def require_grant(assertion: str) -> None:
    """Refuses a JWT that Google would not take. The signature is not verified: the sandbox does not know the account's
    public key. Nor are `iat` and `exp` compared with a clock, only with each other: the signer goes by real time, which
    the service's need not be.
    """
    header, claims = _decoded(assertion)
    if header.get("alg") != "RS256" or not header.get("kid"):
        raise denied("invalid_grant", "Invalid JWT Signature.")
    if not isinstance(claims.get("iss"), str) or "bad" in (claims["iss"], header["kid"]):
        raise denied("invalid_grant", "Invalid grant: account not found")
    if claims.get("aud") != AUDIENCE:
        raise denied("invalid_grant", "Invalid JWT: Failed audience check.")
    issued, ends = claims.get("iat"), claims.get("exp")
    if not (isinstance(issued, int) and isinstance(ends, int) and 0 < ends - issued <= LONGEST_JWT_S):
        raise denied("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).")
    if not SCOPES.intersection(str(claims.get("scope", "")).split()):
        raise denied("invalid_scope", "Invalid OAuth scope or ID token audience provided.")


def _decoded(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a JWT."""
    parts = assertion.split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, binascii.Error, RecursionError):
        raise denied("invalid_grant", "Bad Request") from None
    if len(parts) != 3 or not parts[2] or not isinstance(header, dict) or not isinstance(claims, dict):
        raise denied("invalid_grant", "Bad Request")
    return header, claims


async def read_send(request: Request) -> SendBody:
    """The body of a send, or the refusal of it."""
    body = await read_body(request)
    if media_type(request) != JSON_TYPE:
        raise refused(400, "Invalid JSON payload received.", _violation("", "Content-Type"))
    try:
        return SendBody.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        words = f"Invalid value at '{field}': {fault['msg']}"
        if fault["type"] == "extra_forbidden":
            parent, _, name = field.rpartition(".")
            words = f"Invalid JSON payload received. Unknown name \"{name}\" at '{parent}': Cannot find field."
        raise refused(400, words, _violation(field, words)) from error


def require_sound(message: MessageBody) -> None:
    """One target, no reserved names, at most 4,096 bytes."""
    given = [name for name in TARGETS if getattr(message, name) is not None]
    if len(given) != 1:
        words = "Recipient of the message is not set." if not given else "Only one target is allowed."
        raise refused(400, words, fcm_error("INVALID_ARGUMENT"), _violation("message", words))
    data = message.data or {}
    for key in data:
        if key in ("from", "message_type") or key.startswith(RESERVED):
            raise refused(400, f"Invalid data payload key: {key}", _violation("message.data", "reserved key"))
    shown = {} if message.notification is None else message.notification.model_dump(exclude_none=True)
    payload = json.dumps({**shown, **data}, ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > MAX_PAYLOAD_BYTES:
        words = "Message too big: the payload exceeds 4096 bytes"
        raise refused(400, words, fcm_error("INVALID_ARGUMENT"), _violation("message", words))


def fcm_error(code: str) -> Json:
    """A detail in which FCM itself speaks."""
    return {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}


def _violation(field: str, words: str) -> Json:
    violation = {"field": field, "description": words}
    return {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}


def refused(status: int, words: str, *details: Json) -> ProviderRefused:
    """As Google's APIs refuse; a 429 and a 503 say how long to wait."""
    error: Json = {"code": status, "message": words, "status": STATUSES[status]}
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else {}
    return ProviderRefused(status, {"error": error | ({"details": list(details)} if details else {})}, headers)


def denied(code: str, words: str) -> ProviderRefused:
    """As the token endpoint refuses (RFC 6749 §5.2)."""
    return ProviderRefused(400, {"error": code, "error_description": words})


def breakdown(status: int) -> Json:
    """What it says when it is broken (500) or swamped (413)."""
    if status == 413:
        return {
            "error": {"code": 400, "message": "Request payload size exceeds the limit", "status": "INVALID_ARGUMENT"}
        }
    details = [fcm_error("INTERNAL")]
    return {"error": {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL", "details": details}}
