"""Seal what was done lately."""

from __future__ import annotations

import logging
from typing import ClassVar

from allonova.application.audit.ports import AuditUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.audit.seal import LATE, SETTLE, Seal, seals_of
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

JOB = "seal_audit"
BATCH = 1000
MAX_BATCHES = 200
"""What is left of a long standstill is sealed by the next run."""


@wired
class SealAudit:
    """A job: append to the chain every row that is there to be seen and has no seal.

    Numbers are given here and not when rows are written: a row may be seen later than one that was written after it.
    One that is seen much too late (LATE) is left to the proof, which blames it. The head goes to the log as well, which
    lies elsewhere.
    """

    begin: Begin[AuditUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """How many were sealed."""
        sealed, head = 0, None
        for _ in range(MAX_BATCHES):
            made = await self._batch()
            sealed, head = sealed + len(made), made[-1] if made else head
            if len(made) < BATCH:
                break
        if head is not None:
            log.info("audit sealed", extra={"rows": sealed, "seq": head.seq, "head": head.hash.hex()})
        return sealed

    async def _batch(self) -> list[Seal]:
        async with self.begin() as unit:
            last = await unit.seals.take_turn()
            since = None if last is None else last.upto - LATE
            rows = await unit.seals.waiting(since=since, until=self.clock.now() - SETTLE, limit=BATCH)
            made = seals_of(rows, last)
            if made:
                await unit.seals.add_all(made)
            return made
