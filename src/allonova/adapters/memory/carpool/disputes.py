"""Disputes and their evidence, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.carpool.dispute_ports import REFUSALS, DisputeStore, EvidenceStore
from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.dispute import MAX_DESCRIPTION, MAX_NOTE, Dispute, Evidence
from allonova.domain.identity.user import User

FIELDS: Mapping[str, Callable[[Dispute], Any]] = {
    name: attrgetter(name)
    for name in ("id", "booking_id", "opened_by", "status", "category", "created_at", "updated_at")
}

DISPUTES = Table(
    name="disputes",
    row=Dispute,
    uniques=(Unique("uq_disputes_open", ("booking_id", "opened_by"), where=lambda dispute: dispute.is_open),),
    foreigns=(
        Foreign("booking_id", "bookings"),
        Foreign("opened_by", "users"),
        Foreign("other_id", "users"),
        Foreign("refund_id", "refunds"),
    ),
    money=("refund_amount",),
    checks=(
        Check("others", lambda dispute: dispute.opened_by != dispute.other_id),
        Check("words", lambda dispute: dispute.description is None or 1 <= len(dispute.description) <= MAX_DESCRIPTION),
        Check("ended", lambda dispute: (dispute.resolved_at is None) is (dispute.resolution is None)),
        Check("refund", lambda dispute: (dispute.refund_amount is None) is (dispute.refund_id is None)),
    ),
    refusals=REFUSALS,
)
DISPUTE_EVIDENCE = Table(
    name="dispute_evidence",
    row=Evidence,
    foreigns=(Foreign("dispute_id", "disputes"), Foreign("user_id", "users")),
    checks=(Check("note", lambda evidence: evidence.note is None or 1 <= len(evidence.note) <= MAX_NOTE),),
)


def is_disputed(source: Rows, booking_id: UUID, *, but: UUID | None = None) -> bool:
    """Whether a dispute about a booking, `but` for one, waits for a decision."""
    disputes = source.rows(DISPUTES).values()
    return any(one.booking_id == booking_id and one.is_open and one.id != but for one in disputes)


class MemoryDisputes(MemoryStore[Dispute]):
    """Disputes."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DISPUTES)

    async def is_disputed(self, booking_id: UUID, *, but: UUID | None = None) -> bool:
        """See DisputeStore."""
        return is_disputed(self._transaction, booking_id, but=but)

    async def erase(self, user_id: UUID) -> None:
        """See DisputeStore."""
        for one in list(self._rows().values()):
            if one.opened_by == user_id and one.description is not None:
                self._transaction.put(DISPUTES, replace(one, description=None, version=one.version + 1))


class MemoryEvidence(MemoryStore[Evidence]):
    """What the sides give."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, DISPUTE_EVIDENCE)

    async def count_of(self, dispute_id: UUID, user_id: UUID) -> int:
        """See EvidenceStore."""
        return sum((one.dispute_id, one.user_id) == (dispute_id, user_id) for one in self._rows().values())

    async def erase(self, user_id: UUID) -> list[str]:
        """See EvidenceStore."""
        given = [one for one in self._rows().values() if one.user_id == user_id]
        for one in given:
            empty = replace(one, object_key=None, note=None, version=one.version + 1)
            self._transaction.put(DISPUTE_EVIDENCE, empty)
        return [one.object_key for one in given if one.object_key is not None]


class MemoryDisputeQueries:
    """Reads of disputes."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def dispute(self, id: UUID) -> Dispute | None:
        """See DisputeQueries."""
        found = self._source.rows(DISPUTES).get(id)
        return None if found is None else stored(found)

    async def disputes_of(self, user_id: UUID, query: ListQuery) -> Page[Dispute]:
        """See DisputeQueries."""
        mine = [one for one in self._source.rows(DISPUTES).values() if one.has(user_id)]
        return listed(mine, query, fields=FIELDS, show=stored)

    async def disputes(self, query: ListQuery) -> Page[Dispute]:
        """See DisputeQueries."""
        return listed(self._source.rows(DISPUTES).values(), query, fields=FIELDS, show=stored)

    async def evidence_of(self, dispute_id: UUID) -> list[Evidence]:
        """See DisputeQueries."""
        return _in_order(one for one in self._evidence() if one.dispute_id == dispute_id)

    async def given_by(self, user_id: UUID) -> list[Evidence]:
        """See DisputeQueries."""
        return _in_order(one for one in self._evidence() if one.user_id == user_id)

    async def sides(self, dispute_id: UUID) -> list[User]:
        """See DisputeQueries."""
        found, users = self._source.rows(DISPUTES).get(dispute_id), self._source.rows(USERS)
        return [] if found is None else [stored(users[id]) for id in (found.opened_by, found.other_id)]

    def _evidence(self) -> Iterable[Evidence]:
        return self._source.rows(DISPUTE_EVIDENCE).values()


def _in_order(rows: Iterable[Evidence]) -> list[Evidence]:
    return [stored(one) for one in sorted(rows, key=attrgetter("created_at", "id"))]


def _conforms(
    queries: MemoryDisputeQueries, disputes: MemoryDisputes, evidence: MemoryEvidence
) -> tuple[DisputeQueries, DisputeStore, EvidenceStore]:
    return queries, disputes, evidence
