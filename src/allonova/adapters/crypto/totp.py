"""Authenticator codes by pyotp: SHA-1, six digits, 30 s, which is all that common authenticators understand."""

from __future__ import annotations

from datetime import datetime

import pyotp

from allonova.application.identity.ports import TotpCodes

ISSUER = "AlloNova"
SKEW_STEPS = 1  # RFC 6238 §5.2: a clock that is off, or a code typed slowly


class PyotpCodes:
    """See TotpCodes."""

    def new_secret(self) -> str:
        """160 bits from the system's generator (RFC 4226 §4, R6)."""
        return pyotp.random_base32()

    def url(self, secret: str, *, account: str) -> str:
        """See TotpCodes."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)

    def step(self, secret: str, code: str, *, at: datetime) -> int | None:
        """See TotpCodes."""
        totp = pyotp.TOTP(secret)
        try:
            return totp.verify_and_get_timecode(code, for_time=at, valid_window=SKEW_STEPS)
        except pyotp.OTPVerificationError:
            return None


def _conforms(codes: PyotpCodes) -> TotpCodes:
    return codes
