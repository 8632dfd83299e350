"""Reads of what is somebody's own: where his money may go, what he has earned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.earnings import EarnedTotals, EarningView
from allonova.application.money.ports import MoneyUnit
from allonova.domain.money.payout_account import PayoutAccount


class OwnerUnit(IdentityUnit, MoneyUnit, Protocol):
    """A transaction over somebody's account and his money."""


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """What decides where and when somebody's money may leave: his verified phone, the account that he named, and when
    anything that guards them changed last.
    """

    phone: str | None
    account: PayoutAccount | None
    changed_at: datetime | None


class WalletQueries(Protocol):
    """Reads outside a transaction, one round trip each."""

    async def payout_facts(self, user_id: UUID) -> PayoutFacts:
        """See PayoutFacts."""

    async def earnings(
        self, driver_id: UUID, query: ListQuery, *, since: datetime | None, until: datetime | None
    ) -> Page[EarningView]:
        """What came to a driver and what was taken from him, `since ≤ t < until`, entry by entry as the books have it;
        fields: completed_at.
        """

    async def earned(self, driver_id: UUID, *, since: datetime | None, until: datetime | None) -> EarnedTotals:
        """All of that added up, and what he is owed now."""
