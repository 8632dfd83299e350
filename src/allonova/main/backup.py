"""`allonova backup`: backups from the command line."""

from __future__ import annotations

import argparse
import asyncio
import sys

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.vault import AesVault
from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.backup.archive import Manifest
from allonova.adapters.postgres.backup.backups import BackupPlan, PostgresBackups, restore
from allonova.application.kernel.backups import BackupBusy, BackupFailed
from allonova.main.settings import Misconfigured, Settings


def backups_of(settings: Settings) -> PostgresBackups | None:
    """None where there is no folder for them."""
    if settings.backup_dir is None or not settings.database_url:
        return None
    plan = BackupPlan(
        live=Address(settings.owner_url),
        scratch=Address(settings.backup_verify_database_url),
        folder=settings.backup_dir,
        keep=settings.backups_kept,
    )
    return PostgresBackups(plan, _vault(settings))


def back_up(args: argparse.Namespace, settings: Settings) -> int:
    """Run `backup`, `backup verify FILE`, `backup restore FILE --into URL` or `backup drill`."""
    if args.deed == "drill":
        from allonova.main.drill import play_drill  # noqa: PLC0415 - it stands on half of the service

        return asyncio.run(play_drill(settings, _needed(settings), fresh=args.fresh))
    try:
        said = asyncio.run(_do(args, settings))
    except BackupBusy:
        said = "somebody else is making a backup of this database"
    except BackupFailed as failure:
        said = failure.reason
    else:
        sys.stdout.write(f"{said}\n")
        return 0
    sys.stderr.write(f"{said}\n")
    return 1


async def _do(args: argparse.Namespace, settings: Settings) -> str:
    if args.deed == "restore":
        url = sys.stdin.readline().strip() if args.into == "-" else args.into
        return _told("restored", await restore(args.file, Address(url), _vault(settings)))
    backups = _needed(settings)
    if args.deed == "verify":
        return _told("restores", await backups.verify(args.file))
    made = await backups.make(at=SystemClock().now())
    return f"{made.name}: {made.size_bytes} bytes, {made.rows} rows in {made.tables} tables, restored and compared"


def _needed(settings: Settings) -> PostgresBackups:
    backups = backups_of(settings)
    if backups is None:
        raise Misconfigured(["ALLONOVA_BACKUP_DIR and ALLONOVA_BACKUP_VERIFY_DATABASE_URL are missing"])
    return backups


def _told(what: str, manifest: Manifest) -> str:
    return f"{what}: {manifest.rows} rows in {len(manifest.tables)} tables, as they were at {manifest.made_at}"


def _vault(settings: Settings) -> AesVault:
    return AesVault(settings.keys, next(iter(settings.keys)))
