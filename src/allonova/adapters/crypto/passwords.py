"""Passwords: Argon2id by argon2-cffi."""

from __future__ import annotations

import asyncio
import unicodedata
from functools import cache

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from allonova.application.identity.ports import PasswordHasher
from allonova.application.kernel.inside import require_outside_unit

# OWASP's smallest recommendation for Argon2id (promises.md, rule 9): 19 MiB, two passes, one lane.
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
_NOTHING = "$argon2id$v=19$m={memory},t={passes},p={lanes}$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43


class Argon2Passwords:
    """Hashes in a thread: in the event loop one login would hold up everybody else's request.

    Texts are compared in NFKC, since one keyboard composes an accent and another one does not.
    """

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES, lanes: int = LANES) -> None:
        self._argon2 = argon2.PasswordHasher(passes, memory_kib, lanes)
        self._nothing = _NOTHING.format(memory=memory_kib, passes=passes, lanes=lanes)

    async def hash(self, password: str) -> str:
        """See PasswordHasher."""
        require_outside_unit("a password's hash")
        return await asyncio.to_thread(self._argon2.hash, _composed(password))

    async def verify(self, password: str, kept: str | None) -> bool:
        """See PasswordHasher."""
        require_outside_unit("a password's hash")
        fits = await asyncio.to_thread(self._fits, _composed(password), kept or self._nothing)
        return fits and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """See PasswordHasher."""
        return self._argon2.check_needs_rehash(kept)

    def is_common(self, password: str) -> bool:
        """See PasswordHasher. Case does not matter: lists of such passwords try every spelling."""
        return _composed(password).lower() in _common()

    def _fits(self, password: str, kept: str) -> bool:
        try:
            return self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _composed(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _common() -> frozenset[str]:
    """The 30,000 passwords that zxcvbn found most often."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy

    return frozenset(FREQUENCY_LISTS["passwords"])


def _conforms(passwords: Argon2Passwords) -> PasswordHasher:
    return passwords
