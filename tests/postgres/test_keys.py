"""A change of keys on a real server: everything follows, whoever writes meanwhile, wherever it is stopped."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextvars import Context
from dataclasses import replace

import pytest
from sqlalchemy import JSON, LargeBinary, Text

from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.postgres.keys.columns import SEALED
from allonova.adapters.postgres.keys.values import PostgresSealedValues
from allonova.adapters.postgres.metadata import METADATA
from allonova.adapters.postgres.notifications.suppressions import PostgresSuppressionQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.kernel.rotate_keys import RotateKeys, Unreadable
from allonova.application.kernel.sealed_values import KeyUse, Resealed
from allonova.application.notifications.suppressions import hashes_of
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.device import token_context
from allonova.domain.identity.user import User
from allonova.domain.notifications.suppression import Suppression, SuppressionReason
from allonova.main.keys import rotation_of
from allonova.main.settings import Settings
from tests.support.factories import HOUR, NOW, a_user, keep, new_id
from tests.support.processes import eventually
from tests.support.sealed import CANARY, a_device, add_devices, columns, fill, kids, opened

pytestmark = [pytest.mark.promise("sealed-at-rest")]

OLD, NEW = {"old": "o" * 32}, {"new": "n" * 32}
BOTH = NEW | OLD
BEFORE, DURING, AFTER = AesSealer(OLD, "old"), AesSealer(BOTH, "new"), AesSealer(NEW, "new")
SETTINGS = Settings.model_construct(secret_keys=tuple(f"{kid}:{secret}" for kid, secret in BOTH.items()))
DEVICES = "carpool.devices.token"
_LOOKS_SEALED = "SELECT EXISTS (SELECT FROM {table} WHERE {column}::text ~ '(^|[\"x])(v1|7631)(\\.|2e)')"
_WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
_HELD = "SELECT id FROM carpool.devices WHERE id = $1 FOR UPDATE"
_STAMPS = "SELECT id, version, updated_at, user_id, token_hash FROM carpool.devices ORDER BY id"


@pytest.fixture
async def owners(database: str, owner: Connection) -> AsyncIterator[Pool]:
    """Connections of whoever owns the tables, as the command has them."""
    async with await open_pool(database, max_size=2, role=None) as pool:
        yield pool


@pytest.fixture
def rotate(owners: Pool) -> RotateKeys:
    """The command's deed."""
    return rotation_of(owners, SETTINGS)


async def somebody(units: PostgresUnits) -> User:
    """An account that is kept."""
    user = a_user()
    async with units.begin() as unit:
        await keep(unit, user)
    return user


async def test_everything_opens_by_the_new_key_alone_when_keys_were_rotated(
    units: PostgresUnits, owner: Connection, rotate: RotateKeys
) -> None:
    await fill(units, BEFORE)
    before = await opened(owner, BEFORE)
    assert {column for column, _ in before} == set(columns())
    rotation = await rotate()
    assert rotation.resealed == dict.fromkeys(columns(), 1)
    assert (rotation.unreadable, rotation.left) == ([], [])
    assert await opened(owner, AFTER) == before
    assert set(before.values()) == {CANARY}
    assert (await rotate()).resealed == {}


async def test_nothing_else_of_a_row_changes_when_its_value_is_sealed_anew(
    units: PostgresUnits, owner: Connection, rotate: RotateKeys
) -> None:
    await add_devices(units, BEFORE, await somebody(units), 3)
    before = await owner.fetch(_STAMPS)
    assert (await rotate()).resealed == {DEVICES: 3}
    assert await owner.fetch(_STAMPS) == before


async def test_no_other_column_is_sealed(units: PostgresUnits, owner: Connection) -> None:
    await fill(units, BEFORE)
    found = set()
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Text | LargeBinary | JSON):
                query = _LOOKS_SEALED.format(table=f'"{table.schema}"."{table.name}"', column=f'"{column.name}"')
                if await owner.fetchval(query):
                    found.add(f"{table.fullname}.{column.name}")
    assert found == set(columns())
    assert len({of.context for of in SEALED}) == len(SEALED)


