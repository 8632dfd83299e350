"""The payer's page: somebody, or a program in his place, presses Payer or Échouer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from allonova.adapters.sandbox.answers import (
    FORM_TYPE,
    JSON_TYPE,
    Refused,
    answer,
    invalid,
    media_type,
    not_found,
    read_body,
    read_json,
)
from allonova.adapters.sandbox.page import PAGE_HEADERS, missing_page, payment_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import Checkout, CheckoutView, Provider

OUTCOMES: Final = ("paid", "failed")


class OutcomeBody(BaseModel):
    """What the payer does."""

    model_config = ConfigDict(strict=True, extra="forbid")

    outcome: Literal["paid", "failed"]


def routes(providers: Sequence[Provider]) -> list[Route]:
    """`GET` and `POST /checkout/{provider_ref}`, whoever's payment it is."""

    async def show(request: Request) -> Response:
        """The page, made for a phone."""
        ref = request.path_params["provider_ref"]
        view = next((v for p in providers if p.checkout and (v := p.checkout.view(ref))), None)
        if view is None:
            return HTMLResponse(missing_page(), 404, PAGE_HEADERS)
        return HTMLResponse(payment_page(view), 200, PAGE_HEADERS)

    async def press(request: Request) -> Response:
        """A form goes on to our return URL, a program gets the outcome; the webhook was tried by then."""
        form = media_type(request) == FORM_TYPE
        outcome = await (_form_outcome(request) if form else _json_outcome(request))
        ref = request.path_params["provider_ref"]
        checkout = next((p.checkout for p in providers if p.checkout and p.checkout.view(ref)), None)
        if checkout is None:
            raise not_found("payment")
        if form:
            view = await _pressed(checkout, ref, outcome)
            url = view.success_url if view.status == "paid" else view.error_url
            return RedirectResponse(url, 303, PAGE_HEADERS)
        return answer(request, await _played(checkout, ref, outcome))

    path = "/checkout/{provider_ref}"
    return [Route(path, show, methods=["GET"]), Route(path, press, methods=["POST"])]


async def _pressed(checkout: Checkout, ref: str, outcome: str) -> CheckoutView:
    return await (checkout.pay(ref) if outcome == "paid" else checkout.fail(ref))


async def _played(checkout: Checkout, ref: str, outcome: str) -> Json:
    """The outcome for a program; paying what has expired or failed, or failing what is paid, is refused."""
    before = checkout.view(ref)
    view = await _pressed(checkout, ref, outcome)
    possible = before is not None and before.status in ("open", outcome)
    if not possible:
        facts: Json = {"from": view.status, "action": outcome}
        raise Refused(409, "invalid_transition", f"This payment is {view.status}.", facts)
    return {
        "provider_ref": view.provider_ref,
        "provider": view.provider,
        "status": outcome,
        "amount": view.amount,
        "currency": view.currency,
        "success_url": view.success_url,
        "error_url": view.error_url,
        **view.raw,
    }


async def _json_outcome(request: Request) -> str:
    if media_type(request) != JSON_TYPE:
        raise Refused(415, "unsupported_media_type", f"Send {JSON_TYPE} or {FORM_TYPE}.")
    return (await read_json(request, OutcomeBody)).outcome


async def _form_outcome(request: Request) -> str:
    try:
        fields = parse_qs((await read_body(request)).decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError as error:
        raise invalid(("", "form_invalid", "The form cannot be read.")) from error
    if unknown := sorted(set(fields) - {"outcome"}):
        raise invalid(*((name, "extra_forbidden", "Unknown field.") for name in unknown))
    outcome = fields.get("outcome", [])
    if len(outcome) != 1 or outcome[0] not in OUTCOMES:
        raise invalid(("outcome", "literal_error", "Input should be 'paid' or 'failed'"))
    return outcome[0]
