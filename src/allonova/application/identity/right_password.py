"""A password that was right, until the unit that acts upon it has looked again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from allonova.application.identity.ports import PasswordHasher


@dataclass(frozen=True, slots=True)
class RightPassword:
    """A password that fitted `kept`, the hash of an account; `fresh` is what is kept of it with today's parameters."""

    kept: str
    fresh: str

    def fits(self, standing: str | None) -> bool:
        """Whether the account still has that password; None is one that nobody may use."""
        return hmac.compare_digest(standing or "", self.kept)


async def try_password(hasher: PasswordHasher, password: str, kept: str | None) -> RightPassword | None:
    """What a password fits, to be compared again under the account's lock; None when it fits nothing. That there is
    nothing to fit costs the same.
    """
    if not await hasher.verify(password, kept) or kept is None:
        return None
    return RightPassword(kept, await hasher.hash(password) if hasher.is_outdated(kept) else kept)
