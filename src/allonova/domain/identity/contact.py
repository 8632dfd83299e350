"""Ways to reach a person: a phone or an e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone in E.164, or an e-mail."""

    channel: Channel
    value: str

    @property
    def key(self) -> str:
        """The same for two spellings of one: what counters, codes and links go by."""
        return self.value.lower()


def contact_of(value: str) -> Contact:
    """An identifier of a login as what it is."""
    return Contact(Channel.EMAIL if "@" in value else Channel.SMS, value)


class ChangeKind(StrEnum):
    """What guards an account and was changed."""

    PHONE = "phone"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - a kind of change
    PAYOUT_ACCOUNT = "payout_account"
    SOCIAL = "social"


@dataclass(slots=True, kw_only=True)
class ContactChange:
    """A change of what an account is reached and guarded by; for a day after it no money leaves.

    `old_value` is the phone or e-mail there was before, sealed: its owner is told there. A password leaves none, nor
    does a payout account or an account of Google or Apple: its owner is told at his phone and e-mail.
    """

    id: UUID
    user_id: UUID
    kind: ChangeKind
    old_value: str | None = None
    version: int = 1
    created_at: datetime
