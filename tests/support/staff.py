"""The back office's people at the door, and passwords that cost nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

import httpx
import pyotp

from allonova.domain.identity.session import ACCESS_TTL
from allonova.main.wiring import build_service
from tests.support.api import Api, Person
from tests.support.factories import SECOND
from tests.support.wire import data

PASSWORD = "quatre mots sans rapport"
STEP = 30 * SECOND


@dataclass(slots=True)
class CountingHasher:
    """Keeps passwords as they are, and notes what it was asked."""

    hashes: list[str] = field(default_factory=list)
    checks: list[str | None] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        """See PasswordHasher."""
        self.hashes.append(password)
        return f"kept:{password}"

    async def verify(self, password: str, kept: str | None) -> bool:
        """See PasswordHasher."""
        self.checks.append(kept)
        return kept in (f"kept:{password}", f"old:{password}")

    def is_outdated(self, kept: str) -> bool:
        """See PasswordHasher."""
        return kept.startswith("old:")

    def is_common(self, password: str) -> bool:
        """See PasswordHasher."""
        return password == "password"


def hash_by(api: Api, hasher: CountingHasher) -> None:
    """The service hashes by it from now on."""
    api.service = build_service(api.settings, api.service.platform, replace(api.service.outside, hasher=hasher))
    api.app.state.edge = api.service.edge


@dataclass(slots=True)
class Knocking:
    """Somebody of the back office who is not logged in yet."""

    api: Api
    email: str
    authenticator: pyotp.TOTP | None = None

    async def log_in(self, password: str = PASSWORD, **given: str) -> httpx.Response:
        """A try, with a code if one is given."""
        return await self.api.http.post("/admin/login", json={"email": self.email, "password": password, **given})

    async def enter(self, **given: str) -> Person:
        """A good try."""
        tokens = data(await self.log_in(**given))
        id, expires_at = UUID(tokens["admin"]["id"]), self.api.clock.now() + ACCESS_TTL
        return Person(api=self.api, id=id, phone="", tokens=tokens, expires_at=expires_at, door="/admin")

    def code(self, *, steps: int = 0) -> str:
        """What the authenticator shows now, or that many steps later."""
        assert self.authenticator is not None
        return self.authenticator.at(self.api.clock.now() + steps * STEP)

    def wrong_code(self) -> str:
        """None that the authenticator shows about now."""
        shown = {self.code(steps=steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in shown)

    async def turn_totp_on(self) -> Person:
        """Log in and set the authenticator up; its code of that moment is used then, and time goes on."""
        person = await self.enter()
        started = data(await person.post("/admin/me/totp", {"password": PASSWORD}))
        self.authenticator = pyotp.TOTP(started["secret"])
        data(await person.post("/admin/me/totp/confirm", {"code": self.code()}))
        self.api.clock.advance(STEP)
        return person
