"""Push messages by Firebase Cloud Messaging (firebase.google.com/docs/reference/fcm/rest/v1; providers.md 1.5)."""

from __future__ import annotations

import json
import logging
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx

from allonova.adapters.notify.google_tokens import Account, GoogleTokens
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import Reply, VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.inside import require_outside_unit
from allonova.application.kernel.ports import Clock
from allonova.application.notifications.ports import DeadToken, PushSender, PushTarget, Undeliverable
from allonova.domain.kernel.errors import ProviderUnavailable

log = logging.getLogger(__name__)

NAME: Final = "fcm"
URL: Final = "https://fcm.googleapis.com"
TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
MAX_BYTES: Final = 4096  # of what is carried; whom it is for does not count
QUOTA_REST_S: Final = 60  # "Retry-After", where a 429 has none (firebase.google.com/docs/cloud-messaging/scale-fcm)
CHANNEL: Final = "nova"  # the app's Android channel
FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"
TARGETS: Final = frozenset({"message.token", "message.fid"})
UNAUTHORIZED: Final = 401
MAX_CODE: Final = 100
ELLIPSIS: Final = "…"


class FcmPush:
    """Sends once per call. A call that timed out may arrive twice; the second takes the first one's place.

    Args:
        account: the service account's key file; read at the first use.
        token_url: where Google gives out access tokens.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        project_id: str,
        account: Callable[[], Account],
        clock: Clock,
        base_url: str = URL,
        token_url: str = TOKEN_URL,
        breaker: Breaker | None = None,
    ) -> None:
        self._path = f"/v1/projects/{project_id}/messages:send"
        self._clock = clock
        self._tokens = GoogleTokens(account, VendorHttp(vendor=NAME, http=http, base_url=token_url, headers={}))
        self._fcm = VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers={}, breaker=breaker or Breaker(), rest_s=QUOTA_REST_S
        )

    async def send(
        self, *, to: PushTarget, title: str, body: str, data: Mapping[str, str], key: str, lasts: timedelta
    ) -> None:
        """See PushSender."""
        require_outside_unit(NAME)
        content = _fitting(title, body, {"data": {**data}, **self._delivery(key, lasts)})
        message: Json = {"message": {to.kind.value: to.token, **content}}
        token = await self._tokens.token()
        reply = await self._call(token, message)
        if reply.status == UNAUTHORIZED and not _code(reply):  # the token's life was cut short
            reply = await self._call(await self._tokens.token(refused=token), message)
        if not reply.is_success:
            raise _failure(reply)

    async def _call(self, token: str, message: Json) -> Reply:
        vendor = replace(self._fcm, headers={"Authorization": f"Bearer {token}"})
        return await vendor.call("POST", self._path, json=message)

    def _delivery(self, key: str, lasts: timedelta) -> dict[str, Json]:
        """How each system carries and shows it."""
        seconds = max(int(lasts.total_seconds()), 0)
        ends = int(self._clock.now().timestamp()) + seconds
        return {
            "android": {
                "priority": "high",
                "ttl": f"{seconds}s",
                "notification": {"channel_id": CHANNEL, "tag": key, "sound": "default"},
            },
            "apns": {
                "headers": {"apns-priority": "10", "apns-expiration": str(ends), "apns-collapse-id": key},
                "payload": {"aps": {"sound": "default"}},
            },
            "webpush": {"headers": {"TTL": str(seconds), "Urgency": "high"}, "notification": {"tag": key}},
        }


def _fitting(title: str, body: str, rest: Mapping[str, Json]) -> dict[str, Json]:
    """A message of at most MAX_BYTES; its text is cut where it must be. Raises Undeliverable when that is no use."""

    def content(text: str) -> dict[str, Json]:
        return {"notification": {"title": title, "body": text}, **rest}

    if _size(content(body)) <= MAX_BYTES:
        return content(body)
    fits = bisect_right(range(len(body)), MAX_BYTES, key=lambda kept: _size(content(body[:kept] + ELLIPSIS)))
    if fits == 0:
        raise Undeliverable("payload_too_large")
    return content(body[: fits - 1] + ELLIPSIS)


def _size(content: Mapping[str, Json]) -> int:
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _failure(reply: Reply) -> DeadToken | Undeliverable | ProviderUnavailable:
    """What becomes of the device and the message (firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode)."""
    code = _code(reply)
    match reply.status, code:
        case 404, "UNREGISTERED":
            return DeadToken(code)
        case 403, "SENDER_ID_MISMATCH":
            log.error("fcm: a token of another project")
            return DeadToken(code)
        case 400, "INVALID_ARGUMENT" if _violated(reply) <= TARGETS:
            return DeadToken(code)
        case 400, _:
            log.error("fcm refused a message", extra={"fields": sorted(_violated(reply)), "code": code})
            return Undeliverable(code or "invalid_argument")
        case _:
            log.error("fcm refused us", extra={"status": reply.status, "code": code})
            return ProviderUnavailable(NAME)


def _details(reply: Reply, kind: str) -> Iterator[dict[str, Json]]:
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("@type") == kind:
            yield detail


def _code(reply: Reply) -> str:
    """What FCM itself says, beyond the HTTP status; empty when it was not FCM that spoke."""
    return next((plain(detail.get("errorCode"), MAX_CODE) for detail in _details(reply, FCM_ERROR)), "")


def _violated(reply: Reply) -> set[str]:
    """The fields that were wrong."""
    found = set()
    for detail in _details(reply, BAD_REQUEST):
        violations = detail.get("fieldViolations")
        for violation in violations if isinstance(violations, list) else ():
            found.add(plain(violation.get("field"), MAX_CODE) if isinstance(violation, dict) else "")
    return found


def _conforms(sender: FcmPush) -> PushSender:
    return sender
