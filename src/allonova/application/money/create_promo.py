"""Make a promo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.promo_views import PromoView, promo_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, ValidationError
from allonova.domain.money.promo import Promo, PromoCodeTaken, PromoStatus, PromoType


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoDraft:
    """A new promo; without a `starts_at` it starts now."""

    code: str
    type: PromoType
    value: int
    max_uses: int | None
    per_user_limit: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    status: PromoStatus


@wired
class CreatePromo:
    """A code is one promo's for ever, however it is written."""

    begin: Begin[MoneyUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, PromoCodeTaken)

    async def __call__(self, *, by: Actor, draft: PromoDraft) -> PromoView:
        """Raises PromoCodeTaken."""
        now = self.clock.now()
        promo = Promo(
            id=self.ids.new(),
            code=draft.code.upper(),
            type=draft.type,
            value=draft.value,
            max_uses=draft.max_uses,
            per_user_limit=draft.per_user_limit,
            starts_at=draft.starts_at or now,
            ends_at=draft.ends_at,
            status=draft.status,
            created_at=now,
            updated_at=now,
        )
        promo.require_sound()
        async with self.begin() as unit:
            await unit.promos.add(promo)
            await unit.audit.put(actor=by, action="promo.created", entity="promo", entity_id=promo.id)
        return promo_view(promo)
