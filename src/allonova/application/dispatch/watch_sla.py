"""Tell the admins of commandes that wait too long."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.ports import DispatchUnit, Doors, Due
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.events import InterventionOpened
from allonova.domain.dispatch.intervention import Intervention, InterventionType, Priorite
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.societe import Societe
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

BATCH = 200


@wired
class WatchSla:
    """A job: of each wait that is longer than the company allows, one intervention, and word to every admin. Each in
    its own transaction, so that one that fails stops no other.
    """

    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    clock: Clock
    ids: Ids
    notices: NoticeDesk
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many waits were reported."""
        reported = 0
        while due := await self.doors.waiting_too_long(self.clock.now(), limit=BATCH):
            reported_now = sum([await self._reported(each) for each in due])
            reported += reported_now
            if reported_now == 0:
                break
        return reported

    async def _reported(self, due: Due) -> bool:
        try:
            return await self._report(due)
        except Exception:
            log.exception("wait not reported", extra={"commande_id": str(due.commande_id)})
            return False

    async def _report(self, due: Due) -> bool:
        async with self.begin_for(due.societe_id) as unit:
            commande = await unit.commandes.get(due.commande_id, lock=True)
            societe = await unit.societes.get(due.societe_id)
            now = self.clock.now()
            if not commande.has_waited_too_long(societe.longest_wait, now):
                return False
            await unit.commandes.mark_wait(commande, at=now)
            intervention = self._intervention(societe, commande, now)
            await unit.interventions.add(intervention)
            await unit.outbox.put(InterventionOpened(societe.id, intervention.id))
            await self.trail.record(unit, None, societe.id, "intervention.creee", "intervention", after=intervention)
            await self.notices.tell_admins(
                unit,
                societe.id,
                NotificationType.SLA_DEPASSE,
                titre="Délai de prise en charge dépassé",
                description=intervention.description,
                data={"commandeId": str(commande.id), "interventionId": str(intervention.id)},
            )
            return True

    def _intervention(self, societe: Societe, commande: Commande, now: datetime) -> Intervention:
        since = commande.waits_since.astimezone(ZoneInfo(societe.fuseau))
        return Intervention(
            id=self.ids.new(),
            societe_id=societe.id,
            commande_id=commande.id,
            type=InterventionType.PRISE_EN_CHARGE,
            titre=f"{commande.reference} : aucun chauffeur",
            description=(
                f"La commande {commande.reference} attend un chauffeur depuis le {since:%d/%m/%Y à %H:%M} "
                f"(délai : {societe.sla_minutes} min)."
            ),
            priorite=Priorite.HAUTE,
            attente_depuis=commande.en_attente_depuis,
            created_at=now,
            updated_at=now,
        )
