"""Remembers that a provider was asked, though it did not answer, so that others get their turn."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.application.kernel.ports import Begin, Store
from allonova.application.money.ports import MoneyUnit
from allonova.domain.money.reconciliation import Subject


async def note_asked(begin: Begin[MoneyUnit], subject: Subject, id: UUID, now: datetime) -> None:
    """Set when it was asked about last."""
    async with begin() as unit:
        stores: dict[Subject, Store[Any]] = {
            Subject.PAYMENT: unit.payments,
            Subject.REFUND: unit.refunds,
            Subject.PAYOUT: unit.payouts,
        }
        found = await stores[subject].get(id, lock=True)
        found.checked_at = now
        await stores[subject].save(found)
