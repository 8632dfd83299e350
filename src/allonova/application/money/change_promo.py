"""Change a promo."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.promo_views import PromoView, promo_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed, ValidationError
from allonova.domain.money.promo import PromoChange


@wired
class ChangePromo:
    """What it gives, to how many, when, and whether it is on. What was reserved before stays as it was told."""

    begin: Begin[MoneyUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ValidationError, PreconditionFailed)

    async def __call__(self, *, by: Actor, promo_id: UUID, change: PromoChange, expected: int | None) -> PromoView:
        """`expected` is the version of `If-Match`. Nothing is written when nothing changes."""
        async with self.begin() as unit:
            promo = await unit.promos.get(promo_id, lock=True)
            require_version(expected, promo.version, promo_view(promo))
            changed = promo.change(change, self.clock.now())
            if changed:
                await unit.promos.save(promo)
                meta: dict[str, str | int] = {"changed": ",".join(sorted(changed))}
                await unit.audit.put(actor=by, action="promo.changed", entity="promo", entity_id=promo.id, meta=meta)
        return promo_view(promo)
