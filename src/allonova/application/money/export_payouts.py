"""A run's payouts as a table, for whoever keeps the accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_ports import PayoutLine, PayoutQueries, PayoutUnit
from allonova.application.money.payout_views import masked_phone
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound

COLUMNS = (
    *("payout_id", "batch_id", "driver_id", "driver", "amount", "withheld", "fees", "currency", "method", "phone"),
    *("status", "provider_ref", "failure", "scheduled_at", "done_at"),
)
CHUNK = 500


@wired
class ExportPayouts:
    """Its rows, read piece by piece while they are sent; who took them away is written down first."""

    begin: Begin[PayoutUnit]
    queries: PayoutQueries
    desk: PayoutDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(
        self, *, by: Actor, batch_id: UUID, shows_phones: bool
    ) -> AsyncIterator[Sequence[Sequence[object]]]:
        """Pieces of the table in the order of COLUMNS. Raises NotFound."""
        if await self.queries.batch(batch_id) is None:
            raise NotFound
        async with self.begin() as unit:
            meta: dict[str, str | int] = {"phones": "whole" if shows_phones else "masked"}
            await unit.audit.put(
                actor=by, action="payouts.exported", entity="payout_batch", entity_id=batch_id, meta=meta
            )
        return self._rows(batch_id, str if shows_phones else masked_phone)

    async def _rows(self, batch_id: UUID, shown: Callable[[str], str]) -> AsyncIterator[Sequence[Sequence[object]]]:
        after: UUID | None = None
        while lines := await self.queries.lines(batch_id, after=after, limit=CHUNK):
            yield [payout_row(line, shown(self.desk.phone_of(line.payout))) for line in lines]
            after = lines[-1].payout.driver_id


def payout_row(line: PayoutLine, phone: str) -> tuple[object, ...]:
    """A payout in the order of COLUMNS."""
    payout = line.payout
    name = " ".join(filter(None, (line.first_name, line.last_name)))
    return (
        *(payout.id, payout.batch_id, payout.driver_id, name, payout.amount, payout.withheld, payout.fees),
        *(payout.currency, payout.method.value, phone, payout.status.value, payout.provider_ref, payout.failure_code),
        *(payout.scheduled_at, payout.done_at),
    )
