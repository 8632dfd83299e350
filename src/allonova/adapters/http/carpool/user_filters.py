"""Whom the back office looks for: the query string of its list of users, and what a segment keeps of one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from allonova.adapters.http.fields import Day, Instant, Searched
from allonova.adapters.http.listing import FROM_HINT, TO_HINT, Paging, read_query, sort_of
from allonova.application.carpool.user_queries import UserFilter
from allonova.application.carpool.user_views import Identity
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.user import AccountStatus

ORDER = ("created_at", "rating_avg")
NEWEST_FIRST = (Sort("created_at", descending=True),)
MOST = 100_000

type Edge = Annotated[Day | Instant, Field(union_mode="left_to_right")]
type AtLeast = Annotated[int, Field(ge=1, le=MOST)]


class UserFilters(BaseModel):
    """Who is looked for. All of it must be true; what is left out says nothing."""

    model_config = ConfigDict(extra="forbid")

    query: Searched | None = Field(
        None, description="Up to three words of the phone, the e-mail or the names. Case and accents do not count."
    )
    status: AccountStatus | None = None
    kyc: Identity | None = Field(None, description="The best that any identity paper has reached.")
    is_driver: bool | None = None
    created_from: Edge | None = Field(None, description=FROM_HINT)
    created_to: Edge | None = Field(None, description=TO_HINT)
    last_seen_before: Edge | None = Field(None, description="Renewed no session since then, and registered before.")
    min_trips: AtLeast | None = None
    min_bookings: AtLeast | None = None
    rating_lte: float | None = Field(None, ge=0, le=5, allow_inf_nan=False, description="Of those who were rated.")

    def to_filter(self) -> UserFilter:
        """As the list knows it. Days are those of Abidjan, which keeps UTC all year."""
        return UserFilter(
            query=self.query or None,
            status=self.status,
            kyc=self.kyc,
            is_driver=self.is_driver,
            created_from=_begin(self.created_from, 0),
            created_to=_begin(self.created_to, 1),
            last_seen_before=_begin(self.last_seen_before, 0),
            min_trips=self.min_trips,
            min_bookings=self.min_bookings,
            rating_lte=None if self.rating_lte is None else Decimal(str(self.rating_lte)),
        )

    def to_document(self) -> dict[str, Any]:
        """As a segment keeps it."""
        return self.model_dump(mode="json", exclude_none=True)


class UsersQuery(UserFilters, Paging):
    """The list's query string."""

    def to_list(self) -> ListQuery:
        """The newest first unless sorted otherwise."""
        order = sort_of(self.sort, ORDER) or NEWEST_FIRST
        return ListQuery(self.to_filter().conditions(), order, self.page, self.page_size)


class MembersQuery(Paging):
    """The query string of a segment's list."""

    def to_list(self, filters: UserFilters) -> ListQuery:
        """Those whom the segment's filters find."""
        order = sort_of(self.sort, ORDER) or NEWEST_FIRST
        return ListQuery(filters.to_filter().conditions(), order, self.page, self.page_size)


async def users_query(request: Request) -> UsersQuery:
    """The query string, read."""
    return read_query(UsersQuery, request.query_params.multi_items())


async def members_query(request: Request) -> MembersQuery:
    """The query string, read."""
    return read_query(MembersQuery, request.query_params.multi_items())


def _begin(edge: date | datetime | None, days: int) -> datetime | None:
    if edge is None or isinstance(edge, datetime):
        return edge
    return datetime.combine(edge, time(), UTC) + timedelta(days=days)
