"""The person: passenger, and driver from the first vehicle on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.kernel.errors import Conflict, FieldError, ValidationError


class AccountStatus(StrEnum):
    """How an account stands, to the back office."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ERASED = "erased"


class Gender(StrEnum):
    """As people give it; confirmed by their papers."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@dataclass(eq=False)
class AccountInUse(Conflict):
    """Something is still open that needs its owner: a booking, a trip, a refund, a payout, francs in the wallet."""

    reasons: tuple[str, ...]


@dataclass(eq=False)
class AccountErased(Conflict):
    """Its owner has left for good: nothing of it can be changed or opened again."""


@dataclass(eq=False)
class GenderDiffers(Conflict):
    """What the paper says is not what its owner says of himself: nothing is confirmed."""


MIN_AGE = 16  # docs/decisions/0020
OLDEST = date(1900, 1, 1)


def require_old_enough(birthdate: date, today: date) -> None:
    """Raise ValidationError for a day that is no living person's, or of somebody under 16."""
    if birthdate < OLDEST or birthdate > today:
        raise ValidationError((FieldError("birthdate", "out_of_range", "not a day on which a living person was born"),))
    turned = (today.month, today.day) >= (birthdate.month, birthdate.day)
    if today.year - birthdate.year - (not turned) < MIN_AGE:
        raise ValidationError((FieldError("birthdate", "too_young", f"at least {MIN_AGE} years ago"),))


@dataclass(slots=True, kw_only=True)
class User:
    """Somebody with a verified phone or e-mail, or about to have one. Phone in E.164, both unique. `confirmed_gender`
    is `gender`, once a paper has confirmed it. With `needs_code` no password opens it until a code or link came back.
    """

    id: UUID
    phone: str | None
    email: str | None = None
    password_hash: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    gender: Gender | None = None
    confirmed_gender: Gender | None = None
    gender_confirmed_by: UUID | None = None
    birthdate: date | None = None
    photo_url: str | None = None
    language: str = "en"
    notify_push: bool = True
    notify_email: bool = True
    notify_sms: bool = True
    is_driver: bool = False
    is_active: bool = True
    is_phone_verified: bool = False
    is_email_verified: bool = False
    rating_avg: Decimal = Decimal(0)
    rating_count: int = 0
    rating_sum: int = 0
    demoted_until: datetime | None = None
    referral_code: str | None = None
    needs_code: bool = False
    erased_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def is_reachable(self) -> bool:
        """May book and may log in: one way to reach them is verified."""
        return self.is_phone_verified or self.is_email_verified

    @property
    def status(self) -> AccountStatus:
        """How it stands."""
        if self.erased_at is not None:
            return AccountStatus.ERASED
        return AccountStatus.ACTIVE if self.is_active else AccountStatus.SUSPENDED

    def suspend(self, at: datetime) -> None:
        """The back office closes it."""
        self.is_active, self.updated_at = False, at

    def reinstate(self, at: datetime) -> None:
        """The back office opens it again. Raises AccountErased."""
        self.require_there()
        self.is_active, self.updated_at = True, at

    def require_there(self) -> None:
        """Raises AccountErased."""
        if self.erased_at is not None:
            raise AccountErased

    def require_code(self, at: datetime) -> None:
        """Whoever knows the password must also show that he is reached where the owner is."""
        self.needs_code, self.updated_at = True, at

    @property
    def is_confirmed_woman(self) -> bool:
        """Whether her papers say so, and so does she."""
        return self.confirmed_gender is Gender.FEMALE

    def confirm_gender(self, gender: Gender, *, admin_id: UUID, at: datetime) -> None:
        """Somebody of the back office read it in a paper. Whoever has not said any gets this one.

        Raises:
            GenderDiffers: he says otherwise of himself.
        """
        if self.gender not in (None, gender):
            raise GenderDiffers
        self.gender = self.confirmed_gender = gender
        self.gender_confirmed_by, self.updated_at = admin_id, at

    def change_gender(self, gender: Gender | None) -> None:
        """From now on this one; what was confirmed of another is void."""
        if gender is not self.gender:
            self.gender, self.confirmed_gender, self.gender_confirmed_by = gender, None, None

    def is_proven(self, channel: Channel) -> bool:
        """Whether the phone, or the e-mail, is verified."""
        return self.is_email_verified if channel is Channel.EMAIL else self.is_phone_verified

    def proven(self, channel: Channel) -> str | None:
        """The phone, or the e-mail, once it is verified."""
        value = self.email if channel is Channel.EMAIL else self.phone
        return value if self.is_proven(channel) else None

    def verify_phone(self, at: datetime) -> None:
        """The code sent to the phone came back."""
        self.is_phone_verified, self.needs_code = True, False
        self.updated_at = at

    def verify_email(self, at: datetime) -> None:
        """The link or code sent to the e-mail came back."""
        self.is_email_verified, self.needs_code = True, False
        self.updated_at = at

    def prove(self, channel: Channel, at: datetime, *, password_hash: str | None = None) -> None:
        """What was sent to the phone or e-mail came back.

        Args:
            password_hash: what came with it from registration; it counts for the first proof of an account alone.
        """
        if not self.is_reachable:
            self.password_hash = password_hash
        if channel is Channel.EMAIL:
            self.verify_email(at)
        else:
            self.verify_phone(at)

    def take(self, contact: Contact, at: datetime) -> None:
        """The phone or e-mail from now on, verified by the code that came back from it."""
        if contact.channel is Channel.EMAIL:
            self.email, self.is_email_verified = contact.value, True
        else:
            self.phone, self.is_phone_verified = contact.value, True
        self.updated_at = at

    def give_up(self, channel: Channel, at: datetime) -> None:
        """What was only claimed goes to whoever has proven it. Raises ValueError for a verified one."""
        if self.is_proven(channel):
            raise ValueError("it is verified")
        if channel is Channel.EMAIL:
            self.email = None
        else:
            self.phone = None
        self.updated_at = at

    def set_password(self, password_hash: str, at: datetime) -> None:
        """From now on this one."""
        self.password_hash = password_hash
        self.updated_at = at

    def rate(self, stars: int, at: datetime) -> None:
        """Somebody's stars count from now on. The average is that of all of them, half up to two decimals."""
        self.rating_count += 1
        self.rating_sum += stars
        average = Decimal(self.rating_sum) / self.rating_count
        self.rating_avg, self.updated_at = average.quantize(Decimal("0.01"), ROUND_HALF_UP), at

    def demote(self, until: datetime) -> bool:
        """Search puts his trips after others' until then. False when it does so for as long already."""
        if self.demoted_until is not None and self.demoted_until >= until:
            return False
        self.demoted_until = until
        return True

    def become_driver(self, at: datetime) -> None:
        """The first vehicle is registered."""
        self.is_driver = True
        self.updated_at = at

    def erase(self, at: datetime) -> None:
        """Nobody can tell any more who this was; what others need of him (rides, ratings, books) keeps its id."""
        self.phone = self.email = self.password_hash = None
        self.referral_code = None
        self.first_name = self.last_name = self.birthdate = self.photo_url = None
        self.change_gender(None)
        self.is_active = self.is_phone_verified = self.is_email_verified = self.needs_code = False
        self.erased_at = self.updated_at = at
