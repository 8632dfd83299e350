"""`allonova keys`: which of the server's secrets are in use, and the change to the current one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.crypto.vault import sealed_by
from allonova.adapters.postgres.keys.addresses import PostgresKnownAddresses
from allonova.adapters.postgres.keys.values import PostgresSealedValues
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.kernel.rotate_keys import RotateKeys, Rotation
from allonova.application.kernel.sealed_values import KeyUse
from allonova.application.notifications.rehash_suppressed import RehashSuppressed
from allonova.main.settings import Env, Misconfigured, Settings


@dataclass(frozen=True, slots=True)
class Found:
    """Values of the database, and files of the folder of backups, by the keys that they need."""

    uses: list[KeyUse]
    backups: list[KeyUse]


def manage_keys(settings: Settings, *, rotate: bool) -> int:
    """Run `keys status` or `keys rotate`; 1 when a value does not open, or hangs on a key that is not there."""
    if settings.env is Env.EMBEDDED:
        raise Misconfigured(["the demo in memory ends with its process: set ALLONOVA_ENV and DATABASE_URL"])
    return asyncio.run(_rotate(settings) if rotate else _status(settings))


def rotation_of(pool: Pool, settings: Settings) -> RotateKeys:
    """The change to the current key. `pool` is of whoever owns the tables: walls hide companies from everybody else."""
    kid, ids = next(iter(settings.keys)), RandomIds()
    units = PostgresUnits(pool, subscribers={}, ids=ids, clock=SystemClock(), wake=lambda _: None)
    return RotateKeys(
        begin=units.begin,
        ids=ids,
        values=PostgresSealedValues(pool),
        sealer=AesSealer(settings.keys, kid),
        kid=kid,
        rehash=RehashSuppressed(PostgresKnownAddresses(pool), ServerSecrets(settings.keys, kid)),
    )


async def _rotate(settings: Settings) -> int:
    async with _owner(settings) as pool:
        rotation = await rotation_of(pool, settings)()
    _say(_told(rotation))
    return 1 if rotation.unreadable else 0


async def _status(settings: Settings) -> int:
    async with _owner(settings) as pool:
        found = Found(list(await PostgresSealedValues(pool).uses()), _backups(settings))
    every = found.uses + found.backups
    _say(_line(use, settings) for use in every)
    used = {use.kid for use in every}
    for kid in list(settings.keys)[1:]:
        if kid not in used:
            _say([f"{kid}: nothing here hangs on it"])
    return 1 if any(_is_lost(use, settings) for use in every) else 0


def _told(rotation: Rotation) -> Iterable[str]:
    for column, count in rotation.resealed.items():
        yield f"{column}: {count} sealed anew"
    yield f"platform.suppressed_addresses.address_hash: {rotation.rehashed} derived anew"
    for fault in rotation.unreadable:
        yield f"{fault.column}: the value of row {fault.row} does not open"
    for use in rotation.left:
        yield f"{use.column}: {use.count} still by {use.kid or 'no key that is known'}"


def _line(use: KeyUse, settings: Settings) -> str:
    if use.kid is None:
        return f"{use.column}: {use.count} by no key that is known"
    missing = ", which is not in ALLONOVA_SECRET_KEYS" if use.kid not in settings.keys else ""
    return f"{use.column}: {use.count} by {use.kid}{missing}"


def _is_lost(use: KeyUse, settings: Settings) -> bool:
    return use.is_sealed and use.kid not in settings.keys


def _backups(settings: Settings) -> list[KeyUse]:
    """Files need the key that sealed them, and those of their rows; they are not sealed anew."""
    if settings.backup_dir is None or not settings.backup_dir.is_dir():
        return []
    kids = [sealed_by(path) for path in sorted(settings.backup_dir.glob("*.backup"))]
    return [KeyUse(str(settings.backup_dir), kid, kids.count(kid)) for kid in dict.fromkeys(kids)]


@asynccontextmanager
async def _owner(settings: Settings) -> AsyncIterator[Pool]:
    async with await open_pool(settings.owner_url, max_size=1, role=None) as pool:
        yield pool


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
