"""How many round trips things take; more would be a step back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from pkgutil import walk_packages
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, bindparam, literal, select

import allonova.adapters.postgres
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.identity.queries import PostgresIdentityQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.adapters.postgres.store import Shelf
from allonova.adapters.postgres.unit import PostgresUnit, PostgresUnits
from allonova.application.carpool.ports import Search
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.ports import KeyRecord
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.fares import booking_paid
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor, Change
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Payment
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    NOW,
    YAMOUSSOUKRO,
    a_booking,
    a_driver,
    a_payment,
    a_stop,
    a_trip,
    a_user,
    keep,
    new_id,
    paid,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Committed things, and a count of statements that begins when they are."""

    pool: Pool
    trip: Trip
    passenger: User
    bookings: list[Booking]
    payment: Payment
    seen: list[str] = field(default_factory=list)


@pytest.fixture
async def scene(units: PostgresUnits, pool: Pool) -> Scene:
    """A trip with a stop and three bookings, one of them paid."""
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop()], seats=10)
    people = [a_user() for _ in range(3)]
    bookings = [a_booking(trip, person) for person in people]
    paid(trip, bookings[0])
    payment = a_payment(bookings[0])
    async with units.begin() as unit:
        await keep(unit, driver, *people, trip, *bookings, payment)
    return Scene(pool, trip, people[0], bookings, payment)


async def statements(dsn: str, deed: Callable[[Pool], Awaitable[object]]) -> list[str]:
    """What was sent to the server, once types and statements were known there."""
    seen: list[str] = []
    async with await open_pool(dsn, max_size=1) as pool:
        await deed(pool)
        async with pool.acquire() as connection:
            listening: Any = connection
            listening.add_query_logger(lambda record: seen.append(record.query.split()[0]))
        await deed(pool)
    return seen


LIST = ListQuery(
    filters=(Filter("status", Op.IN, ("pending", "paid")), Filter("created_at", Op.GTE, NOW)),
    sort=(Sort("departure_time", descending=True),),
)
SEARCH = Search(start=ABIDJAN, end=YAMOUSSOUKRO, earliest=DEPARTURE - HOUR, latest=DEPARTURE + HOUR, radius_m=25_000)

READS: dict[str, Callable[[Pool, Scene], Awaitable[object]]] = {
    "vehicles": lambda pool, s: PostgresCarpoolQueries(pool).vehicles(s.trip.driver_id, ListQuery()),
    "trip": lambda pool, s: PostgresCarpoolQueries(pool).trip(s.trip.id, viewer_id=None),
    "search": lambda pool, _: PostgresCarpoolQueries(pool).search(SEARCH),
    "booking": lambda pool, s: PostgresCarpoolQueries(pool).booking(s.bookings[0].id, viewer_id=s.passenger.id),
    "bookings": lambda pool, s: PostgresCarpoolQueries(pool).bookings(s.trip.driver_id, Party.DRIVER, LIST),
    "news": lambda pool, s: PostgresCarpoolQueries(pool).booking_news(s.bookings[0].id),
    "payment": lambda pool, s: PostgresCarpoolQueries(pool).payment(s.payment.id, payer_id=None),
    "overdue": lambda pool, _: PostgresCarpoolQueries(pool).overdue_bookings(now=NOW, limit=9),
    "user": lambda pool, s: PostgresIdentityQueries(pool).user(s.passenger.id),
    "revoked": lambda pool, _: PostgresIdentityQueries(pool).revoked_sessions(NOW),
    "books": lambda pool, _: PostgresBooks(pool).verify(),
}


@pytest.mark.parametrize("name", READS)
async def test_one_round_trip_when_reading(database: str, scene: Scene, name: str) -> None:
    assert len(await statements(database, lambda pool: READS[name](pool, scene))) == 1


async def save_trip(unit: PostgresUnit, scene: Scene) -> None:
    await unit.trips.save(await unit.trips.of_booking(scene.bookings[0].id))


async def save_route(unit: PostgresUnit, scene: Scene) -> None:
    await unit.trips.save_route(await unit.trips.get(scene.trip.id))


async def save_booking(unit: PostgresUnit, scene: Scene) -> None:
    booking = await unit.bookings.get(scene.bookings[0].id)
    booking.request(Actor(Party.PASSENGER, scene.passenger.id), NOW)
    booking.request(Actor(Party.PASSENGER, scene.passenger.id), NOW)
    await unit.bookings.save(booking)


async def claim_key(unit: PostgresUnit, _: Scene) -> None:
    record = KeyRecord(scope=str(new_id()), fingerprint="f", created_at=NOW)
    await unit.keys.claim(record, stale_before=NOW - HOUR)


