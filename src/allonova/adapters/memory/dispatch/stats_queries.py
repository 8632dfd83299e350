"""Figures of the fleet and of chauffeurs, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import COMMANDES, DEMANDES, INTERVENTIONS, SEMAINES, SOCIETES, TAXIS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.dispatch.stats_queries import Fleet, FleetTaxi, KeptWeeks, StatsQueries
from allonova.domain.dispatch.calendrier import Jour, Span
from allonova.domain.dispatch.commande import DUREE_MAX_MINUTES
from allonova.domain.dispatch.figures import ACCEPTED, Activite, Course, DayFacts
from allonova.domain.kernel.errors import NotFound

_LONGEST = timedelta(minutes=DUREE_MAX_MINUTES)


class MemoryStatsQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def fleet(self, societe_id: UUID) -> Fleet:
        """See StatsQueries."""
        rows = self._source.of(societe_id)
        taxis = rows.rows(TAXIS).values()
        return Fleet(
            _fuseau(rows),
            tuple(FleetTaxi(id=each.id, numero=each.numero, statut=each.statut, active=each.active) for each in taxis),
        )

    async def day_facts(self, societe_id: UUID, spans: Sequence[Span]) -> list[DayFacts]:
        """See StatsQueries."""
        rows = self._source.of(societe_id)
        return [_facts(rows, span) for span in spans]

    async def kept_weeks(self, societe_id: UUID, chauffeur_id: UUID, *, since: date) -> KeptWeeks:
        """See StatsQueries."""
        rows = self._source.of(societe_id)
        found = [s for s in rows.rows(SEMAINES).values() if s.chauffeur_id == chauffeur_id and s.debut >= since]
        return KeptWeeks(_fuseau(rows), tuple(stored(each) for each in sorted(found, key=attrgetter("debut"))))

    async def activity(
        self, societe_id: UUID, jours: Sequence[Jour], *, chauffeur_id: UUID | None = None
    ) -> list[Activite]:
        """See StatsQueries."""
        rows = self._source.of(societe_id)
        drivers = {c.chauffeur_id for c in rows.rows(COMMANDES).values() if c.chauffeur_id is not None}
        drivers |= {demande.chauffeur_id for demande in rows.rows(DEMANDES).values()}
        wanted = drivers if chauffeur_id is None else {chauffeur_id}
        each = [_activite(rows, id, day) for id in sorted(wanted) for day in sorted(jours, key=attrgetter("date"))]
        return [activite for activite in each if activite.courses or activite.proposees]


def _fuseau(rows: Rows) -> str:
    found = next(iter(rows.rows(SOCIETES).values()), None)
    if found is None:
        raise NotFound
    return found.fuseau


def _lies(at: datetime | None, span: Span) -> bool:
    return at is not None and span.debut <= at < span.fin


def _facts(rows: Rows, day: Span) -> DayFacts:
    courses = [
        Course(
            statut=c.statut,
            taxi_id=c.taxi_id,
            span=Span(c.date_iso, c.fin_iso),
            en_attente_depuis=c.en_attente_depuis,
            assignee_at=c.assignee_at,
        )
        for c in rows.rows(COMMANDES).values()
        if day.debut - _LONGEST <= c.date_iso < day.fin and c.fin_iso > day.debut
    ]
    answered = [demande for demande in rows.rows(DEMANDES).values() if _lies(demande.repondue_at, day)]
    waits = [i for i in rows.rows(INTERVENTIONS).values() if i.attente_depuis and _lies(i.created_at, day)]
    return DayFacts(
        courses=tuple(courses),
        acceptees=sum(demande.statut in ACCEPTED for demande in answered),
        repondues=len(answered),
        depassements=len(waits),
    )


def _activite(rows: Rows, chauffeur_id: UUID, day: Jour) -> Activite:
    done = [
        commande
        for commande in rows.rows(COMMANDES).values()
        if commande.chauffeur_id == chauffeur_id and _lies(commande.terminee_at, day.span)
    ]
    answered = [
        demande
        for demande in rows.rows(DEMANDES).values()
        if demande.chauffeur_id == chauffeur_id and _lies(demande.repondue_at, day.span)
    ]
    lengths = [c.terminee_at - c.commencee_at for c in done if c.terminee_at and c.commencee_at]
    return Activite(
        chauffeur_id=chauffeur_id,
        date=day.date,
        courses=len(done),
        duree=sum(lengths, timedelta()),
        proposees=len(answered),
        acceptees=sum(demande.statut in ACCEPTED for demande in answered),
    )


def _conforms(queries: MemoryStatsQueries) -> StatsQueries:
    return queries
