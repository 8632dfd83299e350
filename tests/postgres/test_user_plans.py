"""The back office's reads of people on PostgreSQL: by their indexes and in two statements; who closes whom at once."""

from __future__ import annotations

import asyncio
from operator import attrgetter
from uuid import UUID

import pytest

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.carpool import timeline
from allonova.adapters.postgres.carpool.user_lists import LISTED
from allonova.adapters.postgres.carpool.user_queries import PostgresUserQueries
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.user_queries import UserFilter
from allonova.application.identity.change_admin import ChangeAdmin
from allonova.application.identity.open_session import SessionDesk
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.user import AccountStatus
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party
from tests.postgres.test_ride_plans import Counting
from tests.support.factories import NumberedIds, SetClock, a_booking, a_driver, a_trip, a_user, an_admin, keep
from tests.support.processes import eventually

ROUNDS = [pytest.param(4), pytest.param(60, marks=pytest.mark.prove)]
_PEOPLE = """
INSERT INTO carpool.users (phone, first_name, last_name, created_at, is_active)
SELECT '+22597' || lpad(n::text, 8, '0'), 'Prénom' || n, 'Nom' || (n % 500), now() - n * interval '1 minute',
    n % 400 > 0
FROM generate_series(1, 20000) AS n
"""
_HISTORY = """
INSERT INTO carpool.bookings (
    trip_id, passenger_id, seats, board, alight, pickup_text, dropoff_text, departure_time, amount_total, fees,
    status, qr_code
)
SELECT b.trip_id, u.id, b.seats, b.board, b.alight, b.pickup_text, b.dropoff_text, b.departure_time, b.amount_total,
    b.fees, 'cancelled', gen_random_uuid()::text
FROM carpool.bookings b, (SELECT id FROM carpool.users ORDER BY id LIMIT 10000) AS u WHERE b.qr_code = 'pattern'
"""
_SESSIONS = """
INSERT INTO platform.sessions (user_id, audience) SELECT id, 'allocar' FROM carpool.users
"""
_AUDIT = """
INSERT INTO platform.audit_logs (actor_type, action, entity, entity_id)
SELECT 'owner', 'user.logged_in', 'user', id FROM carpool.users
"""


async def crowd(units: PostgresUnits, owner: Connection) -> UUID:
    """Twenty thousand people, ten thousand bookings of one trip that is another's than his whose id comes back."""
    driver, other, passenger = a_driver(), a_driver(), a_user()
    trip, elsewhere = a_trip(driver), a_trip(other)
    booked = a_booking(trip, passenger)
    async with units.begin() as unit:
        await keep(unit, driver, other, passenger, trip, elsewhere, booked)
        await keep(unit, a_booking(elsewhere, passenger, qr_code="pattern"))
    await owner.execute(_PEOPLE)
    for sql in (_HISTORY, _SESSIONS, _AUDIT):
        await owner.execute(sql)
    await owner.execute("VACUUM ANALYZE")
    return driver.id


async def plan(pool: Pool, sql: str, *args: object) -> str:
    return "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", *args))


async def test_reads_of_people_walk_their_indexes(owner: Connection, pool: Pool, units: PostgresUnits) -> None:
    user_id = await crowd(units, owner)
    page = timeline.TIMELINE._page(((), (Sort("at", descending=True),)))
    seen = await plan(pool, page.sql, *page.args(user_id=user_id, page_limit=20, page_offset=0))
    assert "Seq Scan on bookings" not in seen
    assert "Seq Scan on users" not in seen
    assert "Seq Scan on sessions" not in seen
    assert "Seq Scan on audit_logs" not in seen
    for given, index in (
        (UserFilter(query="prenom 17777"), "ix_users_sought"),
        (UserFilter(query="9700017777"), "ix_users_sought"),
        (UserFilter(status=AccountStatus.SUSPENDED), "ix_users_closed"),
    ):
        query = ListQuery(given.conditions())
        count = LISTED._count(LISTED._filters.shape(query)[0])
        assert index in await plan(pool, count.sql, *count.args(**LISTED._filters.values(query))), given
    newest = LISTED._page(((), (Sort("created_at", descending=True),)), False, True)
    walked = await plan(pool, newest.sql, *newest.args(page_limit=20, page_offset=0))
    assert "ix_users_created_at" in walked


