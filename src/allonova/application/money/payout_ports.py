"""What payouts ask of their stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import JobRuns, Store
from allonova.application.money.ports import Journal, MoneyUnit
from allonova.domain.money.journal import Entry
from allonova.domain.money.payout import Payout, PayoutBatch
from allonova.domain.money.payouts_due import Earner


class PayoutStore(Store[Payout], Protocol):
    """Payouts."""

    async def take_turn(self) -> None:
        """Nobody else pays earnings out before this unit ends, and what was paid before is seen."""

    async def earners(self, *, until: datetime, changed_since: datetime) -> Sequence[Earner]:
        """Whoever is owed something that he earned before `until`, in the order of their ids. What left him since, or
        was charged to him, is not owed, nor is what a ride brought about which its sides argue, or of which a second
        admin has yet to give back. `has_changed` looks at changes of what guards his account after
        `changed_since`.
        """

    async def of_batch(self, batch_id: UUID) -> list[Payout]:
        """A batch's payouts, locked in the order of their ids."""

    async def add_all(self, entities: Sequence[Payout]) -> None:
        """Keep new ones."""

    async def save_all(self, entities: Sequence[Payout]) -> None:
        """Keep changed ones, which this unit has locked."""


class BatchJournal(Journal, Protocol):
    """The books, for many entries at once."""

    async def post_all(self, entries: Sequence[Entry]) -> None:
        """Append them; again raises AlreadyExists."""


class PayoutUnit(MoneyUnit, Protocol):
    """A transaction over payouts."""

    @property
    def payouts(self) -> PayoutStore: ...
    @property
    def payout_batches(self) -> Store[PayoutBatch]: ...
    @property
    def journal(self) -> BatchJournal: ...
    @property
    def job_runs(self) -> JobRuns: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLine:
    """A payout and the name of who gets it."""

    payout: Payout
    first_name: str | None
    last_name: str | None


class PayoutQueries(Protocol):
    """Reads outside a transaction, one round trip each; lists two."""

    async def payouts(self, query: ListQuery) -> Page[Payout]:
        """Fields: id, status, method, kind, batch_id, driver_id, created_at."""

    async def payouts_of(self, driver_id: UUID, query: ListQuery) -> Page[Payout]:
        """Somebody's own; the same fields."""

    async def batches(self, query: ListQuery) -> Page[PayoutBatch]:
        """Fields: id, status, created_at."""

    async def batch(self, id: UUID) -> PayoutBatch | None:
        """One of them."""

    async def lines(self, batch_id: UUID, *, after: UUID | None, limit: int) -> list[PayoutLine]:
        """A batch's payouts in the order of their drivers' ids, from behind one of these drivers on."""

    async def unsettled(self, *, before: datetime, limit: int) -> list[UUID]:
        """Scheduled and sent payouts of which nothing was heard since then, those first that were asked about longest
        ago.
        """
