"""Stripe's calls: payment intents, refunds, disputes and charges (docs.stripe.com/api)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response

from allonova.adapters.sandbox.providers.stripe_books import StripeBooks, public
from allonova.adapters.sandbox.providers.stripe_objects import API_VERSION
from allonova.adapters.sandbox.providers.stripe_wire import (
    PUBLISHABLE,
    Body,
    CancelBody,
    CaptureBody,
    ConfirmBody,
    Form,
    IntentBody,
    RefundBody,
    authenticate,
    checked,
    missing,
    nested,
    random_id,
    read_form,
    refused,
)
from allonova.adapters.sandbox.shelf import Shelf
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

KEY_LIFE_S: Final = 86_400
MOST: Final = 100
_SEARCHED: Final = re.compile(r"""metadata\[["']([^"'\]]{1,40})["']\]:["']([^"']{1,500})["']""")

type Act = Callable[[dict[str, Form], list[int]], tuple[int, Json]]


@wired
class StripeCalls:
    """The merchant's calls, and those of a browser with the publishable key."""

    world: World
    books: StripeBooks
    keys: Shelf

    async def create(self, request: Request) -> Response:
        """`POST /v1/payment_intents`, confirmed at once if wanted."""

        def act(form: dict[str, Form], told: list[int]) -> tuple[int, Json]:
            body = checked(IntentBody, form)
            intent = self.books.create(body)
            if body.confirm == "true":
                return self._confirmed(intent, body, told)
            return 200, self._expanded(intent, body.expand)

        return await self._post(request, act)

    async def confirm(self, request: Request) -> Response:
        """`POST /v1/payment_intents/{id}/confirm`: 402 when the card's bank says no."""
        key, id_ = authenticate(request), request.path_params["id"]

        def act(form: dict[str, Form], told: list[int]) -> tuple[int, Json]:
            body, intent = checked(ConfirmBody, form), self.books.intent(id_, told)
            if key.startswith(PUBLISHABLE) or body.client_secret:
                _require_secret(intent, body.client_secret)
            return self._confirmed(intent, body, told)

        return await self._post(request, act, is_public=True)

    async def capture(self, request: Request) -> Response:
        """`POST /v1/payment_intents/{id}/capture`."""

        def act(form: dict[str, Form], told: list[int]) -> tuple[int, Json]:
            body, intent = checked(CaptureBody, form), self.books.intent(request.path_params["id"], told)
            self.books.capture(intent, body.amount_to_capture, told)
            return 200, self._expanded(intent, body.expand)

        return await self._post(request, act)

    async def cancel(self, request: Request) -> Response:
        """`POST /v1/payment_intents/{id}/cancel`."""

        def act(form: dict[str, Form], told: list[int]) -> tuple[int, Json]:
            body, intent = checked(CancelBody, form), self.books.intent(request.path_params["id"], told)
            self.books.cancel(intent, body.cancellation_reason, told)
            return 200, self._expanded(intent, body.expand)

        return await self._post(request, act)

    async def refund(self, request: Request) -> Response:
        """`POST /v1/refunds`."""

        def act(form: dict[str, Form], told: list[int]) -> tuple[int, Json]:
            body = checked(RefundBody, form)
            return 200, self._expanded(self.books.refund(body, told), body.expand)

        return await self._post(request, act)

    async def get_intent(self, request: Request) -> Response:
        """`GET /v1/payment_intents/{id}`; a browser shows the client secret."""
        key, id_ = authenticate(request), request.path_params["id"]

        def read(query: dict[str, Form], told: list[int]) -> Json:
            intent = self.books.intent(id_, told)
            if key.startswith(PUBLISHABLE):
                _require_secret(intent, query.get("client_secret"))
            return self._expanded(intent, checked(Body, query).expand)

        return await self._get(request, read, is_public=True)

    async def search(self, request: Request) -> Response:
        """`GET /v1/payment_intents/search?query=metadata["name"]:"value"`; no other query is played."""

        def read(query: dict[str, Form], _: list[int]) -> Json:
            match = _SEARCHED.fullmatch(str(query.get("query", "")))
            if match is None:
                raise refused(400, "We were unable to parse your search query.", param="query")
            found = self.books.by_metadata(match[1], match[2])
            return {"object": "search_result", "url": "/v1/payment_intents/search", **self._page(found)}

        return await self._get(request, read)

    async def get_refund(self, request: Request) -> Response:
        """`GET /v1/refunds/{id}`."""
        id_ = request.path_params["id"]
        return await self._get(
            request,
            lambda query, told: self._expanded(self.books.refund_of(id_, told), checked(Body, query).expand),
        )

    async def refunds(self, request: Request) -> Response:
        """`GET /v1/refunds?payment_intent=` or `?charge=`, newest first."""

        def read(query: dict[str, Form], told: list[int]) -> Json:
            name, value = _asked(query)
            return {"object": "list", "url": "/v1/refunds", **self._page(self.books.refunds_of(name, value, told))}

        return await self._get(request, read)

    async def disputes(self, request: Request) -> Response:
        """`GET /v1/disputes?payment_intent=` or `?charge=`, newest first."""

        def read(query: dict[str, Form], _: list[int]) -> Json:
            found = self.books.disputes.find(*_asked(query))
            return {"object": "list", "url": "/v1/disputes", **self._page(found[::-1])}

        return await self._get(request, read)

    async def get_charge(self, request: Request) -> Response:
        """`GET /v1/charges/{id}`."""
        id_ = request.path_params["id"]

        def read(query: dict[str, Form], _: list[int]) -> Json:
            return self._expanded(self.books.charge_of(id_), checked(Body, query).expand)

        return await self._get(request, read)

    def _confirmed(self, intent: Json, body: ConfirmBody, told: list[int]) -> tuple[int, Json]:
        method = body.method or intent["payment_method"]
        if method is None:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise refused(400, message, code="payment_intent_unexpected_state")
        decline = self.books.confirm(intent, method, told)
        if decline is not None:
            return 402, {"error": intent["last_payment_error"] | {"payment_intent": public(intent)}}
        return 200, self._expanded(intent, body.expand)

    async def _post(self, request: Request, act: Act, *, is_public: bool = False) -> Response:
        """A deed and its callbacks in one transaction; the same key answers the same, or refuses another body."""
        _authorize(request, is_public=is_public)
        form, key, told = await read_form(request), request.headers.get("Idempotency-Key"), list[int]()
        if key is not None and not 1 <= len(key) <= 255:
            raise refused(400, "Idempotency keys are 1 to 255 characters.")
        wanted = hashlib.sha256(json.dumps([request.url.path, form], sort_keys=True).encode()).hexdigest()
        with self.world.state.transaction():
            kept, headers = self._kept(key, wanted), {"Request-Id": random_id("req_", 14)}
            if kept is None:
                status, body = act(form, told)
                kept = {
                    "status": status,
                    "body": body,
                    "wanted": wanted,
                    "at": self._now(),
                    "first": headers["Request-Id"],
                }
                if key is not None:
                    self.keys.put(key, kept)
            else:
                headers |= {"Idempotent-Replayed": "true", "Original-Request": kept["first"]}
        await self.world.callbacks.send(told)
        if key is not None:
            headers["Idempotency-Key"] = key
        return JSONResponse(kept["body"], kept["status"], headers | {"Stripe-Version": API_VERSION})

    def _kept(self, key: str | None, wanted: str) -> Json | None:
        kept = self.keys.get(key) if key is not None else None
        if kept is None or kept["at"] + KEY_LIFE_S <= self._now():
            return None
        if kept["wanted"] != wanted:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            )
            raise refused(400, message, type="idempotency_error")
        return kept

    async def _get(
        self, request: Request, read: Callable[[dict[str, Form], list[int]], Json], *, is_public: bool = False
    ) -> Response:
        _authorize(request, is_public=is_public)
        told = list[int]()
        with self.world.state.transaction():
            found = read(nested(request.query_params.multi_items()), told)
        await self.world.callbacks.send(told)
        return JSONResponse(found, headers={"Request-Id": random_id("req_", 14), "Stripe-Version": API_VERSION})

    def _page(self, found: list[Json]) -> Json:
        return {"data": [public(each) for each in found[:MOST]], "has_more": len(found) > MOST}

    def _expanded(self, found: Json, paths: list[str]) -> Json:
        for path in paths:
            found = self._grown(found, path.split("."))
        return public(found)

    def _grown(self, found: Json, parts: list[str]) -> Json:
        """An object with what it names by an id put in the id's place."""
        if not parts:
            return found
        shelves = {
            "latest_charge": self.books.charges,
            "charge": self.books.charges,
            "balance_transaction": self.books.transactions,
            "payment_intent": self.books.intents,
        }
        name = parts[0]
        if name not in shelves or name not in found:
            raise refused(400, f"This property cannot be expanded ({name}).", param="expand")
        value = found[name]
        value = shelves[name].get(value) if isinstance(value, str) else value
        return found | {name: value and public(self._grown(value, parts[1:]))}

    def _now(self) -> float:
        return self.world.clock.now().timestamp()


def _authorize(request: Request, *, is_public: bool) -> None:
    if authenticate(request).startswith(PUBLISHABLE) and not is_public:
        raise refused(403, "This API call cannot be made with a publishable API key.", code="secret_key_required")


def _require_secret(intent: Json, given: Form | None) -> None:
    """Whoever does not know it does not know of the intent."""
    if not isinstance(given, str) or not secrets.compare_digest(given.encode(), intent["client_secret"].encode()):
        raise missing("payment_intent", intent["id"])


def _asked(query: dict[str, Form]) -> tuple[str, str]:
    for name in ("payment_intent", "charge"):
        if isinstance(value := query.get(name), str):
            return name, value
    raise refused(400, "Name a payment_intent or a charge.", code="parameter_missing", param="payment_intent")
