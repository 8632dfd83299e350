"""Orange Money Web Payment: tokens, payments, their status, the payer's page and the unsigned notification."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response

from allonova.adapters.sandbox.answers import JSON_TYPE
from allonova.adapters.sandbox.callbacks import Event, Manner
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.ledger import Book, Movement
from allonova.adapters.sandbox.providers.orange_wire import (
    CURRENCIES,
    ORDER_EXISTS,
    bearer,
    breakdown,
    expired,
    read_payment,
    read_status,
    refused,
    require_client,
)
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.times import iso, parse
from allonova.adapters.sandbox.world import Call, CheckoutView, Provider, ProviderRefused
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "orange"
BUSINESS_NAME: Final = "AlloNova"
WEBHOOK_PATH: Final = "/api/v1/payments/webhook/orange"
ACCESS_LIFE_S: Final = 7_776_000  # 90 days
LIFETIME: Final = timedelta(minutes=10)
"""Of a pay_token, as two sources have it."""
INITIATED, SUCCESS, FAILED, EXPIRED = "INITIATED", "SUCCESS", "FAILED", "EXPIRED"
_SHOWN: Final = {INITIATED: "open", SUCCESS: "paid", FAILED: "failed", EXPIRED: "expired"}


@wired
class OrangeWebPayment:
    """The merchant's calls and the payer's two buttons, over the same orders."""

    world: World
    tokens: Shelf
    orders: Shelf

    async def token(self, request: Request) -> Response:
        """`POST /oauth/v3/token` (and the older `/v2/`)."""
        await require_client(request)
        token = secrets.token_urlsafe(21)
        expires_at = self.world.clock.now() + timedelta(seconds=ACCESS_LIFE_S)
        self.tokens.put(token, {"expires_at": iso(expires_at)})
        return JSONResponse({"token_type": "Bearer", "access_token": token, "expires_in": ACCESS_LIFE_S})

    async def create(self, request: Request) -> Response:
        """`POST …/webpayment` → 201; an `order_id` is taken once for ever."""
        self._authenticate(request)
        body = await read_payment(request)
        pay_token, notif_token = secrets.token_hex(16), secrets.token_hex(16)
        order: Json = body.model_dump(exclude={"merchant_key"}) | {
            "environment": request.path_params["environment"],
            "status": INITIATED,
            "txnid": "",
            "pay_token": pay_token,
            "notif_token": notif_token,
            "expires_at": iso(self.world.clock.now() + LIFETIME),
        }
        with self.world.state.transaction():
            if self.orders.get(body.order_id) is not None:
                raise refused(400, ORDER_EXISTS, "Order already exists", "The order_id was used before.")
            self.orders.put(body.order_id, order)
        answer = {"status": 201, "message": "OK", "pay_token": pay_token, "notif_token": notif_token}
        return JSONResponse(answer | {"payment_url": self.world.checkout_url(pay_token)}, 201)

    async def status(self, request: Request) -> Response:
        """`POST …/transactionstatus` → 201; 404 (a guess) unless order, amount and pay_token belong together."""
        self._authenticate(request)
        body = await read_status(request)
        order = self._known(body.order_id)
        asked = {**body.model_dump(), "environment": request.path_params["environment"]}
        if any(order[name] != value for name, value in asked.items()):
            raise _absent()
        shown = {"status": order["status"], "order_id": order["order_id"], "txnid": order["txnid"]}
        spoilt = {"amount": order["amount_said"]} if "amount_said" in order else {}
        return JSONResponse(shown | spoilt, 201)

    def view(self, provider_ref: str) -> CheckoutView | None:
        """The payer's page of this order, by its `order_id`, or its `pay_token` as in the page's address."""
        order = self._order(provider_ref)
        return None if order is None else _view(order)

    async def pay(self, provider_ref: str) -> CheckoutView:
        """The payer confirms, and it succeeds at once."""
        return await self._confirmed(provider_ref, SUCCESS)

    async def fail(self, provider_ref: str) -> CheckoutView:
        """The payer confirms, and is refused: that is the end of it."""
        return await self._confirmed(provider_ref, FAILED)

    def misstate(self, payload: Json) -> Json:
        """The notification names no amount: from now on the status does, one franc too much."""
        for order in self.orders.find("notif_token", payload["notif_token"]):
            self.orders.put(order["order_id"], order | {"amount_said": order["amount"] + 1})
        return payload

    async def _confirmed(self, provider_ref: str, status: str) -> CheckoutView:
        order = self._known(provider_ref)
        if order["status"] != INITIATED:
            return _view(order)
        now = self.world.clock.now()
        order |= {"status": status, "txnid": f"MP{now:%y%m%d.%H%M}.{secrets.token_hex(3).upper()}"}
        with self.world.state.transaction():
            self.orders.put(order["order_id"], order)
            if status == SUCCESS:
                self.world.ledger.post(NAME, Book.CHARGES, _movement(order, now))
            payload = {name: order[name] for name in ("status", "notif_token", "txnid")}
            event = Event(provider=NAME, id=order["txnid"], type=status, payload=payload)
            numbers = self.world.callbacks.record(event)
        await self.world.callbacks.send(numbers)
        return _view(order)

    def _authenticate(self, request: Request) -> None:
        """Of the tokens that were given out here, those that still live; of others, all but `bad`."""
        if request.path_params["environment"] not in CURRENCIES:
            raise _absent()
        known = self.tokens.get(bearer(request))
        if known is not None and parse(known["expires_at"]) <= self.world.clock.now():
            raise expired()

    def _known(self, ref: str) -> Json:
        order = self._order(ref)
        if order is None:
            raise _absent()
        return order

    def _order(self, ref: str) -> Json | None:
        """The order as it is at the service's present time: nobody has to look for it to expire."""
        found = self.orders.get(ref) or next(iter(self.orders.find("pay_token", ref)), None)
        if found is not None and found["status"] == INITIATED and self.world.clock.now() >= parse(found["expires_at"]):
            found["status"] = EXPIRED
            self.orders.put(found["order_id"], found)
        return found


