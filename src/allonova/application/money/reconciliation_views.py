"""What the back office sees of reconciliation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.money.reconciliation import (
    BooksCheck,
    Difference,
    DifferenceKind,
    DifferenceStatus,
    Reconciliation,
    Resolution,
    Subject,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceView:
    """A provider says `theirs` of what is `ours` with us. Francs; null where a side names none. A closed one was mended
    at once by what the provider said, or was gone when it was looked for again.
    """

    id: UUID
    kind: DifferenceKind
    subject: Subject
    subject_id: UUID
    provider: str
    ours: str
    theirs: str
    our_amount: int | None
    their_amount: int | None
    status: DifferenceStatus
    resolution: Resolution | None
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRun:
    """A day's run, finished or under way. `asked` counts payments, refunds and payouts; for `unanswered` of them no
    provider answered: they are asked about again the next day.
    """

    id: UUID
    started_at: datetime
    finished_at: datetime | None
    asked: int
    unanswered: int
    settled: int
    differences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksProof:
    """A night's proof of the books: how many faults, and the first of them."""

    verified_at: datetime
    entries: int
    postings: int
    fault_count: int
    faults: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChecks:
    """The last run and the last proof; None before the first."""

    run: ReconciliationRun | None
    books: BooksProof | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationReport:
    """How our books and the providers' stand to each other, with a page of the differences."""

    run: ReconciliationRun | None
    books: BooksProof | None
    differences: Sequence[DifferenceView]


def difference_view(found: Difference) -> DifferenceView:
    """A difference as the back office sees it."""
    return DifferenceView(
        id=found.id,
        kind=found.kind,
        subject=found.subject,
        subject_id=found.subject_id,
        provider=found.provider,
        ours=found.ours,
        theirs=found.theirs,
        our_amount=found.our_amount,
        their_amount=found.their_amount,
        status=found.status,
        resolution=found.resolution,
        created_at=found.created_at,
        closed_at=found.closed_at,
    )


def run_view(run: Reconciliation) -> ReconciliationRun:
    """A run as the back office sees it."""
    return ReconciliationRun(
        id=run.id,
        started_at=run.started_at,
        finished_at=run.finished_at,
        asked=run.asked,
        unanswered=run.unanswered,
        settled=run.settled,
        differences=run.differences,
    )


def books_view(check: BooksCheck) -> BooksProof:
    """A proof as the back office sees it."""
    return BooksProof(
        verified_at=check.created_at,
        entries=check.entries,
        postings=check.postings,
        fault_count=check.fault_count,
        faults=check.faults,
    )
