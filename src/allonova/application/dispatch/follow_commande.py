"""Look at one's course by the link that came with its confirmation."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar, Final

from allonova.application.dispatch.form_queries import FormQueries, Suivi
from allonova.application.dispatch.ports import Doors
from allonova.application.dispatch.wire import wire
from allonova.application.identity.codes import token_hash
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import PROMISED, SUIVI_KEPT, CommandeStatut
from allonova.domain.kernel.errors import DomainError, NotFound

REFERENCE: Final = re.compile(r"NV-[0-9]{4}-[0-9]{6,9}")  # nova.md, Objects


@wire
class SuiviTaxi:
    """The taxi to look out for."""

    numero: str
    plaque: str


@wire
class SuiviPosition:
    """Where the taxi was at an instant."""

    lat: float
    lon: float
    at: datetime


@wire
class SuiviView:
    """A course, to whoever ordered it. `taxi` is known once it is assigned, `position` while it is under way."""

    reference: str
    statut: CommandeStatut
    date_iso: datetime
    prise_en_charge: str
    destination: str
    taxi: SuiviTaxi | None
    position: SuiviPosition | None


@wired
class FollowCommande:
    """The token says of which company the course is; its hash is all that is looked for, so that a wrong token costs
    the same whether the reference exists or not.
    """

    doors: Doors
    queries: FormQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, reference: str, token: str) -> SuiviView:
        """Raises NotFound for a wrong token, and from a day after the course on."""
        if REFERENCE.fullmatch(reference) is None:
            raise NotFound
        suivi_hash = token_hash(token)
        societe_id = await self.doors.of_suivi(reference, suivi_hash)
        found = None if societe_id is None else await self.queries.suivi(societe_id, suivi_hash)
        if found is None or self.clock.now() >= ends_at(found):
            raise NotFound
        return suivi_view(found)


def ends_at(suivi: Suivi) -> datetime:
    """When the link shows nothing any more: a day after the course was over, or should have been."""
    commande = suivi.commande
    return (commande.terminee_at or commande.annulee_at or commande.fin_iso) + SUIVI_KEPT


def suivi_view(suivi: Suivi) -> SuiviView:
    """A taxi that was only asked, or is not wanted any more, is nobody's business; nor is where a taxi is that has no
    course, or that somebody else drives by now.
    """
    commande, seen = suivi.commande, suivi.seen
    is_promised = commande.statut in (*PROMISED, CommandeStatut.TERMINEE)
    if commande.statut is not CommandeStatut.EN_COURS or (seen and seen.chauffeur_id != commande.chauffeur_id):
        seen = None
    return SuiviView(
        reference=commande.reference,
        statut=commande.statut,
        date_iso=commande.date_iso,
        prise_en_charge=commande.prise_en_charge,
        destination=commande.destination,
        taxi=SuiviTaxi(numero=suivi.numero or "", plaque=suivi.plaque or "") if is_promised else None,
        position=SuiviPosition(lat=seen.point.lat, lon=seen.point.lon, at=seen.at) if seen else None,
    )
