"""The clean-up beside everything else: it finds the old by an index, waits for nobody, and one fault stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from allonova.adapters.postgres.retention import STATEMENTS, WITH_FILES
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.files.clean_up import CleanUp, NotCleaned
from allonova.domain.identity.otp import Otp
from allonova.domain.kernel.retention import Kept
from allonova.domain.money.rules import MoneyRules
from allonova.domain.notifications.notice import Notice
from tests.support.factories import NOW, SetClock, a_user, keep, new_id

FORGET: dict[Kept, tuple[str, Sequence[object]]] = {
    kept: (statement.sql, statement.args(before=NOW, at_most=500)) for kept, statement in STATEMENTS.items()
}
FORGET |= {kept: (sql, (NOW, 500)) for kept, sql in WITH_FILES.items()}
"""What is run for each kind that no function of the database forgets."""
LATER = SetClock(NOW + timedelta(days=400))


@pytest.mark.parametrize("kept", FORGET, ids=lambda kept: kept.value)
async def test_oldest_are_found_by_an_index_when_there_are_many_others(owner: Connection, kept: Kept) -> None:
    sql, args = FORGET[kept]
    async with owner.transaction():
        await owner.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {sql}", *args))
    assert "Seq Scan" not in plan
    assert "Sort" not in plan, plan


async def a_code_and_a_notice(units: PostgresUnits) -> Otp:
    """Of long ago by LATER."""
    code = Otp(id=new_id(), target="+2250700000001", code_hash="a", expires_at=NOW, created_at=NOW)
    async with units.begin() as unit:
        user = a_user()
        await keep(unit, user)
        await unit.otps.add(code)
        await unit.inbox.add(Notice(id=new_id(), user_id=user.id, type="rating_due", created_at=NOW))
    return code


async def counts(owner: Connection) -> tuple[int, int]:
    """Codes and notices that are left."""
    codes = await owner.fetchval("SELECT count(*) FROM platform.otp_codes")
    return codes, await owner.fetchval("SELECT count(*) FROM carpool.notices")


async def test_other_kinds_go_when_one_cannot(owner: Connection, units: PostgresUnits) -> None:
    await a_code_and_a_notice(units)
    await owner.execute("REVOKE DELETE ON platform.otp_codes FROM allonova_app")
    try:
        with pytest.raises(NotCleaned, match="codes"):
            await CleanUp(units.begin, LATER, MoneyRules)()
    finally:
        await owner.execute("GRANT DELETE ON platform.otp_codes TO allonova_app")
    assert await counts(owner) == (1, 0)


async def test_row_that_somebody_holds_is_left_for_the_next_time(
    owner: Connection, pool: Pool, units: PostgresUnits
) -> None:
    code = await a_code_and_a_notice(units)
    async with pool.acquire() as held, held.transaction():
        await held.execute("SELECT FROM platform.otp_codes WHERE id = $1 FOR UPDATE", code.id)
        await CleanUp(units.begin, LATER, MoneyRules)()
        assert await counts(owner) == (1, 0)
    await CleanUp(units.begin, LATER, MoneyRules)()
    assert await counts(owner) == (0, 0)
