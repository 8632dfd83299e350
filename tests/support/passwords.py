"""Passwords as a test hashes them: by the real algorithm, cheaply, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from allonova.adapters.crypto.passwords import Argon2Passwords
from allonova.main.wiring import build_service
from tests.support.api import Api

CHEAP = Argon2Passwords(memory_kib=8, passes=1)
GOOD = "quatre mots sans rapport"
OTHER = "cinq mots qui vont ensemble"


@dataclass(slots=True)
class Counted:
    """Counts how often it was asked to `hash` and to `verify`."""

    asked: Counter[str] = field(default_factory=Counter)
    within: Argon2Passwords = CHEAP

    async def hash(self, password: str) -> str:
        """See PasswordHasher."""
        self.asked["hash"] += 1
        return await self.within.hash(password)

    async def verify(self, password: str, kept: str | None) -> bool:
        """See PasswordHasher."""
        self.asked["verify"] += 1
        return await self.within.verify(password, kept)

    def is_outdated(self, kept: str) -> bool:
        """See PasswordHasher."""
        return self.within.is_outdated(kept)

    def is_common(self, password: str) -> bool:
        """See PasswordHasher."""
        return self.within.is_common(password)

    def take(self) -> Counter[str]:
        """What was asked since the last time."""
        asked, self.asked = self.asked, Counter()
        return asked


@pytest.fixture(name="hasher", autouse=True)
def hash_cheaply(api: Api) -> Counted:
    """The service hashes by it from now on."""
    counted = Counted()
    outside = replace(api.service.outside, hasher=counted)
    api.service = build_service(api.settings, api.service.platform, outside)
    api.app.state.edge = api.service.edge
    return counted