async def test_value_does_not_open_when_it_lies_in_another_row_or_column(
    units: PostgresUnits, owner: Connection, rotate: RotateKeys
) -> None:
    await fill(units, BEFORE)
    one, other = await add_devices(units, BEFORE, await somebody(units), 2)
    await owner.execute("UPDATE carpool.devices SET token = (SELECT token FROM carpool.devices WHERE id = $2) "
                        "WHERE id = $1", one, other)  # fmt: skip
    await owner.execute("UPDATE carpool.admin_users SET totp_secret = totp_pending")
    admin = await owner.fetchval("SELECT id FROM carpool.admin_users")
    moved = [Unreadable("carpool.admin_users.totp_secret", admin), Unreadable(DEVICES, one)]
    rotation = await rotate()
    assert rotation.unreadable == moved
    assert KeyUse(DEVICES, "old", 1) in rotation.left
    assert rotation.resealed[DEVICES] == 2
    assert [each.column for each in (await rotate()).unreadable] == [each.column for each in moved]


async def test_value_stays_when_somebody_wrote_it_after_it_was_read(units: PostgresUnits, owner: Connection) -> None:
    user = await somebody(units)
    (id,) = await add_devices(units, BEFORE, user, 1)
    values = PostgresSealedValues(owner)
    (read,) = await values.page(DEVICES, besides="new", after=None, limit=10)
    async with units.begin() as unit:
        device = await unit.devices.get(id)
        device.token = DURING.seal("changed", context=token_context(id))
        await unit.devices.save(device)
    late = Resealed(id, read.sealed, DURING.seal(CANARY, context=token_context(id)))
    assert await values.replace(DEVICES, [late]) == 0
    assert (await opened(owner, AFTER))[DEVICES, id] == "changed"


async def test_rotation_waits_for_a_row_when_somebody_holds_it(
    units: PostgresUnits, owner: Connection, owners: Pool, rotate: RotateKeys
) -> None:
    ids = await add_devices(units, BEFORE, await somebody(units), 5)
    async with owners.acquire() as holder, holder.transaction():
        await holder.fetch(_HELD, ids[2])
        rotating = asyncio.create_task(rotate())
        await eventually("it waits", lambda: owner.fetchval(_WAITS))
        assert await kids(owner) == {"old", "new"}
    assert (await rotating).resealed == {DEVICES: 5}
    assert await kids(owner) == {"new"}


async def test_text_that_was_put_back_is_found_when_keys_are_rotated_again(
    units: PostgresUnits, owner: Connection, rotate: RotateKeys
) -> None:
    user = await somebody(units)
    (id,) = await add_devices(units, BEFORE, user, 1)
    async with units.begin() as unit:
        device = await unit.devices.get(id)
        elsewhere = asyncio.create_task(rotate(), context=Context())
        assert (await elsewhere).left == []
        device.move_to(user.id, NOW + HOUR)
        await unit.devices.save(device)
    assert await kids(owner) == {"old"}
    assert (await rotate()).resealed == {DEVICES: 1}
    assert (await opened(owner, AFTER))[DEVICES, id] == CANARY


async def test_rotation_goes_on_where_it_was_stopped(
    units: PostgresUnits, owner: Connection, owners: Pool, rotate: RotateKeys
) -> None:
    await fill(units, BEFORE)
    ids = await add_devices(units, BEFORE, await somebody(units), 450)
    before = await opened(owner, BEFORE)
    async with owners.acquire() as holder, holder.transaction():
        await holder.fetch(_HELD, max(ids))
        rotating = asyncio.create_task(rotate())
        await eventually("it waits", lambda: owner.fetchval(_WAITS))
        rotating.cancel()
        await asyncio.wait([rotating])
    assert rotating.cancelled()
    assert await kids(owner) == {"old", "new"}
    assert await opened(owner, DURING) == before
    assert 0 < (await rotate()).resealed[DEVICES] < 451
    assert await opened(owner, AFTER) == before


