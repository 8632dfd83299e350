"""Wave's wire: keys, bodies, errors, the signature (docs.wave.com: /business, /checkout, /payout, /webhook)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from allonova.adapters.sandbox.answers import JSON_TYPE, media_type, read_body
from allonova.adapters.sandbox.world import ProviderRefused

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json

MAX_KEY: Final = 255
_LOWER: Final = "0123456789abcdefghjkmnpqrstvwxyz"


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of `Wave-Signature`: `at` in Unix seconds, directly followed by the raw body, no separator.

    Source: Wave, /webhook, signing secret.
    """
    proof = hmac.new(secret.encode(), str(at).encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={proof}"


def _return_url(url: str) -> str:
    """Wave takes https only; the sandbox also takes http to a loopback host, so that a laptop can play."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise PydanticCustomError("url", "invalid URL") from error
    if not host or not url.isprintable() or " " in url:
        raise PydanticCustomError("url", "invalid URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(host)):
        raise PydanticCustomError("url_scheme", "URL scheme should be 'https'")
    return url


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


type ReturnUrl = Annotated[str, Field(max_length=2083), AfterValidator(_return_url)]
type Short = Annotated[str, Field(min_length=1, max_length=255)]
type Amount = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,11}$")]
type Mobile = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


class CheckoutBody(BaseModel):
    """Wave, /checkout, "Create a checkout session": amounts are strings, without decimals in XOF."""

    model_config = ConfigDict(strict=True, extra="ignore")

    amount: Amount
    currency: Literal["XOF"]
    success_url: ReturnUrl
    error_url: ReturnUrl
    client_reference: Short | None = None
    restrict_payer_mobile: Mobile | None = None
    aggregated_merchant_id: Short | None = None


class PayoutBody(BaseModel):
    """Wave, /payout, "Send a payout"."""

    model_config = ConfigDict(strict=True, extra="ignore")

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    receive_amount: Amount
    mobile: Mobile
    name: Short | None = None
    national_id: Short | None = None
    payment_reason: Annotated[str, Field(max_length=40)] | None = None
    client_reference: Short | None = None
    aggregated_merchant_id: Short | None = None


class RecipientBody(BaseModel):
    """Wave, /payout, "Verify recipient"."""

    model_config = ConfigDict(strict=True, extra="ignore")

    mobile: Mobile
    name: Short | None = None
    national_id: Short | None = None
    amount: Amount | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None


def authenticate(request: Request) -> None:
    """Wave, /business, "Authentication": any key will do but `bad`."""
    header = request.headers.get("Authorization")
    if header is None:
        raise refused(401, "missing-auth-header", "Your request should include an HTTP auth header.")
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer":
        raise refused(401, "invalid-auth", "Your HTTP auth header can't be processed.")
    if not key.strip():
        raise refused(401, "api-key-not-provided", "Your request should include an API key.")
    if key.strip() == "bad":
        raise refused(401, "no-matching-api-key", "The key you provided doesn't exist in our system.")


def idempotency_key(request: Request) -> str:
    """Wave, /payout, "Idempotency": required where money leaves."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > MAX_KEY:
        raise refused(400, "request-validation-error", "An 'Idempotency-Key' header is required for POST requests")
    return key


async def read_json[B: BaseModel](request: Request, kind: type[B]) -> B:
    """The body of a request, or Wave's refusal of it: 400 for no JSON, 422 for a wrong field."""
    body = await read_body(request)
    if media_type(request) != JSON_TYPE or not body:
        raise refused(400, "request-not-json", f"Send a JSON body with Content-Type {JSON_TYPE}.")
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise refused(400, "request-parsing-error", "The JSON body is invalid.") from error
        details = [{"loc": list(fault["loc"]), "msg": fault["msg"]} for fault in faults]
        raise refused(422, "request-validation-error", "Request invalid", details) from error


def asked_for(request: Request, name: str) -> str:
    """A required query parameter."""
    value = request.query_params.get(name)
    if not value:
        details: list[Json] = [{"loc": [name], "msg": "field required"}]
        raise refused(422, "request-validation-error", "Request invalid", details)
    return value


def refused(status: int, code: str, message: str, details: list[Json] | None = None) -> ProviderRefused:
    """Wave, /business, "Error details": `code` and `message` always, `details` for validation."""
    body: Json = {"code": code, "message": message}
    return ProviderRefused(status, body | ({"details": details} if details else {}))


def breakdown(status: int) -> Json:
    """What Wave says when it is broken (500) or swamped (413)."""
    if status == 413:
        return {"code": "request-validation-error", "message": "The request is too large."}
    return {"code": "internal-server-error", "message": "Our server had an error. Please try again later."}


def random_id(length: int) -> str:
    """Letters and digits as in `cos-1b01sghpg100j`."""
    return "".join(secrets.choice(_LOWER) for _ in range(length))
