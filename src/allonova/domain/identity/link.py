"""Links that act once for whoever has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import OtpInvalid


class LinkPurpose(StrEnum):
    """What a link is good for; it serves nothing else."""

    EMAIL_VERIFY = "email_verify"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose
    ADMIN_PASSWORD = "admin_password"  # noqa: S105 - a purpose
    STAFF_INVITATION = "staff_invitation"
    STAFF_EMAIL = "staff_email"
    STAFF_PASSWORD = "staff_password"  # noqa: S105 - a purpose


LINK_TTL: Mapping[LinkPurpose, timedelta] = {
    LinkPurpose.EMAIL_VERIFY: timedelta(hours=24),
    LinkPurpose.PASSWORD_RESET: timedelta(minutes=30),
    LinkPurpose.ADMIN_PASSWORD: timedelta(hours=24),
    LinkPurpose.STAFF_INVITATION: timedelta(hours=72),  # nova.md, Endpoints
    LinkPurpose.STAFF_EMAIL: timedelta(hours=72),
    LinkPurpose.STAFF_PASSWORD: timedelta(minutes=30),
}


@dataclass(eq=False)
class DeadLink(OtpInvalid):
    """The link is wrong, used, replaced by a newer one or too old; which of them is not said."""


@dataclass(slots=True, kw_only=True)
class LinkToken:
    """A link sent to `target`, a phone or an e-mail; `user_id` is the account it was made for, where that is known.

    Only the hash of its token is kept. It works once, until `expires_at`. `password_hash` is the password of the
    registration that asked for it, which counts if this very link verifies the account.
    """

    id: UUID
    purpose: LinkPurpose
    user_id: UUID | None = None
    target: str
    token_hash: str
    password_hash: str | None = None
    expires_at: datetime
    consumed_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def is_live(self, at: datetime) -> bool:
        """Whether the link may still be used."""
        return self.consumed_at is None and at < self.expires_at

    def consume(self, at: datetime) -> None:
        """It was used, or a newer one takes its place."""
        self.consumed_at = at
        self.password_hash = None
