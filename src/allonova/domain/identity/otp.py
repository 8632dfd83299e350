"""One-time codes by SMS and mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import OtpInvalid, RateLimited

OTP_TTL = timedelta(minutes=10)  # allocar.md, Identity
OTP_WINDOW = timedelta(minutes=10)  # seeds/allocar.txt, Anti-fraude: 3 tries in 10 minutes
OTP_SENDS = 3
OTP_TRIES = 3


@dataclass(eq=False)
class WrongCode(OtpInvalid):
    """The code is wrong, used or too old; which of them is not said."""


@dataclass(eq=False)
class TooManyCodes(RateLimited):
    """The phone or e-mail has had its codes or its wrong tries for these ten minutes."""


class OtpPurpose(StrEnum):
    """What a code is good for; it serves nothing else."""

    LOGIN = "login"
    CHANGE_PHONE = "change_phone"
    CHANGE_EMAIL = "change_email"
    PAYOUT_WAVE = "payout_wave"
    PAYOUT_MTN = "payout_mtn"


PAYOUT_PURPOSES = frozenset({OtpPurpose.PAYOUT_WAVE, OtpPurpose.PAYOUT_MTN})
"""Codes to a number that somebody wants his money at, which may be anybody's phone."""


def target_context(otp_id: UUID) -> str:
    """What a number is sealed to that somebody wants his money at."""
    return f"otp_codes.target:{otp_id}"


@dataclass(slots=True, kw_only=True)
class Otp:
    """A six-digit code for a phone or an e-mail. Only its keyed hash is kept; it works once, until `expires_at`.

    A code for a change is one user's; a login code is nobody's until it comes back. `target` is sealed where the code
    is for a payout account. `password_hash` is the password
    of the registration that asked for it, which counts if this very code verifies the account.
    """

    id: UUID
    target: str
    purpose: OtpPurpose = OtpPurpose.LOGIN
    user_id: UUID | None = None
    code_hash: str
    password_hash: str | None = None
    expires_at: datetime
    consumed_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def is_live(self, at: datetime) -> bool:
        """Whether the code may still be used."""
        return self.consumed_at is None and at < self.expires_at

    def consume(self, at: datetime) -> None:
        """The code came back and works no more."""
        self.consumed_at = at
        self.password_hash = None
