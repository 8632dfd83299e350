"""What is asked of the back office's reads of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.user_views import Identity, ListedUser, SegmentView, TimelineView, UserDetail
from allonova.application.identity.account_views import NoteView
from allonova.application.kernel.listing import Filter, ListQuery, Op, Page
from allonova.domain.identity.user import AccountStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Who is looked for; None is no condition. `query` is a piece of the phone, the e-mail or the names, without regard
    to case and accents. `created_from ≤ created_at < created_to`. Whoever was never rated has no rating to be at most
    `rating_lte`. Whoever renewed no session since then, and registered before, was last seen before it.
    """

    query: str | None = None
    status: AccountStatus | None = None
    kyc: Identity | None = None
    is_driver: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    last_seen_before: datetime | None = None
    min_trips: int | None = None
    min_bookings: int | None = None
    rating_lte: Decimal | None = None

    def conditions(self) -> tuple[Filter, ...]:
        """As the list knows them: those of a few words are a condition each, which an index may answer."""
        found: dict[str, object] = {
            name: getattr(self, name)
            for name in ("query", "created_from", "created_to", "last_seen_before")
            if getattr(self, name) is not None
        }
        found |= {
            name: getattr(self, name)
            for name in ("is_driver", "min_trips", "min_bookings", "rating_lte")
            if getattr(self, name) is not None
        }
        if self.status is not None:
            found[f"status_{self.status}"] = True
        if self.kyc is not None:
            found[f"kyc_{self.kyc}"] = True
        return tuple(Filter(name, Op.EQ, value) for name, value in found.items())


class UserQueries(Protocol):
    """Reads of people, for the back office."""

    async def users(self, query: ListQuery) -> Page[ListedUser]:
        """Everybody; conditions of a UserFilter; order: created_at, rating_avg."""

    async def user(self, id: UUID, *, now: datetime) -> UserDetail | None:
        """Somebody, with what there is of him."""

    async def notes(self, user_id: UUID, query: ListQuery) -> Page[NoteView]:
        """What the team wrote about somebody; fields: created_at."""

    async def timeline(self, user_id: UUID, query: ListQuery) -> Page[TimelineView]:
        """What happened about somebody; fields: at, kind. Nothing of nobody."""

    async def segments(self, query: ListQuery) -> Page[SegmentView]:
        """The team's segments; fields: name, created_at."""

    async def segment(self, id: UUID) -> SegmentView | None:
        """A segment."""
