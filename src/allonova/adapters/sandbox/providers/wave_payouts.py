"""Wave: payouts, the balance they are paid from, and what Wave knows of a recipient (docs.wave.com: /payout,
/balance-api).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response

from allonova.adapters.sandbox.ledger import Book, Movement
from allonova.adapters.sandbox.providers.wave_wire import (
    PayoutBody,
    RecipientBody,
    asked_for,
    authenticate,
    idempotency_key,
    random_id,
    read_json,
    refused,
)
from allonova.adapters.sandbox.times import iso_seconds, parse
from allonova.adapters.sandbox.world import Call
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.shelf import Shelf
    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "wave"
COUNTRY: Final = "+225"
CURRENCY: Final = "XOF"
FLOAT: Final = 1_000_000_000
"""What we have at Wave before anybody has paid."""
SLOW: Final = timedelta(minutes=10)
REVERSIBLE: Final = timedelta(days=3)

REFUSING: Final = {
    "+2250700009901": ("recipient-account-blocked", "The recipient's account is blocked."),
    "+2250700009902": ("recipient-account-inactive", "The recipient's account is inactive."),
    "+2250700009903": ("recipient-limit-exceeded", "The recipient has reached their monthly limit."),
    "+2250700009904": ("recipient-minor", "The recipient is a minor."),
}
"""Recipients to whom nothing can be paid out."""
SLOW_SUCCESS: Final = "+2250700009905"
SLOW_FAILURE: Final = "+2250700009906"
"""A payout to these is `processing` for ten minutes of the service's clock."""
UNREVERSIBLE: Final = {
    "+2250700009907": ("insufficient-funds", "The recipient's wallet does not hold enough."),
    "+2250700009908": ("payout-reversal-account-terminated", "The recipient's account is closed."),
}
"""Recipients from whom nothing can be taken back."""
STRANGER: Final = "Inconnu"
_LATE_FAILURE: Final = {
    "error_code": "recipient-limit-exceeded",
    "error_message": "The recipient has reached their monthly limit.",
}


@dataclass(frozen=True, slots=True)
class WaveWallet:
    """Our own account at Wave."""

    shelf: Shelf

    @property
    def balance(self) -> int:
        """In francs."""
        wallet = self.shelf.get("ours")
        return FLOAT if wallet is None else int(wallet["amount"])

    def move(self, amount: int) -> None:
        """Francs come, or go."""
        self.shelf.put("ours", {"amount": str(self.balance + amount)})


