"""Whether a taxi can have a course."""

from __future__ import annotations

from datetime import datetime

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import conflit_views
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.conflits import NEIGHBOURS, CommandeConflict, Conflit, ConflitCode, Plan, conflicts
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Taxi, TaxiStatut


def plan_of(commande: Commande) -> Plan:
    """A commande as a piece of a taxi's day."""
    return Plan(
        commande_id=commande.id,
        reference=commande.reference,
        debut=commande.date_iso,
        fin=commande.fin_iso,
        depart=commande.prise_en_charge_point,
        arrivee=commande.destination_point,
    )


def _standing(taxi: Taxi, driver: StaffUser | None) -> list[Conflit]:
    """What stands in the way of any course."""
    found = []
    if driver is None:
        found.append(Conflit(code=ConflitCode.SANS_CHAUFFEUR))
    if taxi.statut is TaxiStatut.HORS_SERVICE or not taxi.active:
        found.append(Conflit(code=ConflitCode.HORS_SERVICE))
    return found


async def find_obstacles(
    unit: DispatchUnit, commande: Commande, taxi: Taxi, driver: StaffUser | None, *, now: datetime
) -> list[Conflit]:
    """All that stands in the way of this commande, at its time, on this taxi, which the unit has locked."""
    found = _standing(taxi, driver)
    around = (commande.date_iso - NEIGHBOURS, commande.fin_iso + NEIGHBOURS)
    others = await unit.commandes.plans(taxi.id, start=around[0], end=around[1], now=now)
    return found + conflicts(plan_of(commande), others)


async def find_course_obstacles(
    unit: DispatchUnit, commande: Commande, taxi: Taxi, driver: StaffUser | None
) -> list[Conflit]:
    """What stands in the way of a chauffeur who says yes: courses that the taxi or he has been given. What either is
    only asked for does not, for he has just chosen. The unit has locked both.
    """
    found = _standing(taxi, driver)
    if driver is None:
        return found
    start, end = commande.date_iso - NEIGHBOURS, commande.fin_iso + NEIGHBOURS
    courses = await unit.commandes.courses_of(taxi.id, driver.id, start=start, end=end)
    return found + conflicts(plan_of(commande), courses)


async def crew_of(unit: DispatchUnit, demande: Demande) -> tuple[Taxi, StaffUser | None]:
    """The taxi of an offer and, if he still drives it, the chauffeur; both locked, so that neither is given away
    meanwhile.
    """
    taxi = await unit.taxis.get(demande.taxi_id, lock=True)
    driver = await unit.staff.get(demande.chauffeur_id, lock=True)
    is_his = driver.active and driver.taxi_id == taxi.id
    return taxi, driver if is_his else None


def require_possible(obstacles: list[Conflit], *, force: bool) -> None:
    """Raise CommandeConflict, unless there is nothing that `force` does not pass over."""
    standing = [each for each in obstacles if not force or each.code is ConflitCode.SANS_CHAUFFEUR]
    if standing:
        raise CommandeConflict(conflits=conflit_views(standing))
