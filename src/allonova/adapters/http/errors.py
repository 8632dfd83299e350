"""How refusals look on the wire: one status per code, messages from `messages`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from allonova.adapters.http.messages import MESSAGES
from allonova.domain.kernel.errors import DomainError, FieldError

STATUS: dict[str, int] = {  # conventions.md, Error codes
    "validation_error": 422,
    "auth_required": 401,
    "forbidden": 403,
    "kyc_required": 403,
    "not_found": 404,
    "conflict": 409,
    "booking_conflict": 409,
    "rate_limited": 429,
    "payment_failed": 402,
    "insufficient_funds": 402,
    "precondition_required": 428,
    "webhook_invalid_signature": 401,
    "idempotency_mismatch": 422,
    "precondition_failed": 412,
    "otp_invalid": 422,
    "invalid_transition": 409,
    "captcha_failed": 422,
    "provider_unavailable": 503,
    "payload_too_large": 413,
    "method_not_allowed": 405,
    "unsupported_media_type": 415,
    "service_unavailable": 503,
}


def status_of(error: DomainError | type[DomainError]) -> int:
    """The HTTP status of a refusal."""
    return STATUS[error.code]


def message_of(error: DomainError | type[DomainError], language: str) -> str:
    """What to tell people."""
    kind = error if isinstance(error, type) else type(error)
    return MESSAGES[kind.__name__][language]


def details_of(error: DomainError, jsonable: Callable[[object], object]) -> dict[str, object]:
    """The facts as values that JSON has or pydantic writes (instants as everywhere on the wire), views by `jsonable`;
    a field error's own words are for developers and stay English.
    """
    facts = error.facts().items()
    return {name: _plain(value, jsonable) for name, value in facts if name != "retry_after_s"}


def _plain(value: object, jsonable: Callable[[object], object]) -> object:
    if isinstance(value, FieldError):
        return {"path": value.path, "code": value.code, "message": value.message}
    if isinstance(value, tuple):
        return [_plain(item, jsonable) for item in value]
    if dataclasses.is_dataclass(value):
        return jsonable(value)
    return value if isinstance(value, int | float | datetime) else str(value)
