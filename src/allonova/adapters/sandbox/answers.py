"""How the sandbox itself reads requests and answers them: the common envelope, bounded bodies."""

from __future__ import annotations

import asyncio
import logging
import secrets
import uuid
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allonova.adapters.sandbox.state import Json

logger = logging.getLogger(__name__)

BODY_LIMIT_BYTES: Final = 256 * 1024
BODY_TIMEOUT_S: Final = 20.0
JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
_CODES_OF_ROUTING: Final = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}


class Refused(Exception):
    """The sandbox's own refusal, answered in the common envelope."""

    def __init__(self, status: int, code: str, message: str, details: Json | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.details = details or {}


class BodyTooLarge(Exception):
    """More than the limit was sent, or it came too slowly; each side words that in its own way."""


def invalid(*fields: tuple[str, str, str]) -> Refused:
    """A 422 naming each bad field as `(path, code, message)`."""
    shown = [{"path": path, "code": code, "message": message} for path, code, message in fields]
    return Refused(422, "validation_error", "The request is not valid.", {"fields": shown})


def not_found(what: str) -> Refused:
    """A 404 that says what is missing."""
    return Refused(404, "not_found", f"No such {what}.")


def answer(request: Request, data: object, status: int = 200) -> JSONResponse:
    """The envelope of a success."""
    id_ = request_id(request)
    content = {"data": data, "meta": {"request_id": id_}}
    return JSONResponse(content, status, {"X-Request-ID": id_, "Cache-Control": "no-store"})


def refusal(request: Request, refused: Refused, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The envelope of a failure."""
    id_ = request_id(request)
    error = {"code": refused.code, "message": refused.message, "details": refused.details}
    content = {"error": error, "meta": {"request_id": id_}}
    always = {"X-Request-ID": id_, "Cache-Control": "no-store"}
    return JSONResponse(content, refused.status, {**(headers or {}), **always})


def request_id(request: Request) -> str:
    """The caller's `X-Request-ID` when it is a UUID, else what the app around us chose, else a new one."""
    known = getattr(request.state, "sandbox_request_id", None)
    if known is None:
        around = getattr(request.state, "request_id", None)
        known = _uuid(request.headers.get("X-Request-ID")) or _uuid(around)
        known = known or str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        request.state.sandbox_request_id = known
    return str(known)


def _uuid(text: object) -> str | None:
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        return None


def media_type(request: Request) -> str:
    """The body's type without its parameters, in lower case."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, limit: int = BODY_LIMIT_BYTES) -> bytes:
    """The raw body.

    Raises: BodyTooLarge over `limit` bytes or when it takes longer than 20 s.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge
    except (TimeoutError, ClientDisconnect) as error:
        raise BodyTooLarge from error
    return bytes(body)


async def read_json[M: BaseModel](request: Request, model: type[M]) -> M:
    """A JSON body as `model`; anything else is refused with 415, 413 or 422."""
    if media_type(request) != JSON_TYPE:
        raise Refused(415, "unsupported_media_type", f"Send {JSON_TYPE}.")
    return checked(model, await read_body(request))


def checked[M: BaseModel](model: type[M], body: bytes) -> M:
    """The JSON text as `model`, or a 422 that names each bad field."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        fields = error.errors(include_url=False, include_context=False, include_input=False)
        named = [(".".join(map(str, field["loc"])), field["type"], field["msg"]) for field in fields]
        raise invalid(*named) from error


def read_query(request: Request, *allowed: str) -> dict[str, str]:
    """The query's parameters, the last of each name; unknown ones are refused."""
    if unknown := sorted(set(request.query_params) - set(allowed)):
        raise invalid(*((name, "extra_forbidden", "Unknown parameter.") for name in unknown))
    return dict(request.query_params)


async def on_refused(request: Request, error: Exception) -> Response:
    """Handler for `Refused`."""
    if not isinstance(error, Refused):
        raise error
    return refusal(request, error)


async def on_too_large(request: Request, _error: Exception) -> Response:
    """Handler for `BodyTooLarge` outside the providers' paths."""
    return refusal(request, Refused(413, "payload_too_large", "The body is too large, or too slow."))


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Handler for what the router itself refuses: unknown paths and methods."""
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES_OF_ROUTING.get(error.status_code, "validation_error")
    return refusal(request, Refused(error.status_code, code, error.detail), error.headers)


async def on_broken(request: Request, error: Exception) -> Response:
    """Handler for a sandbox that is stopped or whose disk fails: said plainly, never a trace."""
    logger.error("sandbox state unavailable", extra={"error": type(error).__name__})
    return refusal(request, Refused(503, "service_unavailable", "The sandbox's state is not available."))