@wired
class WavePayouts:
    """The merchant's calls. `keys` are the idempotency keys that made a payout; a refusal leaves no trace."""

    world: World
    payouts: Shelf
    keys: Shelf
    wallet: WaveWallet

    def calls(self) -> tuple[Call, ...]:
        """All of them."""
        return (
            Call(method="POST", path="/v1/payout", handler=self.create),
            Call(method="GET", path="/v1/payout/{id}", handler=self.get),
            Call(method="POST", path="/v1/payout/{id}/reverse", handler=self.reverse),
            Call(method="GET", path="/v1/payouts/search", handler=self.search),
            Call(method="GET", path="/v1/balance", handler=self.balance),
            Call(method="POST", path="/v1/verify_recipient/", handler=self.verify),
        )

    async def create(self, request: Request) -> Response:
        """`POST /v1/payout`: the same key and body again is the same payout, another body 409."""
        authenticate(request)
        key, body = idempotency_key(request), await read_json(request, PayoutBody)
        sent = body.model_dump(exclude_none=True)
        known = self.keys.get(key)
        if known is None:
            self._require_possible(body)
            return JSONResponse(self._made(key, sent))
        if known["sent"] != sent:
            raise refused(409, "idempotency-mismatch", "This idempotency key was used with another request.")
        return JSONResponse(self._known(known["payout"]))

    async def get(self, request: Request) -> Response:
        """`GET /v1/payout/:id`."""
        authenticate(request)
        return JSONResponse(self._known(request.path_params["id"]))

    async def search(self, request: Request) -> Response:
        """`GET /v1/payouts/search?client_reference=`; an empty result is no error."""
        authenticate(request)
        found = self.payouts.find("client_reference", asked_for(request, "client_reference"))
        return JSONResponse({"result": [self._known(payout["id"]) for payout in found]})

    async def reverse(self, request: Request) -> Response:
        """`POST /v1/payout/:id/reverse`: with the fee, once however often; 200 and no body."""
        authenticate(request)
        payout = self._known(request.path_params["id"])
        if payout["status"] == "reversed":
            return Response()
        if payout["status"] != "succeeded":
            raise refused(409, "request-validation-error", "Only a payout that succeeded can be reversed.")
        if self.world.clock.now() - parse(payout["timestamp"]) > REVERSIBLE:
            raise refused(422, "payout-reversal-time-limit-exceeded", "The time for reversing has passed.")
        if payout["mobile"] in UNREVERSIBLE:
            raise refused(422, *UNREVERSIBLE[payout["mobile"]])
        with self.world.state.transaction():
            self.wallet.move(_cost(payout))
            self._keep(payout | {"status": "reversed"})
        return Response()

    async def balance(self, request: Request) -> Response:
        """`GET /v1/balance`."""
        authenticate(request)
        return JSONResponse({"amount": str(self.wallet.balance), "currency": CURRENCY})

    async def verify(self, request: Request) -> Response:
        """`POST /v1/verify_recipient/`; nobody is called `Inconnu`. Its limit of 30 a number is not played."""
        authenticate(request)
        body = await read_json(request, RecipientBody)
        name, id_ = "NAME_NOT_KNOWN", None
        if body.name is not None:
            name = "NO_MATCH" if body.name.startswith(STRANGER) else "MATCH"
        if body.national_id is not None:
            id_ = "ID_NOT_KNOWN"
        within = body.mobile not in REFUSING
        return JSONResponse({"within_limits": within, "name_match": name, "national_id_match": id_})

    def _require_possible(self, body: PayoutBody) -> None:
        if body.currency != CURRENCY:
            raise refused(400, "currency-mismatch", "The currency is not that of your wallet.")
        if not body.mobile.startswith(COUNTRY):
            raise refused(400, "country-mismatch", "The recipient must be in your country.")
        if body.mobile in REFUSING:
            raise refused(422, *REFUSING[body.mobile])
        if _fee(int(body.receive_amount)) + int(body.receive_amount) > self.wallet.balance:
            raise refused(422, "insufficient-funds", "Insufficient funds in wallet.")

    def _made(self, key: str, sent: Json) -> Json:
        id_ = "pt-" + random_id(13)
        payout = sent | {
            "id": id_,
            "fee": str(_fee(int(sent["receive_amount"]))),
            "status": "processing" if sent["mobile"] in (SLOW_SUCCESS, SLOW_FAILURE) else "succeeded",
            "timestamp": iso_seconds(self.world.clock.now()),
        }
        with self.world.state.transaction():
            self.wallet.move(-_cost(payout))
            self.keys.put(key, {"sent": sent, "payout": id_})
            self._keep(payout)
        return payout

    def _known(self, id_: str) -> Json:
        """The payout as it is at the service's present time: nobody has to look for a slow one to get done."""
        payout = self.payouts.get(id_)
        if payout is None:
            raise refused(404, "not-found", "The payout was not found.")
        if payout["status"] == "processing" and self.world.clock.now() >= parse(payout["timestamp"]) + SLOW:
            with self.world.state.transaction():
                if payout["mobile"] == SLOW_FAILURE:
                    self.wallet.move(_cost(payout))
                    payout |= {"status": "failed", "payout_error": dict(_LATE_FAILURE)}
                else:
                    payout["status"] = "succeeded"
                self._keep(payout)
        return payout

    def _keep(self, payout: Json) -> None:
        """Also in the books, under our name for it; a second payout of one name under its own, so that it is seen."""
        self.payouts.put(payout["id"], payout)
        name = payout.get("client_reference")
        first = None if name is None else self.payouts.find("client_reference", name)[0]["id"]
        self.world.ledger.post(
            NAME,
            Book.PAYOUTS,
            Movement(
                ref=name if name is not None and first == payout["id"] else payout["id"],
                amount=int(payout["receive_amount"]),
                status=payout["status"],
                at=self.world.clock.now(),
                phone=payout["mobile"],
            ),
        )


def _fee(amount: int) -> int:
    """One in a hundred, as in Wave's examples."""
    return -(-amount // 100)


def _cost(payout: Json) -> int:
    return int(payout["receive_amount"]) + int(payout["fee"])
