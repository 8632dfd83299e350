"""Who works in the back office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.domain.identity.roles import Role
from allonova.domain.kernel.errors import AuthRequired, Conflict, RateLimited

LOGIN_TRIES = 5  # per address in LOGIN_WINDOW, whatever is wrong
LOGIN_WINDOW = timedelta(minutes=10)
CODE_TRIES = 10  # after the right password: a stolen password must not give time to guess the code
CODE_WINDOW = timedelta(hours=24)


@dataclass(eq=False)
class AdminLoginRefused(AuthRequired):
    """Address, password or code is wrong, or the account is closed; which of them is not said. Whoever knows the
    password is told that a code is asked for.
    """

    totp_required: bool | None = None


@dataclass(eq=False)
class TooManyAdminTries(RateLimited):
    """The account has had its wrong passwords or codes for now, whether it exists or not."""


@dataclass(eq=False)
class TotpNotStarted(Conflict):
    """There is no secret that waits to be confirmed."""


@dataclass(eq=False)
class OwnAccount(Conflict):
    """Nobody changes his own rights, closes himself or takes his own authenticator away."""


@dataclass(eq=False)
class LastSuper(Conflict):
    """Nobody would be left who may do everything."""


@dataclass(slots=True, kw_only=True)
class AdminUser:
    """Somebody of the back office. The e-mail is unique without regard to case; without a password nobody logs in.

    `totp_secret` is asked for at every login; `totp_pending` waits for its first code and replaces it then. Both are
    sealed. A step of `totp_last_step` or before is never taken again.
    """

    id: UUID
    email: str
    password_hash: str | None = None
    role: Role
    language: str = "fr"
    is_active: bool = True
    totp_secret: str | None = None
    totp_pending: str | None = None
    totp_confirmed_at: datetime | None = None
    totp_last_step: int | None = None
    last_login: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_super(self) -> bool:
        """He may do everything, today."""
        return self.is_active and self.role is Role.SUPER

    def set_password(self, password_hash: str, at: datetime) -> None:
        """From now on this one."""
        self.password_hash = password_hash
        self.updated_at = at

    def take_step(self, step: int | None) -> bool:
        """Whether a code of that step opens: each works once, and none does after a later one. None is a wrong code."""
        if step is None or (self.totp_last_step is not None and step <= self.totp_last_step):
            return False
        self.totp_last_step = step
        return True

    def start_totp(self, sealed: str, at: datetime) -> None:
        """A new secret waits for its first code; one that was never confirmed is forgotten."""
        self.totp_pending = sealed
        self.updated_at = at

    def confirm_totp(self, sealed: str, step: int, at: datetime) -> None:
        """The pending secret showed its first code: from now on it is asked for."""
        self.totp_secret, self.totp_pending = sealed, None
        self.totp_confirmed_at, self.totp_last_step = at, step
        self.updated_at = at

    def change(self, *, role: Role | None, is_active: bool | None, reset_totp: bool, at: datetime) -> frozenset[str]:
        """Another role, open or closed, or without its authenticator; None leaves a thing as it is. Returns the names
        of what is otherwise now: the account's sessions must end then.
        """
        before = (self.role, self.is_active, self.totp_secret or self.totp_pending)
        self.role = self.role if role is None else role
        self.is_active = self.is_active if is_active is None else is_active
        if reset_totp:
            self.totp_secret = self.totp_pending = self.totp_confirmed_at = None
        after = (self.role, self.is_active, self.totp_secret or self.totp_pending)
        names = ("role", "is_active", "totp")
        changed = frozenset(name for name, old, new in zip(names, before, after, strict=True) if old != new)
        if changed:
            self.updated_at = at
        return changed
