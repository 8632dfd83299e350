"""The person: passenger, and driver from the first vehicle on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Gender(StrEnum):
    """As people give it; confirmed by their papers."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@dataclass(slots=True, kw_only=True)
class User:
    """Somebody with a verified phone or e-mail, or about to have one. Phone in E.164, both unique."""

    id: UUID
    phone: str | None
    email: str | None = None
    password_hash: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    gender: Gender | None = None
    birthdate: date | None = None
    photo_url: str | None = None
    language: str = "en"
    is_driver: bool = False
    is_active: bool = True
    is_phone_verified: bool = False
    is_email_verified: bool = False
    rating_avg: Decimal = Decimal(0)
    rating_count: int = 0
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_reachable(self) -> bool:
        """May book and may log in: one way to reach them is verified."""
        return self.is_phone_verified or self.is_email_verified

    def verify_phone(self, at: datetime) -> None:
        """The code sent to the phone came back."""
        self.is_phone_verified = True
        self.updated_at = at

    def become_driver(self, at: datetime) -> None:
        """The first vehicle is registered."""
        self.is_driver = True
        self.updated_at = at
