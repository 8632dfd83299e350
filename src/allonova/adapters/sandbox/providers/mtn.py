"""MTN MoMo: Collections, Disbursements, and the payer's phone (momodeveloper.mtn.com; providers.md 1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, JSONResponse, Response

from allonova.adapters.sandbox.answers import JSON_TYPE
from allonova.adapters.sandbox.callbacks import Manner, unchanged
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.ledger import Book
from allonova.adapters.sandbox.providers.mtn_keys import MtnKeys
from allonova.adapters.sandbox.providers.mtn_orders import NAME, MtnOrders
from allonova.adapters.sandbox.providers.mtn_wire import (
    CURRENCIES,
    FAILED,
    PENDING,
    SANDBOX,
    SUCCESSFUL,
    UNAPPROVED,
    ChargeBody,
    Fate,
    RefundBody,
    TransferBody,
    bad_request,
    breakdown,
    fate_of,
    not_found,
    random_reference,
    read_order,
    reference_of,
    shown,
    whole_units,
)
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.times import parse
from allonova.adapters.sandbox.world import Call, CheckoutView, Provider
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import Handler, World

BUSINESS_NAME: Final = "AlloNova"
COLLECTION, DISBURSEMENT = "collection", "disbursement"
WEBHOOK_PATH: Final = "/api/v1/payments/webhook/mtn"
OUR_BALANCE: Final = 1_000_000_000
REJECTED: Final = Fate(status=FAILED, reason="APPROVAL_REJECTED")
EXPIRED: Final = frozenset({"EXPIRED", "COULD_NOT_PERFORM_TRANSACTION"})
REFUSED_AGENT: Final = "python-requests"
FORBIDDEN: Final = "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"


@wired
class MtnCalls:
    """What a merchant may call."""

    keys: MtnKeys
    charges: MtnOrders
    refunds: MtnOrders
    transfers: MtnOrders

    async def charge(self, request: Request) -> Response:
        """`POST /collection/v1_0/requesttopay`: 202, empty. Whoever is called decides within 5 minutes; in the target
        environment `sandbox` he has agreed at once.
        """
        environment = self.keys.admit(request, COLLECTION)
        reference = reference_of(request)
        body = await read_order(request, ChargeBody, environment)
        usual = Fate() if environment == SANDBOX else UNAPPROVED
        fate = fate_of(body.payer.party_id, "PAYER") or usual
        await self.charges.take(reference, body.model_dump(by_alias=True), fate, request.headers.get("X-Callback-Url"))
        return Response(status_code=202)

    async def transfer(self, request: Request) -> Response:
        """`POST /disbursement/v1_0/transfer`: 202, empty; the money is there at once."""
        environment = self.keys.admit(request, DISBURSEMENT)
        reference = reference_of(request)
        body = await read_order(request, TransferBody, environment)
        fate = fate_of(body.payee.party_id, "PAYEE") or Fate()
        await self.transfers.take(
            reference, body.model_dump(by_alias=True), fate, request.headers.get("X-Callback-Url")
        )
        return Response(status_code=202)

    async def refund(self, request: Request) -> Response:
        """`POST /disbursement/{v1_0|v2_0}/refund`: 202, empty; what is left of a paid charge, or a part of it."""
        environment = self.keys.admit(request, DISBURSEMENT)
        reference = reference_of(request)
        body = await read_order(request, RefundBody, environment)
        with self.charges.world.state.transaction():
            if self.refunds.find(reference) is None:
                self._require_refundable(body)
        await self.refunds.take(
            reference, body.model_dump(by_alias=True), Fate(), request.headers.get("X-Callback-Url")
        )
        return Response(status_code=202)

    async def show_charge(self, request: Request) -> Response:
        """`GET /collection/v1_0/requesttopay/{reference}`."""
        return self._shown(request, COLLECTION, self.charges)

    async def show_transfer(self, request: Request) -> Response:
        """`GET /disbursement/v1_0/transfer/{reference}`."""
        return self._shown(request, DISBURSEMENT, self.transfers)

    async def show_refund(self, request: Request) -> Response:
        """`GET /disbursement/v1_0/refund/{reference}`."""
        return self._shown(request, DISBURSEMENT, self.refunds)

    async def balance(self, request: Request) -> Response:
        """`GET /{product}/v1_0/account/balance`: as much as anybody needs."""
        environment = self.keys.admit(request, request.path_params["product"])
        return JSONResponse({"availableBalance": str(OUR_BALANCE), "currency": CURRENCIES[environment]})

    async def is_active(self, request: Request) -> Response:
        """`GET /{product}/v1_0/accountholder/msisdn/{number}/active`."""
        self.keys.admit(request, request.path_params["product"])
        return JSONResponse({"result": not request.path_params["number"].endswith("33123455")})

    def _shown(self, request: Request, product: str, orders: MtnOrders) -> Response:
        self.keys.admit(request, product)
        return JSONResponse(shown(orders.known(request.path_params["reference"])))

    def _require_refundable(self, body: RefundBody) -> None:
        """MTN's sandbox "often answers 400"; which code it has is a guess."""
        charge = self.charges.find(body.reference_id_to_refund)
        if charge is None:
            raise not_found()
        others = self.refunds.shelf.find("referenceIdToRefund", body.reference_id_to_refund)
        gone = sum(whole_units(other["amount"]) for other in others if other["status"] != FAILED)
        if charge["status"] != SUCCESSFUL or gone + whole_units(body.amount) > whole_units(charge["amount"]):
            raise bad_request("This is more than is left of a paid charge.")


