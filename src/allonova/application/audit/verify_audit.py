"""Prove the audit log."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import ClassVar

from allonova.application.audit.ports import AuditQueries, AuditUnit
from allonova.application.audit.views import AuditReport
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.audit.seal import LATE, SHOWN_FAULTS, AuditCheck, Proof, night_of
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

JOB = "audit"
LEASE = timedelta(minutes=30)
LIMIT_S = 1800
PAGE = 2000


@wired
class VerifyAudit:
    """Follow the chain from its start, row by row, in pages: a million rows take no more memory than some."""

    queries: AuditQueries

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, head: str | None = None) -> AuditReport:
        """`head` is a hash that was printed before, which the chain must still hold."""
        proof = Proof(await self.queries.noted_heads(), head)
        while page := await self.queries.sealed_after(0 if proof.last is None else proof.last.seq, PAGE):
            for one in page:
                proof.take(one)
        proof.finish()
        since = None if proof.last is None else proof.last.upto - LATE
        if since is not None:
            for id in await self.queries.unsealed_before(since, SHOWN_FAULTS):
                proof.blame(f"row {id}: claims a time that was sealed without it")
        return AuditReport(
            sealed=0 if proof.last is None else proof.last.seq,
            waiting=await self.queries.count_waiting(since),
            head=proof.head,
            fault_count=proof.fault_count,
            faults=tuple(proof.faults),
        )


@wired
class CheckAudit:
    """A job: what `allonova audit verify` says is kept, once a night, with the head of the chain, which later proofs
    must find again. Faults are an error line.
    """

    begin: Begin[AuditUnit]
    verify: VerifyAudit
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int | None:
        """How many faults; None when this night's proof is there, or somebody is at it."""
        tick = night_of(self.clock.now())
        async with self.begin() as unit:
            if not await unit.job_runs.claim(JOB, tick, now=self.clock.now(), lease=LEASE):
                return None
        report = await self.verify()
        check = self._check(tick, report)
        async with self.begin() as unit:
            if await unit.audit_checks.find(tick=tick) is None:
                await unit.audit_checks.add(check)
            await unit.job_runs.finish(JOB, tick, now=self.clock.now())
        if report.fault_count:
            told = {"faults": report.fault_count, "first": report.faults[0], "check_id": str(check.id)}
            log.error("the audit log has faults", extra=told)
        return report.fault_count

    def _check(self, tick: str, report: AuditReport) -> AuditCheck:
        now = self.clock.now()
        return AuditCheck(
            id=self.ids.new(),
            tick=tick,
            sealed=report.sealed,
            waiting=report.waiting,
            head=report.head,
            fault_count=report.fault_count,
            faults=list(report.faults),
            created_at=now,
            updated_at=now,
        )
