"""Figures of the fleet and of chauffeurs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Date, bindparam, select, true

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.tables import SEMAINES, SOCIETES
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Row
from allonova.adapters.postgres.statements import compile_once
from allonova.application.dispatch.stats_queries import Fleet, FleetTaxi, KeptWeeks, StatsQueries
from allonova.domain.dispatch.calendrier import Jour, Span
from allonova.domain.dispatch.commande import DUREE_MAX_MINUTES, CommandeStatut
from allonova.domain.dispatch.demande import DemandeStatut
from allonova.domain.dispatch.figures import ACCEPTED, Activite, Course, DayFacts
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.taxi import TaxiStatut
from allonova.domain.kernel.errors import NotFound

_FLEET = """
SELECT s.fuseau, t.id, t.numero, t.statut, t.active
FROM dispatch.societes AS s LEFT JOIN dispatch.taxis AS t ON true
"""

# Whoever drives or drove, as one array: an index scan takes it, where a join would rather read everything.
_ANYBODY = "ANY (ARRAY(SELECT id FROM dispatch.users))"

# Each day is a look of its own into an index (LATERAL): what a join with a list of days would find is beyond the
# planner's guesses, which take a ninth of the table for a day.
# A row for each course, then one for each kind of demande, then one for the waits; `nombre` is how many it stands for.
_DAY_FACTS = """
WITH jours AS (
    SELECT n, debut, fin FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS j(debut, fin, n)
)
SELECT j.n, 'course' AS genre, f.statut, 1::bigint AS nombre,
    f.taxi_id, f.date_iso, f.fin_iso, f.en_attente_depuis, f.assignee_at
