"""Takes orders, whoever brings them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.auto import auto_at
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.calendrier import local_day
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import DUREE_MINUTES, Commande, Source, end_of
from allonova.domain.dispatch.events import CommandeChanged
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """What somebody wants driven."""

    prise_en_charge: str
    destination: str
    prise_en_charge_point: Point | None = None
    destination_point: Point | None = None
    date_iso: datetime
    duree_minutes: int = DUREE_MINUTES
    passagers: int = 1
    bagages: int = 0
    vol: str | None = None
    commentaire: str | None = None


@wired
class OrderDesk:
    """Writes a commande into the pool, with the next reference of the company's year."""

    clock: Clock
    ids: Ids
    notices: NoticeDesk
    trail: Trail

    async def place(
        self,
        unit: DispatchUnit,
        societe: Societe,
        client: Client,
        draft: OrderDraft,
        *,
        source: Source,
        by: Membre | None = None,
        id: UUID | None = None,
        suivi_hash: str | None = None,
    ) -> Commande:
        """Admins are told, except him who entered it. `id` is one that the caller has made, to derive a link from."""
        now = self.clock.now()
        annee = local_day(now, societe.fuseau).year
        number = await unit.societes.next_number(societe.id, annee)
        commande = Commande(
            id=id or self.ids.new(),
            societe_id=societe.id,
            reference=f"NV-{annee}-{number:06d}",
            client_id=client.id,
            prise_en_charge=draft.prise_en_charge,
            destination=draft.destination,
            prise_en_charge_point=draft.prise_en_charge_point,
            destination_point=draft.destination_point,
            date_iso=draft.date_iso,
            duree_minutes=draft.duree_minutes,
            fin_iso=end_of(draft.date_iso, draft.duree_minutes),
            passagers=draft.passagers,
            bagages=draft.bagages,
            vol=draft.vol,
            commentaire=draft.commentaire,
            source=source,
            en_attente_depuis=now,
            cree_par=None if by is None else by.id,
            suivi_hash=suivi_hash,
            created_at=now,
            updated_at=now,
        )
        commande.auto_at = auto_at(societe, commande)
        await unit.commandes.add(commande)
        doer = "" if by is None else str(by.id)
        await unit.outbox.put(CommandeChanged(societe.id, commande.id, commande.version, "create", doer))
        await self.trail.record(unit, by, societe.id, "commande.creee", "commande", after=commande)
        await self.notices.tell_admins(
            unit,
            societe.id,
            NotificationType.COMMANDE_CREEE,
            titre="Nouvelle commande",
            description=f"{commande.reference} : {commande.prise_en_charge} → {commande.destination}",
            data={"commandeId": str(commande.id)},
            but=None if by is None else by.id,
        )
        return commande
