"""Orange Money's wire: credentials, bodies and errors (developer.orange.com/apis/om-webpay, as others copied it)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from allonova.adapters.sandbox.answers import FORM_TYPE, media_type, read_body
from allonova.adapters.sandbox.world import ProviderRefused

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json

CURRENCIES: Final = {"dev": "OUV", "ci": "XOF"}
"""By the environment in the path: play money, and francs."""
ORDER_EXISTS: Final = 1204  # as one integration's error handling has it
MAX_AMOUNT: Final = 10**12
DIGITS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def _web(url: str) -> str:
    """Orange takes no localhost; the sandbox does, so that a laptop can play."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise PydanticCustomError("url", "invalid URL") from error
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise PydanticCustomError("url", "invalid URL")
    return url


def _whole(value: object) -> object:
    """A number, or its digits: clients send both."""
    return int(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value


type Url = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_web)]
type Name = Annotated[str, Field(min_length=1, max_length=30)]
type Amount = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_AMOUNT)]


class PaymentBody(BaseModel):
    """`POST …/webpayment`."""

    model_config = ConfigDict(strict=True, extra="ignore")

    merchant_key: Annotated[str, Field(min_length=1, max_length=255)]
    currency: Annotated[str, Field(min_length=1, max_length=3)]
    order_id: Name
    amount: Amount
    return_url: Url
    cancel_url: Url
    notif_url: Url
    lang: Annotated[str, Field(max_length=5)] = "fr"
    reference: Annotated[str, Field(max_length=30)] = ""


class StatusBody(BaseModel):
    """`POST …/transactionstatus`."""

    model_config = ConfigDict(strict=True, extra="ignore")

    order_id: Name
    amount: Amount
    pay_token: Annotated[str, Field(min_length=1, max_length=255)]


async def require_client(request: Request) -> None:
    """The form and the client of a token's request: any client but `bad`."""
    body = await read_body(request)
    if media_type(request) != FORM_TYPE or ("grant_type", "client_credentials") not in parse_qsl(
        body.decode("latin-1")
    ):
        raise _denied(400, "unsupported_grant_type", "The grant type is not supported.")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        id_, found, secret = base64.b64decode(given, validate=True).partition(b":")
    except binascii.Error:
        found = b""
    if scheme.lower() != "basic" or not found or not id_ or not secret or b"bad" in (id_, secret):
        raise _denied(401, "invalid_client", "The client is not known, or its secret is not this one.")


def bearer(request: Request) -> str:
    """The access token that came along: any but `bad`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refused(
            401, 40, "Missing credentials", "The requested service needs credentials, but none were provided."
        )
    if token == "bad":  # noqa: S105 - the one that is refused
        raise refused(
            401, 41, "Invalid credentials", "The requested service needs credentials, but those provided are invalid."
        )
    return token


def expired() -> ProviderRefused:
    """What an access token hears after its life."""
    words = "The requested service needs credentials, and the ones provided were out-of-date."
    return refused(401, 42, "Expired credentials", words)


async def read_payment(request: Request) -> PaymentBody:
    """The body of a new payment, in the currency of the environment in the path."""
    body = _checked(PaymentBody, "WebPaymentInfo", await read_body(request))
    if body.currency != CURRENCIES[request.path_params["environment"]]:
        raise _invalid("WebPaymentInfo", "currency", "eq")
    if body.merchant_key == "bad":
        raise refused(403, 50, "Access denied", "The merchant key is not known.")
    return body


async def read_status(request: Request) -> StatusBody:
    """The question for a payment's state."""
    return _checked(StatusBody, "GetTransactionStatusInfo", await read_body(request))


def _checked[B: BaseModel](kind: type[B], struct: str, body: bytes) -> B:
    """A JSON body, whatever its Content-Type says: there are clients that name a wrong one."""
    if not body.strip():
        raise refused(400, 21, "Missing body", "The request has no body.")
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if fault["type"] == "json_invalid" or not fault["loc"]:
            raise refused(400, 22, "Invalid body", "The body is not a JSON object.") from error
        is_missing = fault["type"] in ("missing", "string_too_short")
        raise _invalid(struct, str(fault["loc"][0]), "required" if is_missing else fault["type"]) from error


def _invalid(struct: str, name: str, rule: str) -> ProviderRefused:
    """As in the one error that is documented (code 23); the code of the others is a guess."""
    field = "".join(part.capitalize() for part in name.split("_"))
    words = f"Key: '{struct}.{field}' Error:Field validation for '{field}' failed on the '{rule}' tag"
    code, message = (23, "Missing body field") if rule == "required" else (24, "Invalid body field")
    return refused(400, code, message, words)


def refused(status: int, code: int, message: str, description: str) -> ProviderRefused:
    """The one shape of Orange's errors."""
    return ProviderRefused(status, {"code": code, "message": message, "description": description})


def _denied(status: int, error: str, description: str) -> ProviderRefused:
    """The shape of OAuth (RFC 6749 §5.2)."""
    return ProviderRefused(status, {"error": error, "error_description": description})


def breakdown(status: int) -> Json:
    """What Orange says when it is broken (500) or swamped (413)."""
    if status == 413:
        return {"code": 22, "message": "Invalid body", "description": "The request is too large."}
    return {"code": 1, "message": "Internal error", "description": "The request failed due to an internal error."}
