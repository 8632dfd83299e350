"""Offers to chauffeurs: how they are made, and how they end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande, CommandeAction
from allonova.domain.dispatch.demande import Demande, DemandeAction, DemandeStatut, Origine
from allonova.domain.dispatch.events import CommandeChanged, DemandesChanged
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.machine import Party


@wired
class OfferDesk:
    """Makes and ends demandes, and saves cards. The unit has locked the commande, then the taxis."""

    clock: Clock
    ids: Ids
    notices: NoticeDesk

    async def save(
        self,
        unit: DispatchUnit,
        commande: Commande,
        action: CommandeAction | str,
        *,
        before: Commande,
        by: Membre | None,
    ) -> None:
        """Keep a changed card and let boards and phones know. `before` is how it stood: who had it may have it no
        more.
        """
        await unit.commandes.save(commande)
        await self._moved(unit, commande, action, before=before, by=by)

    async def save_all(
        self,
        unit: DispatchUnit,
        changes: Sequence[tuple[Commande, Commande]],
        action: CommandeAction,
        *,
        by: Membre | None,
    ) -> None:
        """The same for several, (before, after) each, in as many round trips as for one."""
        await unit.commandes.save_all([commande for _, commande in changes])
        for before, commande in changes:
            await self._moved(unit, commande, action, before=before, by=by)

    async def _moved(
        self,
        unit: DispatchUnit,
        commande: Commande,
        action: CommandeAction | str,
        *,
        before: Commande,
        by: Membre | None,
    ) -> None:
        is_his = before.chauffeur_id in (None, commande.chauffeur_id)
        await unit.outbox.put(
            CommandeChanged(
                societe_id=commande.societe_id,
                commande_id=commande.id,
                version=commande.version,
                action=str(action),
                by="" if by is None else str(by.id),
                former="" if is_his else str(before.chauffeur_id),
            )
        )

    async def open(
        self,
        unit: DispatchUnit,
        societe: Societe,
        commande: Commande,
        taxi: Taxi,
        driver: StaffUser,
        *,
        origine: Origine,
        force: bool = False,
    ) -> Demande:
        """Ask a chauffeur; his phone rings. The commande itself is the caller's to change and save."""
        crews = [(taxi, driver)]
        return (await self.open_all(unit, societe, commande, crews, origine=origine, force=force))[0]

    async def open_all(
        self,
        unit: DispatchUnit,
        societe: Societe,
        commande: Commande,
        crews: Iterable[tuple[Taxi, StaffUser]],
        *,
        origine: Origine,
        force: bool = False,
    ) -> list[Demande]:
        """Ask several chauffeurs, in as many round trips as one."""
        now = self.clock.now()
        demandes = [
            Demande(
                id=self.ids.new(),
                societe_id=societe.id,
                commande_id=commande.id,
                chauffeur_id=driver.id,
                taxi_id=taxi.id,
                origine=origine,
                force=force,
                expire_at=now + societe.answer_time,
                created_at=now,
                updated_at=now,
            )
            for taxi, driver in crews
        ]
        await unit.demandes.add_all(demandes)
        await self._changed(unit, demandes, "create")
        await self.notices.tell_each(
            unit,
            societe.id,
            {each.chauffeur_id: {"commandeId": str(commande.id), "demandeId": str(each.id)} for each in demandes},
            NotificationType.DEMANDE_RECUE,
            titre="Nouvelle demande",
            description=f"{commande.reference} : {commande.prise_en_charge} → {commande.destination}",
        )
        return demandes

    async def grant(
        self,
        unit: DispatchUnit,
        societe: Societe,
        commande: Commande,
        taxi: Taxi,
        driver: StaffUser,
        *,
        force: bool,
    ) -> None:
        """Write down a yes that a dispatcher gave in the chauffeur's name, nobody having been asked."""
        now = self.clock.now()
        demande = Demande(
            id=self.ids.new(),
            societe_id=societe.id,
            commande_id=commande.id,
            chauffeur_id=driver.id,
            taxi_id=taxi.id,
            force=force,
            expire_at=now + societe.answer_time,
            created_at=now,
            updated_at=now,
        )
        demande.go(DemandeAction.CONFIRM, Party.ADMIN, now)
        await unit.demandes.add(demande)
        await self._changed(unit, [demande], DemandeAction.CONFIRM)

    async def announce(self, unit: DispatchUnit, demandes: Iterable[Demande]) -> None:
        """Let their phones show open ones anew."""
        await self._changed(unit, list(demandes), "edit")

    async def announce_open(self, unit: DispatchUnit, commande: Commande) -> None:
        """Let every phone that is asked for this commande show it anew: its words are others."""
        now = self.clock.now()
        await self.announce(unit, [each for each in await unit.demandes.of_commande(commande.id) if each.is_open(now)])

    async def end(
        self, unit: DispatchUnit, demande: Demande, action: DemandeAction, by: Party, *, motif: str | None = None
    ) -> None:
        """Write down how a demande ended, and let its phone know."""
        demande.go(action, by, self.clock.now(), motif=motif)
        await unit.demandes.save(demande)
        await self._changed(unit, [demande], action)

    async def close_overdue(self, unit: DispatchUnit, demandes: list[Demande]) -> list[Demande]:
        """End those whose time is over; which they were."""
        now = self.clock.now()
        overdue = [d for d in demandes if d.statut is DemandeStatut.PROPOSEE and not d.is_open(now)]
        await self.end_all(unit, [(overdue, DemandeAction.EXPIRE)])
        return overdue

    async def withdraw_all(self, unit: DispatchUnit, commande: Commande, *, but: UUID | None = None) -> list[Demande]:
        """End every demande of a commande that is open or accepted, except `but`; which they were."""
        demandes = await unit.demandes.of_commande(commande.id)
        await self.close_overdue(unit, demandes)
        standing = (DemandeStatut.PROPOSEE, DemandeStatut.ACCEPTEE)
        ended = [each for each in demandes if each.statut in standing and each.id != but]
        await self.end_all(unit, [(ended, DemandeAction.WITHDRAW)])
        return ended

    async def end_all(self, unit: DispatchUnit, endings: Sequence[tuple[Sequence[Demande], DemandeAction]]) -> None:
        """How these ended by themselves: of one commande and alike each time, and all in as many round trips as one."""
        now = self.clock.now()
        for demandes, action in endings:
            for demande in demandes:
                demande.go(action, Party.SYSTEM, now)
        ended = [demande for demandes, _ in endings for demande in demandes]
        if ended:
            await unit.demandes.save_all(ended)
        for demandes, action in endings:
            await self._changed(unit, demandes, action)

    async def _changed(self, unit: DispatchUnit, demandes: Sequence[Demande], action: str) -> None:
        """One event for all of a commande: what is broadcast to two hundred must not hold up all other screens."""
        if demandes:
            first, ids = demandes[0], " ".join(str(demande.id) for demande in demandes)
            await unit.outbox.put(DemandesChanged(first.societe_id, first.commande_id, ids, str(action)))
