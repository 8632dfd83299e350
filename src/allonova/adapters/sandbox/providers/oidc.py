"""Google's and Apple's sign-in: their keys, and tokens such as they would hand to an app after a login.

developers.google.com/identity/openid-connect/openid-connect, "An ID token's payload";
developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jws
from jose.constants import ALGORITHMS
from jose.utils import long_to_base64
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from allonova.adapters.sandbox.answers import answer, read_json
from allonova.adapters.sandbox.faults import CALL_KINDS
from allonova.adapters.sandbox.shelf import Shelf
from allonova.adapters.sandbox.times import iso, parse
from allonova.adapters.sandbox.world import Call, Provider
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

ISSUERS: Final = {"google": "https://accounts.google.com", "apple": "https://appleid.apple.com"}
CLIENT: Final = "sandbox"
KEYS_LAST: Final = timedelta(days=1)
LISTED: Final = 2  # the one that signs, and the one before: its tokens are still about
CACHED: Final = "public, max-age=19800, must-revalidate, no-transform"  # as Google sends it
YEAR_S: Final = 366 * 86_400
BITS: Final = 2048

type Text = Annotated[str, Field(max_length=1000)]
type Seconds = Annotated[int, Field(ge=-YEAR_S, le=YEAR_S)]


class TokenBody(BaseModel):
    """Whom the provider vouches for, and whatever should be odd about the token."""

    model_config = ConfigDict(strict=True, extra="forbid")

    sub: Text | None = None
    email: Text | None = None
    email_verified: bool | Text = True
    is_private_email: bool = False
    given_name: Text | None = None
    family_name: Text | None = None
    nonce: Text | None = None
    aud: Text | list[Text] = CLIENT
    iss: Text | None = None
    exp_s: Seconds = 3600
    iat_s: Seconds = 0


@wired
class OidcCalls:
    """One provider's calls; its keys change every day, or when somebody asks for it."""

    world: World
    name: str
    ring: Shelf

    async def discovery(self, _request: Request) -> Response:
        """`GET /.well-known/openid-configuration`."""
        base = f"{self.world.config.public_url.rstrip('/')}/sandbox/oidc/{self.name}"
        return JSONResponse(
            {
                "issuer": ISSUERS[self.name],
                "jwks_uri": f"{base}/jwks",
                "token_endpoint": f"{base}/token",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["public" if self.name == "google" else "pairwise"],
                "id_token_signing_alg_values_supported": [ALGORITHMS.RS256],
            }
        )

    async def jwks(self, _request: Request) -> Response:
        """`GET /jwks`: the public keys."""
        keys = [key["public"] for key in await self._keys()]
        return JSONResponse({"keys": keys}, headers={"Cache-Control": CACHED})

    async def token(self, request: Request) -> Response:
        """`POST /token`: what the app gets after somebody's login."""
        body = await read_json(request, TokenBody)
        [key, *_] = await self._keys()
        now = int(self.world.clock.now().timestamp())
        claims = self._claims(body) | {"iat": now + body.iat_s, "exp": now + body.exp_s}
        told = {name: value for name, value in claims.items() if value is not None}
        signed = jws.sign(told, key["private"], headers={"kid": key["public"]["kid"]}, algorithm=ALGORITHMS.RS256)
        return answer(request, {"id_token": signed})

    async def rotate(self, request: Request) -> Response:
        """`POST /rotate`: another key signs from now on."""
        keys = await self._renewed(is_forced=True)
        return answer(request, {"kid": keys[0]["public"]["kid"]})

    def _claims(self, body: TokenBody) -> Json:
        """Google's `email_verified` is true, Apple's often the word."""
        is_apple, verified = self.name == "apple", body.email_verified
        if is_apple and isinstance(verified, bool):
            verified = str(verified).lower()
        shared = {"iss": body.iss or ISSUERS[self.name], "aud": body.aud, "sub": body.sub, "nonce": body.nonce}
        mail = {} if body.email is None else {"email": body.email, "email_verified": verified}
        if is_apple:
            relayed = {"is_private_email": "true"} if body.is_private_email else {}
            return shared | mail | relayed | {"nonce_supported": True}
        names = {"given_name": body.given_name, "family_name": body.family_name}
        return shared | mail | names | {"azp": body.aud if isinstance(body.aud, str) else CLIENT}

    async def _keys(self) -> list[Json]:
        keys = self._standing()
        return keys if keys and not self._is_old(keys[0]) else await self._renewed()

    async def _renewed(self, *, is_forced: bool = False) -> list[Json]:
        fresh = await asyncio.to_thread(_new_key, iso(self.world.clock.now()))
        with self.world.state.transaction():
            keys = self._standing()
            if is_forced or not keys or self._is_old(keys[0]):
                keys = [fresh, *keys][:LISTED]
                self.ring.put(self.name, {"keys": keys})
        return keys

    def _standing(self) -> list[Json]:
        return list((self.ring.get(self.name) or {"keys": []})["keys"])

    def _is_old(self, key: Json) -> bool:
        return self.world.clock.now() >= parse(key["made_at"]) + KEYS_LAST


def google(world: World) -> Provider:
    """Google's sign-in."""
    return _provider(world, "google")


def apple(world: World) -> Provider:
    """Apple's."""
    return _provider(world, "apple")


def _provider(world: World, name: str) -> Provider:
    """Faults strike the keys alone: the other calls are the test's own."""
    calls = OidcCalls(world, name, Shelf(world.state, name, "keys"))
    return Provider(
        name=name,
        base=f"/oidc/{name}",
        calls=(
            Call(method="GET", path="/.well-known/openid-configuration", handler=calls.discovery, is_spared=True),
            Call(method="GET", path="/jwks", handler=calls.jwks),
            Call(method="POST", path="/token", handler=calls.token, is_spared=True),
            Call(method="POST", path="/rotate", handler=calls.rotate, is_spared=True),
        ),
        breakdown=_breakdown,
        fault_kinds=CALL_KINDS,
    )


def _new_key(made_at: str) -> Json:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    numbers = key.public_key().public_numbers()
    public = {
        "kty": "RSA",
        "use": "sig",
        "alg": ALGORITHMS.RS256,
        "kid": secrets.token_hex(20),
        "n": long_to_base64(numbers.n).decode(),
        "e": long_to_base64(numbers.e).decode(),
    }
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"public": public, "private": private, "made_at": made_at}


def _breakdown(_status: int) -> Json:
    return {"error": "server_error"}