FROM jours AS j CROSS JOIN LATERAL (
    SELECT c.statut, c.taxi_id, c.date_iso, c.fin_iso, c.en_attente_depuis, c.assignee_at
    FROM dispatch.commandes AS c
    WHERE c.date_iso >= j.debut - $3::interval AND c.date_iso < j.fin AND c.fin_iso > j.debut
    OFFSET 0
) AS f
UNION ALL
SELECT j.n, 'demande', f.statut, f.nombre, NULL, NULL, NULL, NULL, NULL
FROM jours AS j CROSS JOIN LATERAL (
    SELECT d.statut, count(*) AS nombre
    FROM dispatch.demandes AS d
    WHERE d.chauffeur_id = ANY (ARRAY(SELECT id FROM dispatch.users))
        AND d.repondue_at >= j.debut AND d.repondue_at < j.fin
    GROUP BY d.statut
) AS f
UNION ALL
SELECT j.n, 'depassement', NULL, f.nombre, NULL, NULL, NULL, NULL, NULL
FROM jours AS j CROSS JOIN LATERAL (
    SELECT count(*) AS nombre
    FROM dispatch.interventions AS i
    WHERE i.created_at >= j.debut AND i.created_at < j.fin AND i.attente_depuis IS NOT NULL
) AS f
"""

_MAPPER = RowMapper(Semaine, SEMAINES)
_KEPT = compile_once(
    select(SOCIETES.c.fuseau, *_MAPPER.columns("se_"))
    .select_from(
        SOCIETES.outerjoin(
            SEMAINES,
            true()
            & (SEMAINES.c.chauffeur_id == bindparam("chauffeur"))
            & (SEMAINES.c.debut >= bindparam("since", type_=Date)),
        )
    )
    .order_by(SEMAINES.c.debut)
)
_read_semaine = _MAPPER.reader("se_")

_ACTIVITY = """
WITH jours AS (
    SELECT jour, debut, fin FROM unnest($1::date[], $2::timestamptz[], $3::timestamptz[]) AS j(jour, debut, fin)
),
faites AS (
    SELECT f.chauffeur_id, j.jour, f.courses, f.duree
    FROM jours AS j CROSS JOIN LATERAL (
        SELECT c.chauffeur_id, count(*) AS courses, sum(c.terminee_at - c.commencee_at) AS duree
        FROM dispatch.commandes AS c
        WHERE c.chauffeur_id = {whom} AND c.terminee_at >= j.debut AND c.terminee_at < j.fin
        GROUP BY c.chauffeur_id
    ) AS f
),
repondues AS (
    SELECT f.chauffeur_id, j.jour, f.proposees, f.acceptees
    FROM jours AS j CROSS JOIN LATERAL (
        SELECT d.chauffeur_id, count(*) AS proposees,
            count(*) FILTER (WHERE d.statut IN ('acceptee', 'annulee')) AS acceptees
        FROM dispatch.demandes AS d
        WHERE d.chauffeur_id = {whom} AND d.repondue_at >= j.debut AND d.repondue_at < j.fin
        GROUP BY d.chauffeur_id
    ) AS f
)
SELECT chauffeur_id, jour, courses, duree, proposees, acceptees
FROM faites FULL JOIN repondues USING (chauffeur_id, jour)
ORDER BY chauffeur_id, jour
"""
_ACTIVITY_OF_ALL = _ACTIVITY.format(whom=_ANYBODY)
_ACTIVITY_OF_ONE = _ACTIVITY.format(whom="$4")

_LONGEST = timedelta(minutes=DUREE_MAX_MINUTES)


class PostgresStatsQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def fleet(self, societe_id: UUID) -> Fleet:
        """See StatsQueries."""
        async with self._reading(societe_id) as runner:
            rows = await runner.fetch(_FLEET)
        taxis = (
            FleetTaxi(id=row[1], numero=row[2], statut=TaxiStatut(row[3]), active=row[4])
            for row in rows
            if row[1] is not None
        )
        return Fleet(_fuseau(rows), tuple(taxis))

    async def day_facts(self, societe_id: UUID, spans: Sequence[Span]) -> list[DayFacts]:
        """See StatsQueries."""
        debuts, fins = [span.debut for span in spans], [span.fin for span in spans]
        async with self._reading(societe_id) as runner:
            rows = await runner.fetch(_DAY_FACTS, debuts, fins, _LONGEST)
        return [_facts([row for row in rows if row["n"] == n]) for n in range(1, len(spans) + 1)]

    async def kept_weeks(self, societe_id: UUID, chauffeur_id: UUID, *, since: date) -> KeptWeeks:
        """See StatsQueries."""
        async with self._reading(societe_id) as runner:
            rows = await runner.fetch(_KEPT.sql, *_KEPT.args(chauffeur=chauffeur_id, since=since))
        return KeptWeeks(_fuseau(rows), tuple(_read_semaine(row) for row in rows if row["se_id"] is not None))

    async def activity(
        self, societe_id: UUID, jours: Sequence[Jour], *, chauffeur_id: UUID | None = None
    ) -> list[Activite]:
        """See StatsQueries."""
        spans = [each.span for each in jours]
        args: list[object] = [
            [each.date for each in jours],
            [span.debut for span in spans],
            [span.fin for span in spans],
        ]
        async with self._reading(societe_id) as runner:
            if chauffeur_id is None:
                rows = await runner.fetch(_ACTIVITY_OF_ALL, *args)
            else:
                rows = await runner.fetch(_ACTIVITY_OF_ONE, *args, chauffeur_id)
        return [
            Activite(
                chauffeur_id=row[0],
                date=row[1],
                courses=row[2] or 0,
                duree=row[3] or timedelta(),
                proposees=row[4] or 0,
                acceptees=row[5] or 0,
            )
            for row in rows
        ]


def _fuseau(rows: Sequence[Row]) -> str:
    if not rows:
        raise NotFound
    found: str = rows[0][0]
    return found


def _facts(rows: Sequence[Row]) -> DayFacts:
    answers = {DemandeStatut(row["statut"]): int(row["nombre"]) for row in rows if row["genre"] == "demande"}
    return DayFacts(
        courses=tuple(
            Course(
                statut=CommandeStatut(row["statut"]),
                taxi_id=row["taxi_id"],
                span=Span(row["date_iso"], row["fin_iso"]),
                en_attente_depuis=row["en_attente_depuis"],
                assignee_at=row["assignee_at"],
            )
            for row in rows
            if row["genre"] == "course"
        ),
        acceptees=sum(answers.get(statut, 0) for statut in ACCEPTED),
        repondues=sum(answers.values()),
        depassements=sum(row["nombre"] for row in rows if row["genre"] == "depassement"),
    )


def _conforms(queries: PostgresStatsQueries) -> StatsQueries:
    return queries
