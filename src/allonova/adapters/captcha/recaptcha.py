"""reCAPTCHA v3 (developers.google.com/recaptcha/docs/v3 and /verify; providers.md 1.8)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Final

import httpx

from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.dispatch.captcha import Captcha
from allonova.domain.kernel.errors import CaptchaFailed, ProviderUnavailable

log = logging.getLogger(__name__)

NAME: Final = "recaptcha"
PATH: Final = "/siteverify"
PASSING_SCORE: Final = 0.5  # nova.md, Endpoints
MAX_TOKEN: Final = 8192
MAX_CODE: Final = 100
# What the caller sent was wrong; any other code is about our secret or our request.
ABOUT_THE_TOKEN: Final = frozenset({"missing-input-response", "invalid-input-response", "timeout-or-duplicate"})


class Recaptcha:
    """Asks Google about each token. `hostnames` are the sites whose forms are ours."""

    provider: Final = NAME

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        site_key: str,
        secret: str,
        hostnames: Collection[str],
        breaker: Breaker | None = None,
    ) -> None:
        self._google = VendorHttp(vendor=NAME, http=http, base_url=base_url, headers={}, breaker=breaker or Breaker())
        self._secret = secret
        self._hostnames = tuple(name.lower() for name in hostnames)
        self.site_key: Final = site_key

    async def require(self, token: str | None, *, action: str, address: str) -> None:
        """See Captcha."""
        if not token or len(token) > MAX_TOKEN:
            raise CaptchaFailed
        form = {"secret": self._secret, "response": token, "remoteip": address}
        reply = await self._google.call("POST", PATH, form=form)
        if not reply.is_success or not isinstance(reply.body, dict):
            log.error("recaptcha cannot be asked", extra={"status": reply.status})
            raise ProviderUnavailable(NAME)
        if reply.body.get("success") is not True:
            raise _failure(reply.body)
        self._require_ours(reply.body, action)

    def _require_ours(self, found: Mapping[str, Json], action: str) -> None:
        """A good token of another site or another form is none here. A key of another version gives no score."""
        score, hostname = found.get("score"), found.get("hostname")
        if isinstance(score, bool) or not isinstance(score, int | float):
            log.error("recaptcha gave no score: the keys are not those of version 3")
            raise ProviderUnavailable(NAME)
        if hostname not in self._hostnames or found.get("action") != action:
            told = {"hostname": plain(hostname, MAX_CODE), "action": plain(found.get("action"), MAX_CODE)}
            log.warning("captcha of another form", extra=told)
            raise CaptchaFailed
        if score < PASSING_SCORE:
            raise CaptchaFailed


def _failure(body: Mapping[str, Json]) -> CaptchaFailed | ProviderUnavailable:
    """By the error codes: the caller's, or ours, which an alert rule must hear of and no caller can mend."""
    codes = body.get("error-codes")
    found = {plain(code, MAX_CODE) for code in codes} if isinstance(codes, list) else set()
    if found and found <= ABOUT_THE_TOKEN:
        return CaptchaFailed()
    log.error("recaptcha refused our request", extra={"codes": ",".join(sorted(found))})
    return ProviderUnavailable(NAME)


def _conforms(captcha: Recaptcha) -> Captcha:
    return captcha
