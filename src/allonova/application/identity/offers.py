"""The password of a registration, until somebody proves that the phone or e-mail is his (docs/decisions/0018)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from allonova.application.identity.ports import PasswordHasher
from allonova.domain.identity.link import LinkToken
from allonova.domain.identity.otp import Otp
from allonova.domain.kernel.errors import FieldError, ValidationError


@dataclass(frozen=True, slots=True)
class PasswordOffer:
    """A password, hashed; `repeats` is the hash of the offer before it, when both are the same password."""

    fresh: str
    repeats: str | None = None

    def over(self, before: Otp | LinkToken | None, now: datetime) -> str | None:
        """What a new code or link carries. While another one is under way nobody knows whose password it would be, so
        it carries none, unless both are the same.
        """
        if before is None or not before.is_live(now):
            return self.fresh
        if self.repeats is None or before.password_hash is None:
            return None
        return self.repeats if hmac.compare_digest(self.repeats, before.password_hash) else None


def require_sound(hasher: PasswordHasher, password: str, *, path: str) -> None:
    """Raise ValidationError for a password that is tried first; `path` is its field's."""
    if hasher.is_common(password):
        raise ValidationError((FieldError(path, "common_password", "among the passwords that are tried first"),))
