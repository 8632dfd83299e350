"""Wave: the Checkout API, the payer's page, the signed webhook, and payouts (docs.wave.com: /checkout, /webhook)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response

from allonova.adapters.sandbox.answers import JSON_TYPE
from allonova.adapters.sandbox.callbacks import Event, Manner
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.ledger import Book, Movement
from allonova.adapters.sandbox.providers.wave_payouts import NAME, WavePayouts, WaveWallet
from allonova.adapters.sandbox.providers.wave_wire import (
    CheckoutBody,
    asked_for,
    authenticate,
    breakdown,
    random_id,
    read_json,
    refused,
    signature,
)
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.times import iso_seconds, parse
from allonova.adapters.sandbox.world import Call, CheckoutView, Provider
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

BUSINESS_NAME: Final = "AlloNova"
WEBHOOK_PATH: Final = "/api/v1/payments/webhook/wave"
# The docs' example lasts 24 h, two other sources say 30 minutes; the shorter one is the harder to live with.
LIFETIME: Final = timedelta(minutes=30)
_FAILURE: Final = {"code": "insufficient-funds", "message": "The payer's wallet does not hold enough."}


@wired
class WaveCheckout:
    """The merchant's calls and the payer's two buttons, over the same sessions."""

    world: World
    sessions: Shelf
    wallet: WaveWallet

    async def create(self, request: Request) -> Response:
        """`POST /v1/checkout/sessions`; no idempotency key is documented, so twice makes two."""
        authenticate(request)
        body = await read_json(request, CheckoutBody)
        now = self.world.clock.now()
        id_ = "cos-" + random_id(13)
        session: Json = {
            "id": id_,
            "amount": body.amount,
            "checkout_status": "open",
            "client_reference": body.client_reference,
            "currency": body.currency,
            "error_url": body.error_url,
            "last_payment_error": None,
            "business_name": BUSINESS_NAME,
            "payment_status": "processing",
            "transaction_id": None,
            "success_url": body.success_url,
            "wave_launch_url": self.world.checkout_url(id_),
            "when_completed": None,
            "when_created": iso_seconds(now),
            "when_expires": iso_seconds(now + LIFETIME),
        }
        optional = {"restrict_payer_mobile", "aggregated_merchant_id"}
        session |= body.model_dump(include=optional, exclude_none=True)
        self.sessions.put(id_, session)
        return JSONResponse(session)

    async def get(self, request: Request) -> Response:
        """`GET /v1/checkout/sessions/:id`."""
        authenticate(request)
        return JSONResponse(self._known(request.path_params["id"]))

    async def by_transaction(self, request: Request) -> Response:
        """`GET /v1/checkout/sessions?transaction_id=`."""
        authenticate(request)
        found = self.sessions.find("transaction_id", asked_for(request, "transaction_id"))
        return JSONResponse(self._known(found[0]["id"] if found else ""))

    async def search(self, request: Request) -> Response:
        """`GET /v1/checkout/sessions/search?client_reference=`; an empty result is no error."""
        authenticate(request)
        found = self.sessions.find("client_reference", asked_for(request, "client_reference"))
        return JSONResponse({"result": [self._known(session["id"]) for session in found]})

    async def expire(self, request: Request) -> Response:
        """`POST /v1/checkout/sessions/:id/expire`: 200 and no body; 409 once it is over (code: a guess)."""
        authenticate(request)
        session = self._known(request.path_params["id"])
        if session["checkout_status"] != "open":
            raise refused(409, "checkout-session-not-open", "This session is already complete or expired.")
        self._expired(session, self.world.clock.now())
        return Response()

    async def refund(self, request: Request) -> Response:
        """`POST /v1/checkout/sessions/:id/refund`: the whole sum, once however often; 200 and no body."""
        authenticate(request)
        session = self._known(request.path_params["id"])
        if session["payment_status"] != "succeeded":
            raise refused(400, "checkout-refund-failed", "Only a paid session can be refunded.")
        with self.world.state.transaction():
            if not self.world.ledger.has(NAME, Book.REFUNDS, session["id"]):
                self.world.ledger.post(NAME, Book.REFUNDS, self._movement(session))
                self.wallet.move(-int(session["amount"]))
        return Response()

    def view(self, provider_ref: str) -> CheckoutView | None:
        """The payer's page of this session."""
        session = self._session(provider_ref)
        return None if session is None else _view(session)

    async def pay(self, provider_ref: str) -> CheckoutView:
        """Completes an open session: `checkout.session.completed`."""
        session = self._known(provider_ref)
        if session["checkout_status"] != "open":
            return _view(session)
        session |= {
            "checkout_status": "complete",
            "payment_status": "succeeded",
            "transaction_id": "T" + random_id(10).upper(),
            "when_completed": iso_seconds(self.world.clock.now()),
            "last_payment_error": None,
        }
        with self.world.state.transaction():
            self.sessions.put(provider_ref, session)
            self.world.ledger.post(NAME, Book.CHARGES, self._movement(session))
            self.wallet.move(int(session["amount"]))
            numbers = self._tell("checkout.session.completed", session)
        await self.world.callbacks.send(numbers)
        return _view(session)

    async def fail(self, provider_ref: str) -> CheckoutView:
        """An attempt that fails leaves the session open: `checkout.session.payment_failed`."""
        session = self._known(provider_ref)
        if session["checkout_status"] != "open":
            return _view(session)
        session["last_payment_error"] = dict(_FAILURE)
        with self.world.state.transaction():
            self.sessions.put(provider_ref, session)
            numbers = self._tell("checkout.session.payment_failed", session)
        await self.world.callbacks.send(numbers)
        return _view(session)

    def _tell(self, type_: str, session: Json) -> list[int]:
        event_id = "EV_" + random_id(12)
        payload = {"id": event_id, "type": type_, "data": session}
        return self.world.callbacks.record(Event(provider=NAME, id=event_id, type=type_, payload=payload))

    def _movement(self, session: Json) -> Movement:
        amount, phone = int(session["amount"]), session.get("restrict_payer_mobile")
        now = self.world.clock.now()
        return Movement(ref=session["id"], amount=amount, status="succeeded", at=now, phone=phone)

    def _known(self, id_: str) -> Json:
        session = self._session(id_)
        if session is None:
            raise refused(404, "checkout-session-not-found", "The checkout session was not found.")
        return session

    def _session(self, id_: str) -> Json | None:
        """The session as it is at the service's present time: nobody has to look for it to expire."""
        session = self.sessions.get(id_)
        if session is not None and session["checkout_status"] == "open":
            expires = parse(session["when_expires"])
            if self.world.clock.now() >= expires:
                self._expired(session, expires)
        return session

    def _expired(self, session: Json, at: datetime) -> None:
        over = {"checkout_status": "expired", "payment_status": "cancelled"}
        session |= over | {"when_completed": iso_seconds(at)}
        self.sessions.put(session["id"], session)


