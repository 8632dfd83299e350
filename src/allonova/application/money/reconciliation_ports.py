"""What reconciliation asks of its stores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import JobRuns, Store
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.money.reconciliation_views import DifferenceView, LastChecks
from allonova.domain.money.payment import Method
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.reconciliation import BooksCheck, Difference, Reconciliation, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is under way and was made by `made_by`, unless it was asked about after `asked_by`; what was made by
    `old_from`, unless after `old_asked_by`.
    """

    made_by: datetime
    asked_by: datetime
    old_from: datetime
    old_asked_by: datetime
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What ended from `since` to `until`, and what ended and differs, unless it was asked about at `asked_before` or
    later.
    """

    since: datetime
    until: datetime
    asked_before: datetime
    limit: int


class DifferenceStore(Store[Difference], Protocol):
    """Differences."""

    async def open_of(self, subject: Subject, subject_id: UUID) -> list[Difference]:
        """Those of an object that stand."""


class ReconciliationUnit(PayoutUnit, Protocol):
    """A transaction over money and what was found to differ."""

    @property
    def differences(self) -> DifferenceStore: ...
    @property
    def reconciliations(self) -> Store[Reconciliation]: ...
    @property
    def books_checks(self) -> Store[BooksCheck]: ...
    @property
    def job_runs(self) -> JobRuns: ...


class ReconciliationQueries(Protocol):
    """Reads outside a transaction, one round trip each; the list two. What providers are asked about comes in the order
    in which it was asked about last, what never was first.
    """

    async def open_payments(self, due: Due, methods: Collection[Method]) -> list[UUID]:
        """Payments under way."""

    async def open_refunds(self, due: Due, methods: Collection[Method]) -> list[UUID]:
        """Refunds under way at providers."""

    async def payments_to_compare(self, ended: Ended, methods: Collection[Method]) -> list[UUID]:
        """Payments that last changed then, and those that differ."""

    async def refunds_to_compare(self, ended: Ended, methods: Collection[Method]) -> list[UUID]:
        """Refunds that were to go to their providers by our will, whatever became of it."""

    async def payouts_to_compare(self, ended: Ended, methods: Collection[PayoutMethod]) -> list[UUID]:
        """Payouts that were sent."""

    async def last_checks(self) -> LastChecks:
        """The last run and the last proof of the books."""

    async def differences(self, query: ListQuery) -> Page[DifferenceView]:
        """Fields: id, kind, status, provider, subject, subject_id, created_at."""
