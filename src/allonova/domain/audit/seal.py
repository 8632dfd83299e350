"""The chain of hashes over the audit log: which rows there were, in which order, and what stood in them.

Each seal is SHA-256 over the one before it and over its row. Whoever knows one hash of the chain (the head that
`allonova audit verify` prints) can tell whether anything before it was touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from allonova.domain.kernel.machine import Party

START = bytes(32)
"""What the first seal follows."""

SETTLE = timedelta(seconds=5)
"""How old a row is before it is sealed: those of one moment then stand in the order of their time."""

LATE = timedelta(minutes=10)
"""A row bears the time of its commit. One that is seen so much later than rows of its time was written afterwards."""

NIGHT = timedelta(hours=2)
"""The log is proven once a day, from two in the morning on."""

SHOWN_FAULTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which object. `meta` names facts and changed fields, never personal values."""

    id: UUID
    actor_type: Party
    actor_id: UUID | None
    action: str
    entity: str
    entity_id: UUID
    meta: Mapping[str, str | int]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link: `seq` counts from 1 in the order of sealing, `upto` is the latest time of any row sealed so far."""

    seq: int
    log_id: UUID
    upto: datetime
    hash: bytes


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A seal with its row, if that is still there."""

    seal: Seal
    entry: AuditEntry | None


@dataclass(slots=True, kw_only=True)
class AuditCheck:
    """One night's proof, and the head of the chain as it was then."""

    id: UUID
    tick: str
    sealed: int
    waiting: int
    head: str
    fault_count: int
    faults: list[str]
    version: int = 1
    created_at: datetime
    updated_at: datetime


def canonical(entry: AuditEntry) -> bytes:
    """A row as the bytes that are hashed: the same for the same values, another for any other."""
    values = [
        str(entry.id),
        entry.actor_type,
        None if entry.actor_id is None else str(entry.actor_id),
        entry.action,
        entry.entity,
        str(entry.entity_id),
        entry.meta,
        entry.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def link(before: bytes, entry: AuditEntry) -> bytes:
    """The hash of a row that follows `before`."""
    return hashlib.sha256(before + canonical(entry)).digest()


def seals_of(entries: Sequence[AuditEntry], last: Seal | None) -> list[Seal]:
    """The seals of rows that follow the last one, in that order."""
    found: list[Seal] = []
    for entry in entries:
        upto = entry.created_at if last is None else max(last.upto, entry.created_at)
        hash_ = link(START if last is None else last.hash, entry)
        last = Seal(seq=1 if last is None else last.seq + 1, log_id=entry.id, upto=upto, hash=hash_)
        found.append(last)
    return found


def night_of(now: datetime) -> str:
    """The night that a proof is of."""
    return (now - NIGHT).date().isoformat()


class Proof:
    """Follows the chain from its start, and says what does not fit.

    Args:
        noted: heads that were seen before, by their `seq`.
        wanted: a hash that somebody kept elsewhere, in hexadecimal.
    """

    def __init__(self, noted: Mapping[int, str], wanted: str | None = None) -> None:
        self._noted = noted
        self._wanted = wanted
        self._is_found = wanted is None
        self.last: Seal | None = None
        self.fault_count = 0
        self.faults: list[str] = []

    @property
    def head(self) -> str:
        """The last hash; that of nothing when there is none."""
        return (START if self.last is None else self.last.hash).hex()

    def blame(self, fault: str) -> None:
        """Count a fault, and keep the first ones."""
        self.fault_count += 1
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(fault)

    def take(self, sealed: SealedEntry) -> None:
        """The next seal, in the order of `seq`. After a fault the chain is followed from what stands there: each row is
        judged by itself.
        """
        seal, entry, last = sealed.seal, sealed.entry, self.last
        due = 1 if last is None else last.seq + 1
        if seal.seq != due:
            self.blame(f"seals {due} to {seal.seq - 1}: gone")
        if entry is None:
            self.blame(f"row {seal.log_id}: gone (seal {seal.seq})")
        elif seal.seq == due and link(START if last is None else last.hash, entry) != seal.hash:
            self.blame(f"row {entry.id}: not what was sealed (seal {seal.seq})")
        if entry is not None:
            self._judge_time(seal, entry)
        if self._noted.get(seal.seq, seal.hash.hex()) != seal.hash.hex():
            self.blame(f"seal {seal.seq}: another one was noted here")
        self._is_found = self._is_found or seal.hash.hex() == self._wanted
        self.last = seal

    def finish(self) -> None:
        """There are no more seals."""
        end = 0 if self.last is None else self.last.seq
        if (noted := max(self._noted, default=0)) > end:
            self.blame(f"seals {end + 1} to {noted}: cut off")
        if not self._is_found:
            self.blame(f"head {self._wanted}: not in the chain, which was cut off or written anew")

    def _judge_time(self, seal: Seal, entry: AuditEntry) -> None:
        before = None if self.last is None else self.last.upto
        if seal.upto != (entry.created_at if before is None else max(before, entry.created_at)):
            self.blame(f"seal {seal.seq}: its time does not follow from its row")
        if before is not None and entry.created_at < before - LATE:
            self.blame(f"row {entry.id}: claims a time that was sealed before (seal {seal.seq})")
