"""Many things at once, by COPY: for demo data, never for what people do.

Nothing is asked, locked, audited or told; the rules of the tables hold all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol, cast
from uuid import UUID

from allonova.adapters.postgres.carpool.ratings import RATING_SHELF
from allonova.adapters.postgres.carpool.rows import BOOKING, STOP, TRIP, VEHICLE
from allonova.adapters.postgres.carpool.tables import BOOKING_EVENTS, TRIP_LEGS, TRIP_STOPS
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.kyc.stores import PAPER_SHELF
from allonova.adapters.postgres.money.stores import PAYMENT_SHELF, REFUND_SHELF
from allonova.adapters.postgres.money.tables import JOURNAL_ENTRIES, POSTINGS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Pool
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.rating import Rating
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import KycDocument
from allonova.domain.money.journal import Account, Entry
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund

type Row = tuple[object, ...]

_OPEN_ACCOUNTS = """
INSERT INTO platform.accounts (kind, owner) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
"""
_ACCOUNTS = """
SELECT a.kind, a.owner, a.id FROM platform.accounts a JOIN unnest($1::text[], $2::text[]) AS w (kind, owner)
    ON w.kind = a.kind AND w.owner = a.owner
"""
_TAKE_SCORES = """
UPDATE carpool.users u SET rating_count = s.stars, rating_sum = s.total,
    rating_avg = round(s.total::numeric / s.stars, 2), version = u.version + 1
FROM (
    SELECT r.to_user_id, count(*) AS stars, sum(r.stars) AS total FROM carpool.ratings r
    WHERE r.to_user_id = ANY ($1::uuid[]) AND r.shown_at IS NOT NULL GROUP BY r.to_user_id
) AS s
WHERE u.id = s.to_user_id
"""
_DEMOTE = """
UPDATE carpool.users u SET demoted_until = d.until, version = u.version + 1
FROM (SELECT id, max(until) AS until FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, until) GROUP BY id) AS d
WHERE u.id = d.id
"""
_IS_THERE = "SELECT EXISTS (SELECT FROM carpool.users WHERE id = $1::uuid)"


class Copying(Protocol):
    """A connection of asyncpg, as far as it is needed here."""

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Row], columns: Sequence[str], schema_name: str
    ) -> str: ...

    async def fetch(self, query: str, *args: object) -> Sequence[Any]: ...

    async def execute(self, query: str, *args: object) -> str: ...


class PostgresBulk:
    """Puts whole aggregates into their tables."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_there(self, user_id: UUID) -> bool:
        """Whether somebody is there already."""
        return bool(await self._pool.fetchval(_IS_THERE, user_id))

    async def add(self, things: Sequence[object]) -> None:
        """Keep new ones of any kind, with all that belongs to them, in one transaction."""
        async with self._pool.acquire(timeout=5) as connection, connection.transaction():
            for kind, copy in _KINDS.items():
                mine = [thing for thing in things if type(thing) is kind]
                if mine:
                    await copy(cast("Copying", connection), mine)

    async def take_scores(self, user_ids: Sequence[UUID]) -> None:
        """What was said of these people and is shown counts for them."""
        await self._pool.execute(_TAKE_SCORES, list(user_ids))

    async def demote(self, until: Sequence[tuple[UUID, datetime]]) -> None:
        """Search puts these drivers after others until then."""
        await self._pool.execute(_DEMOTE, [user_id for user_id, _ in until], [at for _, at in until])


def _whole(mapper: RowMapper[Any]) -> Callable[[Copying, Sequence[Any]], Any]:
    """Copies entities that are one row each."""
    pick = itemgetter(*mapper.names)

    async def copy(connection: Copying, things: Sequence[Any]) -> None:
        rows = [pick(mapper.values(thing)) for thing in things]
        await connection.copy_records_to_table(
            mapper.table.name, records=rows, columns=mapper.names, schema_name=str(mapper.table.schema)
        )

    return copy


async def _copy_trips(connection: Copying, trips: Sequence[Trip]) -> None:
    await _whole(TRIP)(connection, trips)
    pick = itemgetter(*STOP.names)
    stops = [(trip.id, *pick(STOP.values(stop))) for trip in trips for stop in trip.stops]
    legs = [
        (trip.id, leg.ride.board, leg.ride.alight, leg.pickup.at, leg.pickup.point, leg.dropoff.point, leg.price)
        for trip in trips
        if trip.status is TripStatus.PUBLISHED
        for leg in trip.legs()
    ]
    columns = ("trip_id", "board", "alight", "departure_time", "origin", "destination", "price")
    await _copy(connection, TRIP_STOPS.name, "carpool", ("trip_id", *STOP.names), stops)
    await _copy(connection, TRIP_LEGS.name, "carpool", columns, legs)


async def _copy_bookings(connection: Copying, bookings: Sequence[Booking]) -> None:
    await _whole(BOOKING)(connection, bookings)
    events = [
        (booking.id, change.from_status, change.to_status, change.by.party, change.by.id, dict(change.meta), change.at)
        for booking in bookings
        for change in booking.changes
    ]
    columns = ("booking_id", "from_status", "to_status", "by", "by_id", "meta", "created_at")
    await _copy(connection, BOOKING_EVENTS.name, "carpool", columns, events)


async def _copy_entries(connection: Copying, entries: Sequence[Entry]) -> None:
    accounts = list(dict.fromkeys(posting.account for entry in entries for posting in entry.postings))
    named = [account.kind.value for account in accounts], [account.owner for account in accounts]
    await connection.execute(_OPEN_ACCOUNTS, *named)
    ids = {(row["kind"], row["owner"]): row["id"] for row in await connection.fetch(_ACCOUNTS, *named)}

    def id_of(account: Account) -> UUID:
        found: UUID = ids[account.kind.value, account.owner]
        return found

    about = [(entry.id, entry.kind, entry.ref_type, entry.ref_id, entry.created_at) for entry in entries]
    columns = ("id", "kind", "ref_type", "ref_id", "created_at")
    await _copy(connection, JOURNAL_ENTRIES.name, "platform", columns, about)
    amounts = [(entry.id, id_of(each.account), each.amount) for entry in entries for each in entry.postings]
    await _copy(connection, POSTINGS.name, "platform", ("entry_id", "account_id", "amount"), amounts)


async def _copy(connection: Copying, table: str, schema: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        await connection.copy_records_to_table(table, records=rows, columns=columns, schema_name=schema)


# What others refer to comes first.
_KINDS: dict[type, Callable[[Any, Sequence[Any]], Any]] = {
    User: _whole(USER_SHELF.mapper),
    KycDocument: _whole(PAPER_SHELF.mapper),
    Vehicle: _whole(VEHICLE),
    Trip: _copy_trips,
    Booking: _copy_bookings,
    Payment: _whole(PAYMENT_SHELF.mapper),
    Refund: _whole(REFUND_SHELF.mapper),
    Entry: _copy_entries,
    Rating: _whole(RATING_SHELF.mapper),
}