@wired
class MtnPhone:
    """The payer's phone: he approves a charge, or rejects it for good."""

    world: World
    charges: MtnOrders

    def view(self, provider_ref: str) -> CheckoutView | None:
        """What he is asked for."""
        charge = self.charges.find(provider_ref)
        return None if charge is None else self._view(charge)

    async def pay(self, provider_ref: str) -> CheckoutView:
        """He approves."""
        return self._view(await self.charges.decide(provider_ref, Fate()))

    async def fail(self, provider_ref: str) -> CheckoutView:
        """He rejects."""
        return self._view(await self.charges.decide(provider_ref, REJECTED))

    def _view(self, charge: Json) -> CheckoutView:
        over = "expired" if charge.get("reason") in EXPIRED else "failed"
        here = self.world.checkout_url(charge["id"])
        return CheckoutView(
            provider=NAME,
            provider_ref=charge["id"],
            business_name=BUSINESS_NAME,
            amount=whole_units(charge["amount"]),
            currency=charge["currency"],
            status={PENDING: "open", SUCCESSFUL: "paid", FAILED: over}[charge["status"]],
            reference=charge["externalId"],
            last_failure=None,
            expires_at=parse(charge["decided_at"]),
            success_url=here,
            error_url=here,
            raw={name: charge.get(name) for name in ("externalId", "financialTransactionId", "reason")},
            may_retry=False,
        )


def mtn(world: World) -> Provider:
    """MTN as far as this service uses it, and what a client of it needs to be set up."""

    def orders(kind: str, book: Book, *keys: str) -> MtnOrders:
        return MtnOrders(world, Shelf(world.state, NAME, kind, keys), book)

    keys = MtnKeys(world, Shelf(world.state, NAME, "user"), Shelf(world.state, NAME, "token"))
    charges = orders("requesttopay", Book.CHARGES)
    calls = MtnCalls(
        keys, charges, orders("refund", Book.REFUNDS, "referenceIdToRefund"), orders("transfer", Book.PAYOUTS)
    )
    return Provider(
        name=NAME,
        base="/mtn",
        calls=_calls(keys, calls),
        breakdown=breakdown,
        fault_kinds=frozenset(FaultKind),
        checkout=MtnPhone(world, charges),
        callbacks=Manner(
            path=WEBHOOK_PATH,
            headers=lambda _body, _at, _forged: {"Content-Type": JSON_TYPE},
            wrong_amount=unchanged,  # the status says it too, see MtnOrders
            forge=lambda payload: payload | {"externalId": random_reference()},
            delays_s=(),
            method="PUT",
        ),
    )


def _calls(keys: MtnKeys, calls: MtnCalls) -> tuple[Call, ...]:
    product, charges, transfers = "/{product}", f"/{COLLECTION}/v1_0/requesttopay", f"/{DISBURSEMENT}/v1_0/transfer"
    refunds = tuple(f"/{DISBURSEMENT}/{version}/refund" for version in ("v1_0", "v2_0"))
    table = (
        ("POST", "/v1_0/apiuser", keys.create_user),
        ("GET", "/v1_0/apiuser/{id}", keys.show_user),
        ("POST", "/v1_0/apiuser/{id}/apikey", keys.create_key),
        ("POST", charges, calls.charge),
        ("GET", charges + "/{reference}", calls.show_charge),
        ("POST", transfers, calls.transfer),
        ("GET", transfers + "/{reference}", calls.show_transfer),
        *(("POST", path, calls.refund) for path in refunds),
        *(("GET", path + "/{reference}", calls.show_refund) for path in refunds),
        ("GET", product + "/v1_0/account/balance", calls.balance),
        ("GET", product + "/v1_0/accountholder/msisdn/{number}/active", calls.is_active),
    )
    return (
        Call(method="POST", path=product + "/token/", handler=_gated(keys.token), is_spared=True),
        *(Call(method=method, path=path, handler=_gated(handler)) for method, path, handler in table),
    )


def _gated(handler: Handler) -> Handler:
    """The gateway before MTN turns one agent away, with a page."""

    async def endpoint(request: Request) -> Response:
        if REFUSED_AGENT in request.headers.get("User-Agent", ""):
            return HTMLResponse(FORBIDDEN, 403)
        return await handler(request)

    return endpoint
