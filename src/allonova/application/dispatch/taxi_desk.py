"""What every change of a taxi begins and ends with."""

from __future__ import annotations

from uuid import UUID

from allonova.application.dispatch.fleet_views import TaxiView, promise_views
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.return_to_pool import return_to_pool
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.events import TaxiChanged
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import Taxi, TaxiPromised
from allonova.domain.kernel.errors import NotFound, PreconditionRequired


@wired
class TaxiDesk:
    """Keeps what became of taxis that a unit has locked."""

    clock: Clock
    offers: OfferDesk
    trail: Trail

    async def require_current(
        self, unit: DispatchUnit, by: Membre, taxi: Taxi, expected: int | None, *, may_be_asked: bool
    ) -> None:
        """Refuse to change one that is given up or not as the caller read it. `may_be_asked` is whether a company may
        want the version named.

        Raises:
            NotFound: it is no longer active.
            PreconditionRequired: the company wants a version and there is none.
            PreconditionFailed: it has changed since `expected`.
        """
        if not taxi.active:
            raise NotFound
        if may_be_asked and expected is None and (await unit.societes.get(by.societe_id)).version_obligatoire:
            raise PreconditionRequired
        if expected is not None and expected != taxi.version:
            require_version(expected, taxi.version, await self.show(unit, by, taxi.id))

    async def empty(self, unit: DispatchUnit, by: Membre, taxi: Taxi, promised: list[Commande], *, force: bool) -> None:
        """Give its courses back to the pool. Raises TaxiPromised unless `force` allows it."""
        if promised and not force:
            raise TaxiPromised(courses=promise_views(promised))
        await return_to_pool(self.offers, unit, promised, by, taxi_id=taxi.id)

    async def record(
        self, unit: DispatchUnit, by: Membre, deed: str, taxi: Taxi, *, before: Taxi | None, is_gone: bool = False
    ) -> None:
        """Write it into the company's log and let the boards know."""
        after = None if is_gone else taxi
        await self.trail.record(unit, by, by.societe_id, f"taxi.{deed}", "taxi", before=before, after=after)
        await unit.outbox.put(TaxiChanged(by.societe_id, taxi.id, taxi.version, str(by.id)))

    async def show(self, unit: DispatchUnit, by: Membre, taxi_id: UUID) -> TaxiView:
        """The taxi with this unit's changes."""
        view = await unit.fleet.taxi(by.societe_id, taxi_id)
        if view is None:
            raise NotFound
        return view
