"""`allonova audit verify`: the proof of the audit log, from the command line."""

from __future__ import annotations

import asyncio
import re
import sys

from allonova.adapters.postgres.audit.queries import PostgresAuditQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.application.audit.verify_audit import VerifyAudit
from allonova.application.audit.views import AuditReport
from allonova.main.settings import Env, Misconfigured, Settings

HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


def verify_audit(settings: Settings, head: str | None) -> int:
    """Print what the proof found, and the head to be kept elsewhere; 1 when there was a fault. Raises Misconfigured for
    a head that is no hash.
    """
    if settings.env is Env.EMBEDDED:
        raise Misconfigured(["the demo in memory ends with its process: set ALLONOVA_ENV and DATABASE_URL"])
    if head is not None and not HASH.fullmatch(head.lower()):
        raise Misconfigured(["--head takes a hash of 64 hexadecimal digits"])
    report = asyncio.run(_verify(settings, None if head is None else head.lower()))
    for fault in report.faults:
        sys.stdout.write(f"{fault}\n")
    clean = "clean" if not report.fault_count else f"{report.fault_count} faults"
    sys.stdout.write(f"audit: {report.sealed} rows sealed, {report.waiting} waiting, {clean}\nhead: {report.head}\n")
    return 1 if report.fault_count else 0


async def _verify(settings: Settings, head: str | None) -> AuditReport:
    pool = await open_pool(settings.database_url, min_size=1, max_size=1, pooled=settings.database_pooled)
    try:
        return await VerifyAudit(PostgresAuditQueries(pool))(head=head)
    finally:
        await pool.close()