def wave(world: World) -> Provider:
    """Wave as far as this service uses it, or might: Checkout and single payouts; the rest of its API is absent."""
    wallet = WaveWallet(Shelf(world.state, NAME, "wallet"))
    keys = ("client_reference", "transaction_id")
    checkout = WaveCheckout(world, Shelf(world.state, NAME, "session", keys), wallet)
    payouts = WavePayouts(
        world,
        Shelf(world.state, NAME, "payout", ("client_reference",)),
        Shelf(world.state, NAME, "payout_key"),
        wallet,
    )
    secret = world.config.wave_webhook_secret

    def headers(body: bytes, at: datetime, forged: bool) -> Mapping[str, str]:
        key = secret + "?" if forged else secret
        return {"Content-Type": JSON_TYPE, "Wave-Signature": signature(key, body, int(at.timestamp()))}

    sessions, session = "/v1/checkout/sessions", "/v1/checkout/sessions/{id}"
    calls = (
        Call(method="POST", path=sessions, handler=checkout.create),
        Call(method="GET", path=sessions, handler=checkout.by_transaction),
        Call(method="GET", path=f"{sessions}/search", handler=checkout.search),
        Call(method="GET", path=session, handler=checkout.get),
        Call(method="POST", path=f"{session}/expire", handler=checkout.expire),
        Call(method="POST", path=f"{session}/refund", handler=checkout.refund),
        *payouts.calls(),
    )
    return Provider(
        name=NAME,
        base="/wave",
        calls=calls,
        breakdown=breakdown,
        fault_kinds=frozenset(FaultKind),
        secrets={"webhook_secret": secret},
        checkout=checkout,
        callbacks=Manner(path=WEBHOOK_PATH, headers=headers, wrong_amount=_one_franc_more),
    )


def _one_franc_more(payload: Json) -> Json:
    data = payload["data"]
    return payload | {"data": data | {"amount": str(int(data["amount"]) + 1)}}


def _view(session: Json) -> CheckoutView:
    failure = session["last_payment_error"]
    status = {"open": "open", "complete": "paid", "expired": "expired"}[session["checkout_status"]]
    shown = ("checkout_status", "payment_status", "transaction_id", "when_completed", "when_expires")
    return CheckoutView(
        provider=NAME,
        provider_ref=session["id"],
        business_name=session["business_name"],
        amount=int(session["amount"]),
        currency=session["currency"],
        status=status,
        reference=session["client_reference"],
        last_failure=failure and failure["code"],
        expires_at=parse(session["when_expires"]),
        success_url=session["success_url"],
        error_url=session["error_url"],
        raw={key: session[key] for key in shown},
    )
