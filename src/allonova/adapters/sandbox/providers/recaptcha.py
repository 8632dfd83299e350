"""reCAPTCHA v3: what a site's server asks about a token (developers.google.com/recaptcha/docs/verify)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.responses import JSONResponse

from allonova.adapters.sandbox.answers import FORM_TYPE, media_type, read_body
from allonova.adapters.sandbox.faults import CALL_KINDS
from allonova.adapters.sandbox.times import iso_seconds
from allonova.adapters.sandbox.world import Call, Provider
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "recaptcha"
ACTION: Final = "formulaire"  # what the pages of the service ask their tokens for
# Google gives a token to a browser, for one use within two minutes; these stand for two such browsers, for ever.
SCORES: Final = {"ok": 0.9, "bot": 0.1}


@wired
class RecaptchaCalls:
    """The one call."""

    world: World

    async def verify(self, request: Request) -> Response:
        """`POST /siteverify` → always 200: what is wrong stands in `error-codes`."""
        if media_type(request) != FORM_TYPE:
            return _refused("bad-request")
        fields = parse_qs((await read_body(request)).decode(errors="replace"))
        key, token = fields.get("secret", [""])[0], fields.get("response", [""])[0]
        codes = [code for is_wrong, code in _faults(key, token) if is_wrong]
        if codes:
            return _refused(*codes)
        return JSONResponse(
            {
                "success": True,
                "challenge_ts": iso_seconds(self.world.clock.now()),
                "hostname": self.world.config.form_hostname,
                "score": SCORES[token],
                "action": ACTION,
            }
        )


def recaptcha(world: World) -> Provider:
    """reCAPTCHA as far as this service uses it."""
    calls = (Call(method="POST", path="/siteverify", handler=RecaptchaCalls(world).verify),)
    return Provider(name=NAME, base="/recaptcha", calls=calls, breakdown=_breakdown, fault_kinds=CALL_KINDS)


def _faults(key: str, token: str) -> tuple[tuple[bool, str], ...]:
    return (
        (not key, "missing-input-secret"),
        (key == "bad", "invalid-input-secret"),
        (not token, "missing-input-response"),
        (bool(token) and token not in SCORES, "invalid-input-response"),
    )


def _refused(*codes: str) -> Response:
    return JSONResponse({"success": False, "error-codes": list(codes)})


def _breakdown(_status: int) -> Json:
    return {"error": "backendError"}
