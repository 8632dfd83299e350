"""What people see of ratings, and of each other before they ride together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allonova.application.carpool.views import Person, PublicUser, public_user
from allonova.domain.carpool.rating import RatedAs, Rating
from allonova.domain.carpool.reliability import DriverRecord

_SPELT = {"author": "from"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRating:
    """A rating, to its writer. `shown_at` is null as long as nobody else can read it; `closes_at` is when everybody can
    at the latest. `role` is what whom it is about was on the ride.
    """

    id: UUID
    booking_id: UUID
    to_user_id: UUID
    role: RatedAs
    stars: int
    comment: str | None
    comment_hidden: bool
    closes_at: datetime
    shown_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingView:
    """What somebody said of a person; `role` is what that person was on the ride."""

    id: UUID
    stars: int
    comment: str | None
    author: PublicUser
    role: RatedAs
    created_at: datetime


RatingView.__pydantic_config__ = {"alias_generator": lambda name: _SPELT.get(name, name)}  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRating:
    """A rating, to the back office: the hidden ones too, and hidden words."""

    id: UUID
    booking_id: UUID
    from_user_id: UUID
    to_user_id: UUID
    role: RatedAs
    stars: int
    comment: str | None
    comment_hidden: bool
    hidden_reason: str | None
    closes_at: datetime
    shown_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicProfile(PublicUser):
    """Somebody, to whoever may ride with him. `trips_completed` are rides with somebody else, driven or ridden. Rates
    are shares from 0 to 1 of what he was asked and of what he promised as a driver, null where they are too few;
    `response_minutes` is what he takes to answer, half of the time at most.
    """

    is_driver: bool
    member_since: date
    trips_completed: int
    response_rate: float | None
    response_minutes: int | None
    cancellation_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted of somebody's rides."""

    trips_completed: int
    record: DriverRecord


def own_rating(rating: Rating) -> OwnRating:
    """A rating as its writer sees it."""
    return OwnRating(
        id=rating.id,
        booking_id=rating.booking_id,
        to_user_id=rating.to_user_id,
        role=rating.role,
        stars=rating.stars,
        comment=rating.comment,
        comment_hidden=rating.comment_hidden,
        closes_at=rating.closes_at,
        shown_at=rating.shown_at,
        created_at=rating.created_at,
    )


def rating_view(rating: Rating, author: Person) -> RatingView:
    """A rating as everybody sees it."""
    return RatingView(
        id=rating.id,
        stars=rating.stars,
        comment=rating.public_comment,
        author=public_user(author),
        role=rating.role,
        created_at=rating.created_at,
    )


def desk_rating(rating: Rating) -> DeskRating:
    """A rating as the back office sees it."""
    return DeskRating(
        id=rating.id,
        booking_id=rating.booking_id,
        from_user_id=rating.from_user_id,
        to_user_id=rating.to_user_id,
        role=rating.role,
        stars=rating.stars,
        comment=rating.comment,
        comment_hidden=rating.comment_hidden,
        hidden_reason=rating.hidden_reason,
        closes_at=rating.closes_at,
        shown_at=rating.shown_at,
        version=rating.version,
        created_at=rating.created_at,
        updated_at=rating.updated_at,
    )


def public_profile(person: Person, figures: Figures) -> PublicProfile:
    """Somebody as others see him who may ride with him."""
    user, record, face = person.user, figures.record, public_user(person)
    return PublicProfile(
        id=face.id,
        first_name=face.first_name,
        last_initial=face.last_initial,
        photo_url=face.photo_url,
        rating_avg=face.rating_avg,
        rating_count=face.rating_count,
        is_verified=face.is_verified,
        is_driver=user.is_driver,
        member_since=user.created_at.date(),
        trips_completed=figures.trips_completed,
        response_rate=record.response_rate,
        response_minutes=record.response_minutes,
        cancellation_rate=record.cancellation_rate,
    )
