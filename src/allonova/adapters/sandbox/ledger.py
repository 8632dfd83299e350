"""Each provider's own books: the money it says it moved, to be compared with ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from allonova.adapters.sandbox.times import iso

if TYPE_CHECKING:
    from datetime import datetime

    from allonova.adapters.sandbox.state import Json, State


class Book(StrEnum):
    """The three books of a provider."""

    CHARGES = "charges"
    REFUNDS = "refunds"
    PAYOUTS = "payouts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that a provider moved: `ref` is the id under which we know it, `amount` whole units."""

    ref: str
    amount: int
    status: str
    at: datetime
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The books of all providers; one line per book and reference, whatever is repeated."""

    state: State

    def post(self, provider: str, book: Book, movement: Movement) -> None:
        """Writes one line; the same reference again only moves its status (a payout that gets done)."""
        self.state.rows(
            "INSERT INTO ledger (provider, book, ref, amount, status, phone, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (provider, book, ref) DO UPDATE SET status = excluded.status",
            provider, book.value, movement.ref, movement.amount, movement.status, movement.phone,
            iso(movement.at),
        )  # fmt: skip

    def has(self, provider: str, book: Book, ref: str) -> bool:
        """Whether that line stands."""
        sql = "SELECT 1 FROM ledger WHERE provider = ? AND book = ? AND ref = ?"
        return self.state.row(sql, provider, book.value, ref) is not None

    def of(self, provider: str) -> dict[str, list[Json]]:
        """That provider's three books, oldest line first."""
        books: dict[str, list[Json]] = {book.value: [] for book in Book}
        for row in self.state.rows("SELECT * FROM ledger WHERE provider = ? ORDER BY seq", provider):
            line: Json = {key: row[key] for key in ("ref", "amount", "status", "phone", "at")}
            if line["phone"] is None:
                del line["phone"]
            books[row["book"]].append(line)
        return books
