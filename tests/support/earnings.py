"""Francs that drivers have earned, without the rides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.application.money.ports import MoneyUnit
from allonova.domain.money.journal import COMMISSION, PENALTIES, Entry, EntryKind, Posting, driver_payable, move
from tests.support.factories import new_id


def an_earning(driver_id: UUID, francs: int, at: datetime) -> Entry:
    """We owe a driver so much more."""
    return _entry(EntryKind.RIDE_COMPLETED, move(COMMISSION, (driver_payable(driver_id), francs)), at)


async def earn(unit: MoneyUnit, driver_id: UUID, francs: int, at: datetime) -> None:
    """The same, in the books."""
    await unit.journal.post(an_earning(driver_id, francs, at))


async def charge(unit: MoneyUnit, driver_id: UUID, francs: int, at: datetime) -> None:
    """A penalty is withheld from him."""
    postings = move(driver_payable(driver_id), (PENALTIES, francs))
    await unit.journal.post(_entry(EntryKind.DRIVER_PENALTY, postings, at))


def _entry(kind: EntryKind, postings: tuple[Posting, ...], at: datetime) -> Entry:
    return Entry(id=new_id(), kind=kind, ref_type="test", ref_id=new_id(), postings=postings, created_at=at)