@pytest.mark.parametrize("rows", [300, pytest.param(5_000, marks=pytest.mark.prove)])
async def test_nobody_errs_and_nothing_is_lost_when_others_write_meanwhile(
    units: PostgresUnits, owner: Connection, rotate: RotateKeys, rows: int
) -> None:
    user = await somebody(units)
    ids = await add_devices(units, BEFORE, user, rows)
    last, numbers, is_over = dict.fromkeys(ids, CANARY), itertools.count(1), asyncio.Event()

    async def write(mine: list) -> None:  # type: ignore[type-arg]
        for id in itertools.cycle(mine):
            async with units.begin() as unit:
                device = await unit.devices.get(id)
                assert DURING.open(device.token, context=token_context(id)) == last[id]
                if next(numbers) % 3:
                    last[id] = f"{next(numbers)}"
                    device.token = DURING.seal(last[id], context=token_context(id))
                await unit.devices.save(device)
            if is_over.is_set():
                return

    async def add() -> None:
        while not is_over.is_set():
            device = a_device(user, DURING)
            async with units.begin() as unit:
                await unit.devices.add(device)

    writers = [asyncio.create_task(write(ids[n::8])) for n in range(8)] + [asyncio.create_task(add())]
    rotation = await rotate()
    is_over.set()
    await asyncio.gather(*writers)
    assert rotation.resealed[DEVICES] > 0
    assert (await rotate()).left == []
    assert {key: value for key, value in (await opened(owner, AFTER)).items() if key[1] in last} == {
        (DEVICES, id): value for id, value in last.items()
    }


def an_entry(keys: dict[str, str], value: str) -> Suppression:
    """An e-mail on the list, as a service on these keys put it there."""
    secrets = ServerSecrets(keys, next(iter(keys)))
    hashed = hashes_of(secrets, Contact(Channel.EMAIL, value))[0]
    about = {"channel": Channel.EMAIL, "reason": SuppressionReason.SPAM, "created_at": NOW}
    return Suppression(id=new_id(), address_hash=hashed, kid=secrets.kid, **about)  # type: ignore[arg-type]


async def is_listed(pool: Pool, value: str) -> bool:
    """Whether it is found on the list without the old key."""
    hashes = hashes_of(ServerSecrets(NEW, "new"), Contact(Channel.EMAIL, value))
    return await PostgresSuppressionQueries(pool).suppression(Channel.EMAIL, hashes) is not None


async def test_list_of_addresses_follows_where_somebody_has_the_address(
    units: PostgresUnits, pool: Pool, rotate: RotateKeys
) -> None:
    first, nameless, gone = an_entry(OLD, "awa@x.test"), an_entry(OLD, "ali@x.test"), an_entry(OLD, "gone@x.test")
    again = replace(an_entry(NEW, "Awa@X.test"), created_at=NOW + HOUR)
    async with units.begin() as unit:
        await keep(unit, a_user(email="Awa@x.test"), a_user(email="ali@x.test"), a_user(email="eve@x.test"))
        for entry in (first, replace(nameless, kid=None), gone, again):
            assert await unit.suppressions.put(entry)
    rotation = await rotate()
    assert rotation.rehashed == 2
    assert rotation.left == [KeyUse("platform.suppressed_addresses.address_hash", "old", 1, is_sealed=False)]
    assert [await is_listed(pool, f"{name}@x.test") for name in ("awa", "ali", "gone", "eve")] == [
        *(True, True, False, False)
    ]
    rows = await pool.fetch("SELECT id FROM platform.suppressed_addresses ORDER BY id")
    assert {row["id"] for row in rows} == {first.id, nameless.id, gone.id}


async def test_rotation_stands_in_the_audit_log_with_counts_and_no_value(
    units: PostgresUnits, pool: Pool, rotate: RotateKeys
) -> None:
    await fill(units, BEFORE)
    await rotate()
    rows = await pool.fetch("SELECT action, entity_id, meta FROM platform.audit_logs ORDER BY seq")
    assert [row["action"] for row in rows] == ["keys.rotation_started", "keys.rotated"]
    assert rows[0]["entity_id"] == rows[1]["entity_id"]
    assert rows[1]["meta"] == {"key": "new", "resealed": len(SEALED), "rehashed": 0, "unreadable": 0}