async def settle_key(unit: PostgresUnit, scene: Scene) -> None:
    record = KeyRecord(scope=str(new_id()), fingerprint="f", created_at=NOW)
    await unit.keys.claim(record, stale_before=NOW - HOUR)
    await unit.keys.update(replace(record, answer_status=201, answer_body=b"{}"))
    await leave_messages(unit, scene)


async def add_booking(unit: PostgresUnit, scene: Scene) -> None:
    booking = a_booking(scene.trip, scene.passenger, status=BookingStatus.COMPLETED, paid_at=NOW)
    booking.changes.append(Change(None, "completed", Actor(Party.DRIVER, scene.trip.driver_id), NOW, {}))
    await unit.bookings.add(booking)


async def ask(unit: PostgresUnit, scene: Scene) -> None:
    await unit.bookings.asking(scene.passenger.id, scene.trip.driver_id, since=NOW)


async def post_entry(unit: PostgresUnit, scene: Scene) -> None:
    await unit.journal.post(replace(booking_paid(new_id(), scene.payment, NOW), ref_id=new_id()))


async def leave_messages(unit: PostgresUnit, scene: Scene) -> None:
    for _ in range(5):
        await unit.outbox.put(SessionRevoked(new_id()))
        actor = Actor(Party.PASSENGER, scene.passenger.id)
        await unit.audit.put(actor=actor, action="a", entity="e", entity_id=new_id())


async def nothing(_: PostgresUnit, __: Scene) -> None:
    """An empty unit."""


WRITES: dict[str, tuple[Callable[[PostgresUnit, Scene], Awaitable[None]], int]] = {
    "nothing": (nothing, 0),
    "five events and five audit lines": (leave_messages, 1),
    "key": (claim_key, 1),
    "key with its answer, events and audit lines": (settle_key, 2),
    "new booking with a line of history": (add_booking, 1),
    "who asks whom": (ask, 1),
    "entry with known accounts": (post_entry, 1),
    "booking with two lines of history": (save_booking, 2),
    "locked trip with stops, seats": (save_trip, 2),
    "trip with stops, route": (save_route, 4),
}


@pytest.mark.parametrize("name", WRITES)
async def test_known_number_of_statements_when_writing(
    database: str, scene: Scene, name: str, units: PostgresUnits
) -> None:
    deed, inside = WRITES[name]

    async def run(pool: Pool) -> None:
        subscribers, ids, clock = units._subscribers, units._ids, units._clock
        own = PostgresUnits(pool, subscribers=subscribers, ids=ids, clock=clock, wake=lambda _: None)
        async with own.begin() as unit:
            await deed(unit, scene)

    seen = await statements(database, run)
    assert (seen[0], seen[-1], len(seen) - 2) == ("BEGIN", "COMMIT", inside)


def test_text_is_written_when_it_is_first_wanted() -> None:
    written: list[str] = []

    class Clause(Select[Any]):
        inherit_cache = True

        def compile(self, *args: Any, **named: Any) -> Any:
            written.append("now")
            return super().compile(*args, **named)

    statement = compile_once(Clause(bindparam("a")))
    assert written == []
    assert statement.args(a=1) == [1]
    assert (statement.names, statement.fixed, statement.sql) == (("a",), {}, "SELECT $1 AS anon_1")
    assert written == ["now"]
    with pytest.raises(AttributeError):
        _ = statement.text


def every_statement() -> Iterator[Statement]:
    """Of each module beside the database, and of its shelves."""
    for found in walk_packages(allonova.adapters.postgres.__path__, "allonova.adapters.postgres."):
        for value in vars(import_module(found.name)).values():
            if isinstance(value, Statement):
                yield value
            elif isinstance(value, Shelf):
                yield from (value.add, value.save)


def test_each_can_be_written() -> None:
    found = list(every_statement())
    assert len(found) > 200
    assert [each for each in found if not each.sql] == []


def test_parameters_are_checked_when_a_statement_is_run() -> None:
    statement = compile_once(select(bindparam("a") + literal(5)))
    assert statement.args(a=1) == [1, 5]
    for wrong in ({}, {"a": 1, "b": 2}):
        with pytest.raises(TypeError):
            statement.args(**wrong)


async def test_second_statement_only_when_the_page_is_past_the_end(database: str, scene: Scene) -> None:
    def beyond(pool: Pool) -> Awaitable[Any]:
        return PostgresCarpoolQueries(pool).bookings(scene.trip.driver_id, Party.DRIVER, ListQuery(page=9))

    assert len(await statements(database, beyond)) == 2
    assert (await beyond(scene.pool)).total == 3


async def test_uuid_is_told_apart_from_no_other_kind(scene: Scene) -> None:
    found = await scene.pool.fetchval("SELECT id FROM carpool.trips")
    assert isinstance(found, UUID)
    assert (found, hash(found)) == (scene.trip.id, hash(scene.trip.id))
