"""Refusals of the domain: a stable code and typed facts, no prose and no HTTP status.

Each code of the API is one class here; a rule that refuses is a subclass named after the fact. Its dataclass fields
are the facts, which reach the caller as `details`. Messages (fr, en) and statuses live in `adapters/http/errors.py`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False)
class DomainError(Exception):
    """A rule said no. Never raised for a broken store or a vendor that does not answer."""

    code: ClassVar[str]

    def facts(self) -> dict[str, object]:
        """The fields by name (`from_` as `from`), leaving out those that are None."""
        values = ((f.name.rstrip("_"), getattr(self, f.name)) for f in dataclasses.fields(self))
        return {name: value for name, value in values if value is not None}

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field: its path in the body (`stops.1.point.lat`), a code and, where it helps, a bound."""

    path: str
    code: str
    message: str


@dataclass(eq=False)
class ValidationError(DomainError):
    """The request is well-formed JSON but a value is not acceptable."""

    code = "validation_error"
    fields: tuple[FieldError, ...] = ()


@dataclass(eq=False)
class AuthRequired(DomainError):
    """No valid token, a wrong password, a session that has ended."""

    code = "auth_required"


@dataclass(eq=False)
class Forbidden(DomainError):
    """The caller may see the object but never do this to it."""

    code = "forbidden"


@dataclass(eq=False)
class KycRequired(DomainError):
    """The caller's papers are not approved yet."""

    code = "kyc_required"


@dataclass(eq=False)
class NotFound(DomainError):
    """It does not exist, or belongs to somebody else."""

    code = "not_found"


@dataclass(eq=False)
class Conflict(DomainError):
    """It contradicts the present state of things."""

    code = "conflict"


@dataclass(eq=False)
class BookingConflict(DomainError):
    """Seats or a booking stand in the way of this booking."""

    code = "booking_conflict"


@dataclass(eq=False)
class RateLimited(DomainError):
    """Too many tries."""

    code = "rate_limited"
    retry_after_s: int = 60


@dataclass(eq=False)
class PaymentFailed(DomainError):
    """The provider refused the payment for good."""

    code = "payment_failed"


@dataclass(eq=False)
class InsufficientFunds(DomainError):
    """The balance does not cover it."""

    code = "insufficient_funds"


@dataclass(eq=False)
class PreconditionRequired(DomainError):
    """This change must name the version that it changes (`If-Match`)."""

    code = "precondition_required"


@dataclass(eq=False)
class PreconditionFailed(DomainError):
    """The object has changed since the caller read it; `current` is how it looks now, as he may see it."""

    code = "precondition_failed"
    current: object = None


@dataclass(eq=False)
class WebhookInvalidSignature(DomainError):
    """A provider's event whose signature, age or shape is not to be trusted."""

    code = "webhook_invalid_signature"


@dataclass(eq=False)
class IdempotencyMismatch(DomainError):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_mismatch"


@dataclass(eq=False)
class OtpInvalid(DomainError):
    """A wrong, used or expired one-time code."""

    code = "otp_invalid"


@dataclass(eq=False)
class InvalidTransition(DomainError):
    """The state machine has no such step from here."""

    code = "invalid_transition"
    from_: str
    to: str


@dataclass(eq=False)
class CaptchaFailed(DomainError):
    """The caller did not pass as human."""

    code = "captcha_failed"


@dataclass(eq=False)
class ProviderUnavailable(DomainError):
    """A provider does not answer; nothing is known to have failed. `retry_after_s` is how long it asks to be left."""

    code = "provider_unavailable"
    provider: str
    retry_after_s: int | None = None


@dataclass(eq=False)
class ServiceUnavailable(DomainError):
    """A part of this service is down."""

    code = "service_unavailable"


@dataclass(eq=False)
class PayloadTooLarge(DomainError):
    """The body is over the limit."""

    code = "payload_too_large"


@dataclass(eq=False)
class MethodNotAllowed(DomainError):
    """The path exists, the method does not."""

    code = "method_not_allowed"


@dataclass(eq=False)
class UnsupportedMediaType(DomainError):
    """Only JSON is spoken here."""

    code = "unsupported_media_type"


@dataclass(eq=False)
class StillRunning(Conflict):
    """The first request with this Idempotency-Key has not ended."""

    retry_after_s: int = 1


@dataclass(eq=False)
class AlreadyExists(Conflict):
    """A unique value is taken; `constraint` is the rule's stable name."""

    constraint: str


@dataclass(eq=False)
class StaleVersion(Conflict):
    """Somebody else changed the object between our read and our write."""


def error_classes(root: type[DomainError] = DomainError) -> list[type[DomainError]]:
    """Every refusal there is, for the catalogue and for the tests that keep its tables total."""
    found = []
    for child in root.__subclasses__():
        found += [child, *error_classes(child)]
    return found