def orange(world: World) -> Provider:
    """Orange Money as far as it exists: Web Payment can neither refund nor pay out."""
    orders = Shelf(world.state, NAME, "order", ("pay_token", "notif_token"))
    played = OrangeWebPayment(world, Shelf(world.state, NAME, "token"), orders)

    def headers(_body: bytes, _at: datetime, _forged: bool) -> Mapping[str, str]:
        return {"Content-Type": JSON_TYPE}

    tokens = [f"/oauth/{version}/token" for version in ("v3", "v2")]
    calls = [Call(method="POST", path=path, handler=played.token, is_spared=True) for path in tokens]
    webpay = "/orange-money-webpay/{environment}/v1"
    calls.append(Call(method="POST", path=f"{webpay}/webpayment", handler=played.create))
    calls.append(Call(method="POST", path=f"{webpay}/transactionstatus", handler=played.status))
    return Provider(
        name=NAME,
        base="/orange",
        calls=tuple(calls),
        breakdown=breakdown,
        fault_kinds=frozenset(FaultKind),
        checkout=played,
        callbacks=Manner(path=WEBHOOK_PATH, headers=headers, wrong_amount=played.misstate, forge=_unknown),
    )


def _absent() -> ProviderRefused:
    return refused(404, 60, "Resource not found", "The requested URI or the requested resource does not exist.")


def _unknown(payload: Json) -> Json:
    return payload | {"notif_token": secrets.token_hex(16)}


def _movement(order: Json, at: datetime) -> Movement:
    return Movement(ref=order["order_id"], amount=order["amount"], status="succeeded", at=at)


def _view(order: Json) -> CheckoutView:
    shown = ("environment", "txnid", "expires_at")
    return CheckoutView(
        provider=NAME,
        provider_ref=order["order_id"],
        business_name=BUSINESS_NAME,
        amount=order["amount"],
        currency=order["currency"],
        status=_SHOWN[order["status"]],
        reference=order["reference"],
        last_failure=None,
        expires_at=parse(order["expires_at"]),
        success_url=order["return_url"],
        error_url=order["cancel_url"],
        raw={"om_status": order["status"], **{key: order[key] for key in shown}},
        may_retry=False,
    )
