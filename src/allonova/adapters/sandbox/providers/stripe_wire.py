"""Stripe's wire: keys, form bodies, errors, ids, the signature (docs.stripe.com/api; providers.md 1.4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import string
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from allonova.adapters.sandbox.answers import FORM_TYPE, media_type, read_body
from allonova.adapters.sandbox.world import ProviderRefused

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json

MOST_FIELDS: Final = 200
DEEPEST: Final = 5
MAX_AMOUNT: Final = 99_999_999  # "The amount value supports up to eight digits"
PUBLISHABLE: Final = "pk_"
_LETTERS: Final = string.ascii_letters + string.digits
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of `Stripe-Signature`: `at` in Unix seconds, a dot, the raw body.

    Source: docs.stripe.com/webhooks, "Verify webhook signatures manually".
    """
    proof = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={proof}"


def random_id(prefix: str, length: int = 24) -> str:
    """Letters and digits as in `pi_3MtwBwLkdIwHu7ix28a3tqPa`."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


def refused(
    status: int, message: str, *, code: str | None = None, param: str | None = None, **more: object
) -> ProviderRefused:
    """`{"error": {type, code, message, param}}`."""
    error = {"type": "invalid_request_error", "message": message, "code": code, "param": param, **more}
    return ProviderRefused(status, {"error": {name: value for name, value in error.items() if value is not None}})


def missing(what: str, id_: str) -> ProviderRefused:
    """404, in Stripe's words."""
    return refused(404, f"No such {what}: '{id_}'", code="resource_missing", param="intent")


def breakdown(status: int) -> Json:
    """What Stripe says when it is broken (500) or swamped (413)."""
    if status == 413:
        return {"error": {"type": "invalid_request_error", "message": "The request is too large."}}
    return {"error": {"type": "api_error", "message": "An unknown error occurred"}}


def authenticate(request: Request) -> str:
    """The key of a request, as a Bearer or as the user of Basic: any will do but `bad`."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            key = "bad"
    if scheme.lower() not in ("bearer", "basic") or not key.strip():
        raise refused(401, "You did not provide an API key.")
    if key.strip() == "bad":
        raise refused(401, "Invalid API Key provided: ***")
    return key.strip()


type Form = dict[str, Form] | str


async def read_form(request: Request) -> dict[str, Form]:
    """The body of a POST: names like `metadata[payment_id]`, `expand[]`, `expand[0]`."""
    body = await read_body(request)
    if body and media_type(request) != FORM_TYPE:
        raise refused(400, f"Send a body of the type {FORM_TYPE}.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise refused(400, "Invalid request body.") from error
    return nested(pairs)


def nested(pairs: list[tuple[str, str]]) -> dict[str, Form]:
    """The tree that bracketed names describe; a list is a mapping of numbers."""
    root: dict[str, Form] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise refused(400, f"Invalid parameter name: {name[:100]}", param=name[:100])
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        place: Form = root
        for part in path[:-1][:DEEPEST]:
            place = place.setdefault(part, {}) if isinstance(place, dict) else place
        if not isinstance(place, dict) or len(path) > DEEPEST:
            raise refused(400, "Invalid request body.", param=name[:100])
        place[path[-1] or str(len(place))] = value
    return root


def _listed(value: object) -> object:
    return list(value.values()) if isinstance(value, dict) else value


type Id = Annotated[str, Field(min_length=1, max_length=255)]
type Amount = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
type Texts = Annotated[list[Annotated[str, Field(max_length=255)]], BeforeValidator(_listed), Field(max_length=20)]
type Metadata = Annotated[
    dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]], Field(max_length=50)
]


class Body(BaseModel):
    """Any POST; what this service never sends is taken and left aside."""

    model_config = ConfigDict(strict=True, extra="ignore")

    expand: Texts = []


class CardData(BaseModel):
    """A card's number."""

    model_config = ConfigDict(strict=True, extra="ignore")

    number: Id


class MethodData(BaseModel):
    """A card given with its number, as Stripe.js gives it."""

    model_config = ConfigDict(strict=True, extra="ignore")

    type: Literal["card"]
    card: CardData | None = None


class ConfirmBody(Body):
    """docs.stripe.com/api/payment_intents/confirm."""

    payment_method: Id | None = None
    payment_method_data: MethodData | None = None
    client_secret: str | None = None

    @property
    def method(self) -> str | None:
        """What is to be charged: a test card's number, or one of Stripe's `pm_card_…`."""
        data = self.payment_method_data
        if data is not None:
            return data.card.number if data.card else "4242424242424242"
        return self.payment_method


class IntentBody(ConfirmBody):
    """docs.stripe.com/api/payment_intents/create."""

    amount: Amount
    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]
    capture_method: Literal["automatic", "automatic_async", "manual"] = "automatic_async"
    payment_method_types: Texts = ["card"]
    metadata: Metadata = {}
    description: Annotated[str, Field(max_length=1000)] | None = None
    confirm: Literal["true", "false"] = "false"


class CaptureBody(Body):
    """docs.stripe.com/api/payment_intents/capture."""

    amount_to_capture: Amount | None = None


class CancelBody(Body):
    """docs.stripe.com/api/payment_intents/cancel."""

    cancellation_reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = None


class RefundBody(Body):
    """docs.stripe.com/api/refunds/create."""

    payment_intent: Id | None = None
    charge: Id | None = None
    amount: Amount | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    metadata: Metadata = {}


def checked[B: Body](kind: type[B], form: dict[str, Form]) -> B:
    """The form as `kind`, or a 400 that names the first wrong parameter."""
    try:
        return kind.model_validate(form)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        first, *rest = map(str, fault["loc"])
        param = first + "".join(f"[{part}]" for part in rest)
        if fault["type"] == "missing":
            raise refused(400, f"Missing required param: {param}.", code="parameter_missing", param=param) from error
        code = "parameter_invalid_integer" if param.startswith("amount") else None
        raise refused(400, f"Invalid {param}", code=code, param=param) from error


def amount_of(text: str) -> int:
    """1 to 99,999,999."""
    amount = int(text)
    if amount < 1:
        raise refused(
            400, "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > MAX_AMOUNT:
        raise refused(400, "Amount must be no more than 99,999,999", code="amount_too_large", param="amount")
    return amount
