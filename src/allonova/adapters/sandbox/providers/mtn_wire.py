"""MTN MoMo's wire: bodies, transactions, fates and errors (momodeveloper.mtn.com; providers.md 1.3)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from allonova.adapters.sandbox.answers import JSON_TYPE, media_type, read_body
from allonova.adapters.sandbox.world import ProviderRefused

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json

PENDING, SUCCESSFUL, FAILED = "PENDING", "SUCCESSFUL", "FAILED"
SANDBOX: Final = "sandbox"
CURRENCIES: Final = {SANDBOX: "EUR", "mtnivorycoast": "XOF"}
"""By target environment. In MTN's own sandbox nobody has to approve a charge."""

REFERENCE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
MSISDN: Final = r"^[1-9][0-9]{6,14}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a charge or transfer: `status` once `after` has passed."""

    status: str = SUCCESSFUL
    reason: str | None = None
    after: timedelta = timedelta(0)


FATES: Final = {
    "33123450": Fate(status=FAILED, reason="INTERNAL_PROCESSING_ERROR"),
    "33123451": Fate(status=FAILED, reason="APPROVAL_REJECTED"),
    "33123452": Fate(status=FAILED, reason="EXPIRED"),
    "33123453": Fate(status=PENDING),
    "33123454": Fate(after=timedelta(seconds=30)),
    "33123455": Fate(status=FAILED, reason="{role}_NOT_FOUND"),
}
"""Sandbox numbers, 46733123450 and so on. Any number that ends so has their fate, so that Ivorian ones can."""

UNAPPROVED: Final = Fate(status=FAILED, reason="COULD_NOT_PERFORM_TRANSACTION", after=timedelta(minutes=5))
"""Of a charge that nobody answers."""


def fate_of(party_id: str, role: str) -> Fate | None:
    """What a sandbox number is for; None for the others."""
    fate = FATES.get(party_id[-8:])
    if fate is None or fate.reason is None:
        return fate
    return Fate(status=fate.status, reason=fate.reason.format(role=role), after=fate.after)


CAMEL: Final = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel)


class Party(BaseModel):
    """Who pays or is paid."""

    model_config = CAMEL

    party_id_type: Literal["MSISDN"]
    party_id: Annotated[str, Field(pattern=MSISDN)]


# MTN, "Common Error Codes", 400: an apostrophe, or more than 160 characters.
type Words = Annotated[str, Field(max_length=160, pattern=r"^[^']*$")]


class OrderBody(BaseModel):
    """What charges, refunds and transfers have in common."""

    model_config = CAMEL

    amount: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,11}(\.[0-9]{1,2})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    external_id: Annotated[str, Field(max_length=255)] = ""
    payer_message: Words = ""
    payee_note: Words = ""


class ChargeBody(OrderBody):
    """Of `requesttopay`."""

    payer: Party


class TransferBody(OrderBody):
    """Of `transfer`."""

    payee: Party


class RefundBody(OrderBody):
    """Of `refund`."""

    reference_id_to_refund: Annotated[str, Field(pattern=f"(?i)^{REFERENCE.pattern}$")]


async def read_order[M: OrderBody](request: Request, model: type[M], environment: str) -> M:
    """The body of a charge, refund or transfer, or MTN's refusal of it (400; its code: a guess)."""
    body = await read_body(request)
    if media_type(request) != JSON_TYPE or not body:
        raise bad_request(f"Send a JSON body with Content-Type {JSON_TYPE}.")
    try:
        order = model.model_validate_json(body)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise bad_request(f"Wrong or missing: {', '.join(filter(None, fields)) or 'body'}.") from error
    if order.currency != CURRENCIES[environment]:
        raise refused(400, "INVALID_CURRENCY", "Currency not supported.")
    return order


def reference_of(request: Request) -> str:
    """`X-Reference-Id`, a UUID v4."""
    given = request.headers.get("X-Reference-Id", "")
    if not REFERENCE.fullmatch(given):
        raise bad_request("X-Reference-Id must be a UUID version 4.")
    return given.lower()


def shown(doc: Json) -> Json:
    """A charge, refund or transfer as its status call and its callback show it."""
    answer: Json = {
        "amount": doc.get("said_amount", doc["amount"]),
        "currency": doc["currency"],
        "externalId": doc["externalId"],
        "payerMessage": doc["payerMessage"],
        "payeeNote": doc["payeeNote"],
        "status": doc["status"],
    }
    for name in ("payer", "payee", "financialTransactionId", "reason"):
        if doc.get(name) is not None:
            answer[name] = doc[name]
    return answer


def whole_units(amount: str) -> int:
    """What the books say of an amount; cents are for MTN's own sandbox alone."""
    return int(amount.partition(".")[0])


def random_reference() -> str:
    """A reference that nobody knows."""
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def refused(status: int, code: str, message: str) -> ProviderRefused:
    """`{code, message}`."""
    return ProviderRefused(status, {"code": code, "message": message})


def bad_request(message: str) -> ProviderRefused:
    """400 for what is not as specified."""
    return refused(400, "BAD_REQUEST", message)


def not_found() -> ProviderRefused:
    """404 for an unknown reference."""
    return refused(404, "RESOURCE_NOT_FOUND", "Requested resource was not found.")


def already_there() -> ProviderRefused:
    """409 for a reference that was used before."""
    return refused(409, "RESOURCE_ALREADY_EXIST", "Duplicated reference id. Creation of resource failed.")


def denied(message: str) -> ProviderRefused:
    """401 in the words of the gateway before MTN (Azure API Management)."""
    return ProviderRefused(401, {"statusCode": 401, "message": message})


def breakdown(status: int) -> Json:
    """What MTN says when it is broken (500) or swamped (413)."""
    if status == 413:
        return {"code": "BAD_REQUEST", "message": "The request is too large."}
    return {"code": "INTERNAL_PROCESSING_ERROR", "message": "An internal error occurred while processing."}
