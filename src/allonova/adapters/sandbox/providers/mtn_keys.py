"""MTN's API users, their keys, and the access tokens for a product (momodeveloper.mtn.com, "API user and API key")."""

from __future__ import annotations

import secrets
from base64 import b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError
from starlette.responses import JSONResponse, Response

from allonova.adapters.sandbox.answers import read_body
from allonova.adapters.sandbox.providers.mtn_wire import (
    CAMEL,
    CURRENCIES,
    SANDBOX,
    already_there,
    bad_request,
    denied,
    not_found,
    reference_of,
    refused,
)
from allonova.adapters.sandbox.times import iso, parse
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request

    from allonova.adapters.sandbox.shelf import Shelf
    from allonova.adapters.sandbox.world import World

PRODUCTS: Final = frozenset({"collection", "disbursement"})
LIFE_S: Final = 3600
BAD: Final = "bad"


class UserBody(BaseModel):
    """Which host callbacks may go to."""

    model_config = CAMEL

    provider_callback_host: Annotated[str, Field(min_length=1, max_length=255)]


@wired
class MtnKeys:
    """Who calls. Any user and any key will do but `bad`; a user that was made here needs his own."""

    world: World
    users: Shelf
    tokens: Shelf

    async def create_user(self, request: Request) -> Response:
        """`POST /v1_0/apiuser`: 201, empty."""
        _require_subscription(request)
        reference = reference_of(request)
        try:
            body = UserBody.model_validate_json(await read_body(request))
        except ValidationError as error:
            raise bad_request("Name the providerCallbackHost.") from error
        with self.world.state.transaction():
            if self.users.get(reference) is not None:
                raise already_there()
            self.users.put(reference, {"host": body.provider_callback_host, "key": None})
        return Response(status_code=201)

    async def show_user(self, request: Request) -> Response:
        """`GET /v1_0/apiuser/{id}`."""
        _require_subscription(request)
        user = self.users.get(request.path_params["id"])
        if user is None:
            raise not_found()
        return JSONResponse({"providerCallbackHost": user["host"], "targetEnvironment": SANDBOX})

    async def create_key(self, request: Request) -> Response:
        """`POST /v1_0/apiuser/{id}/apikey`: another one each time, and the last one counts."""
        _require_subscription(request)
        id_ = request.path_params["id"]
        user = self.users.get(id_)
        if user is None:
            raise not_found()
        key = secrets.token_hex(16)
        self.users.put(id_, user | {"key": key})
        return JSONResponse({"apiKey": key}, 201)

    async def token(self, request: Request) -> Response:
        """`POST /{product}/token/`. The old platform does without `X-Target-Environment`."""
        product = _require_product(request.path_params["product"])
        _require_subscription(request)
        _environment(request, "X-Target-Environment" in request.headers)
        user, _, key = _basic(request).partition(":")
        known = self.users.get(user)
        if not user or not key or key == BAD or (known is not None and known["key"] != key):
            raise denied("Authentication failed. Credentials invalid.")
        token = secrets.token_urlsafe(64)
        expires_at = self.world.clock.now() + timedelta(seconds=LIFE_S)
        self.tokens.put(token, {"product": product, "user": user, "expires_at": iso(expires_at)})
        return JSONResponse({"access_token": token, "token_type": "access_token", "expires_in": LIFE_S})

    def admit(self, request: Request, product: str) -> str:
        """The target environment of a call that may be made: the key, the token and the host of the callback fit."""
        _require_product(product)
        _require_subscription(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token or token == BAD:
            raise denied("Unauthorized")
        known = self.tokens.get(token)
        if known is not None:
            if known["product"] != product or self.world.clock.now() >= parse(known["expires_at"]):
                raise denied("Unauthorized")
            self._require_host(request, known["user"])
        return _environment(request, True)

    def _require_host(self, request: Request, user: str) -> None:
        made, given = self.users.get(user), request.headers.get("X-Callback-Url")
        if made is not None and given is not None and urlsplit(given).hostname != made["host"]:
            raise refused(400, "INVALID_CALLBACK_URL_HOST", "Callback URL with different host name to configured.")


def _require_subscription(request: Request) -> None:
    key = request.headers.get("Ocp-Apim-Subscription-Key", "")
    if not key:
        raise denied(
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests"
            " to an API."
        )
    if key == BAD:
        raise denied(
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active"
            " subscription."
        )


def _require_product(named: str) -> str:
    if named not in PRODUCTS:
        raise not_found()
    return named


def _environment(request: Request, is_needed: bool) -> str:
    named = request.headers.get("X-Target-Environment", "")
    if is_needed and named not in CURRENCIES:
        raise refused(400, "NOT_ALLOWED_TARGET_ENVIRONMENT", "Access to target environment is forbidden.")
    return named


def _basic(request: Request) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        return b64decode(given, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return ""