async def test_lists_are_two_statements(owner: Connection, pool: Pool, units: PostgresUnits) -> None:
    user_id = await crowd(units, owner)
    newest = (Sort("created_at", descending=True),)
    for sort, conditions in ((newest, ()), (newest, UserFilter(query="nom77").conditions())):
        runner = Counting(pool)
        found = await PostgresUserQueries(runner).users(ListQuery(conditions, sort))
        assert (len(runner.statements), len(found.items)) == (2, 20)
    runner = Counting(pool)
    assert (await PostgresUserQueries(runner).timeline(user_id, ListQuery(sort=(Sort("at"),), page=9))).total > 3
    assert len(runner.statements) == 2
    runner = Counting(pool)
    assert await PostgresUserQueries(runner).user(user_id, now=SetClock().now()) is not None
    assert len(runner.statements) == 1


async def closed(units: PostgresUnits, by: AdminUser, whom: AdminUser) -> str:
    """What one who closes another hears."""
    clock, ids, keys = SetClock(), NumberedIds(), {"k": "s" * 43}
    sessions = SessionDesk(clock, ids, ServerSecrets(keys, "k"), JoseTokens(keys, "k", issuer="t", clock=clock))
    change = ChangeAdmin(units.begin, clock, sessions)
    try:
        await change(by=Actor(Party.ADMIN, by.id), who=whom.id, role=None, is_active=False, reset_totp=False)
    except DomainError as error:
        return type(error).__name__
    return "closed"


async def test_nobody_waits_for_ever_when_one_still_takes_for_supers_who_were_closed_meanwhile(
    units: PostgresUnits, owner: Connection, pool: Pool
) -> None:
    """Three supers by their ids. Who begins while the first is being closed sees all three, whoever begins afterwards
    the third alone; the one who has the first must not wait for the third while he who has the third wants the first.
    """
    team = sorted((an_admin() for _ in range(3)), key=attrgetter("id"))
    async with units.begin() as unit:
        await keep(unit, *team)
    shut = "UPDATE carpool.admin_users SET is_active = false WHERE id = $1"
    waiters = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    behind = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1::int = ANY (pg_blocking_pids(pid)))"

    async def waiting(count: int) -> bool:
        return await owner.fetchval(waiters) == count  # type: ignore[no-any-return]

    async with pool.acquire() as first, pool.acquire() as second, second.transaction():
        async with first.transaction():
            await first.execute(shut, team[0].id)
            early = asyncio.create_task(closed(units, team[1], team[2]))
            await eventually("he waits for the first", lambda: waiting(1))
            await owner.execute(shut, team[1].id)
            await second.execute("SELECT FROM carpool.admin_users WHERE id = $1 FOR UPDATE", team[1].id)
        pid = await second.fetchval("SELECT pg_backend_pid()")
        await eventually("he has the first, and waits for the second", lambda: owner.fetchval(behind, pid))
        late = asyncio.create_task(closed(units, team[2], team[0]))
        await eventually("both wait", lambda: waiting(2))
    assert [await early, await late] == ["LastSuper", "closed"]


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_one_super_stays_when_all_close_each_other_at_once(
    units: PostgresUnits, owner: Connection, rounds: int
) -> None:
    for _ in range(rounds):
        await owner.execute("DELETE FROM carpool.admin_users")
        team = [an_admin() for _ in range(4)]
        async with units.begin() as unit:
            await keep(unit, *team)
        said = await asyncio.gather(*(closed(units, by, whom) for by in team for whom in team if by is not whom))
        left = await owner.fetchval("SELECT count(*) FROM carpool.admin_users WHERE is_active AND role = 'super'")
        assert left == 1
        assert set(said) <= {"closed", "LastSuper"}
