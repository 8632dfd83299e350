"""Where taxis are and were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allonova.adapters.postgres.runner import Runner
from allonova.application.dispatch.ports import PositionStore
from allonova.domain.dispatch.taxi import Driving, Position, TaxiStatut
from allonova.domain.kernel.geo import Point

_RECORD = """
WITH history AS (
    INSERT INTO dispatch.positions (id, societe_id, taxi_id, chauffeur_id, point, at) VALUES ($1, $2, $3, $4, $5, $6)
)
INSERT INTO dispatch.taxi_positions (taxi_id, societe_id, chauffeur_id, point, at) VALUES ($3, $2, $4, $5, $6)
ON CONFLICT (taxi_id) DO UPDATE SET chauffeur_id = excluded.chauffeur_id, point = excluded.point, at = excluded.at
    WHERE taxi_positions.at <= excluded.at
"""
# Key share: whoever is giving the taxi up goes first, and it is not there any more.
_REPORT = """
WITH mine AS (
    SELECT t.id, t.societe_id, t.statut FROM dispatch.users AS u JOIN dispatch.taxis AS t ON t.id = u.taxi_id
    WHERE u.id = $2 AND u.active AND t.active
    FOR KEY SHARE
), seen AS (
    SELECT id, societe_id FROM mine WHERE statut <> 'hors-service'
), history AS (
    INSERT INTO dispatch.positions (id, societe_id, taxi_id, chauffeur_id, point, at)
    SELECT $1, societe_id, id, $2, $3::geography, $4 FROM seen
), latest AS (
    INSERT INTO dispatch.taxi_positions (taxi_id, societe_id, chauffeur_id, point, at)
    SELECT id, societe_id, $2, $3::geography, $4 FROM seen
    ON CONFLICT (taxi_id) DO UPDATE SET chauffeur_id = excluded.chauffeur_id, point = excluded.point, at = excluded.at
        WHERE taxi_positions.at <= excluded.at
)
SELECT id, statut FROM mine
"""
# In the order of ids, as everybody locks taxis.
_REPORT_ALL = """
WITH fix AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::float8[], $5::float8[], $6::timestamptz[])
        AS f (id, taxi_id, chauffeur_id, lon, lat, at)
), seen AS MATERIALIZED (
    SELECT fix.id, t.societe_id, fix.taxi_id, fix.chauffeur_id, fix.at,
        ST_SetSRID(ST_MakePoint(fix.lon, fix.lat), 4326)::geography AS point
    FROM fix
    JOIN dispatch.taxis AS t ON t.id = fix.taxi_id AND t.active AND t.statut <> 'hors-service'
    JOIN dispatch.users AS u ON u.id = fix.chauffeur_id AND u.taxi_id = t.id AND u.active
    ORDER BY fix.taxi_id
    FOR KEY SHARE OF t, u
), history AS (
    INSERT INTO dispatch.positions (id, societe_id, taxi_id, chauffeur_id, point, at)
    SELECT id, societe_id, taxi_id, chauffeur_id, point, at FROM seen
    ON CONFLICT (id) DO NOTHING
)
INSERT INTO dispatch.taxi_positions (taxi_id, societe_id, chauffeur_id, point, at)
SELECT taxi_id, societe_id, chauffeur_id, point, at FROM seen
ON CONFLICT (taxi_id) DO UPDATE SET chauffeur_id = excluded.chauffeur_id, point = excluded.point, at = excluded.at
    WHERE taxi_positions.at <= excluded.at
"""
# `<->` walks the company's part of the index from the point outwards: it reads as many taxis as it gives, and those
# that it passes over. Whether one is free is asked of each in turn: a join would rather look at the whole fleet first.
# The index knows no order but the distance, so ties are broken outside.
_NEAREST = """
SELECT taxi_id FROM (
    SELECT p.taxi_id, p.point <-> $1::geography AS far FROM dispatch.taxi_positions AS p
    WHERE p.at >= $2 AND (
        SELECT true FROM dispatch.taxis AS t
        JOIN dispatch.users AS u ON u.taxi_id = t.id AND u.active AND u.role = 'chauffeur'
        WHERE t.id = p.taxi_id AND t.active AND t.statut = 'disponible'
    )
    ORDER BY p.point <-> $1::geography LIMIT $3
) AS near ORDER BY far, taxi_id
"""
_WITHIN = """
SELECT p.taxi_id FROM dispatch.taxi_positions AS p
JOIN dispatch.taxis AS t ON t.id = p.taxi_id AND t.active AND t.statut = 'disponible'
JOIN dispatch.users AS u ON u.taxi_id = t.id AND u.active AND u.role = 'chauffeur'
WHERE p.at >= $2 AND ST_DWithin(p.point, $1::geography, $3)
ORDER BY p.point <-> $1::geography, p.taxi_id
"""
_SEEN = """
SELECT p.taxi_id FROM dispatch.taxi_positions AS p
JOIN dispatch.taxis AS t ON t.id = p.taxi_id AND t.active AND t.statut = 'disponible'
JOIN dispatch.users AS u ON u.taxi_id = t.id AND u.active AND u.role = 'chauffeur'
WHERE p.at >= $1
ORDER BY p.taxi_id
"""


class PostgresPositions:
    """Where taxis are and were."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def record(self, position: Position) -> None:
        """See PositionStore."""
        await self._runner.execute(
            _RECORD,
            position.id,
            position.societe_id,
            position.taxi_id,
            position.chauffeur_id,
            position.point,
            position.at,
        )

    async def report(self, id: UUID, chauffeur_id: UUID, point: Point, *, at: datetime) -> Driving | None:
        """See PositionStore."""
        row = await self._runner.fetchrow(_REPORT, id, chauffeur_id, point, at)
        return None if row is None else Driving(taxi_id=row[0], statut=TaxiStatut(row[1]))

    async def report_all(self, positions: Sequence[Position]) -> None:
        """See PositionStore."""
        columns = (
            [each.id for each in positions],
            [each.taxi_id for each in positions],
            [each.chauffeur_id for each in positions],
            [each.point.lon for each in positions],
            [each.point.lat for each in positions],
            [each.at for each in positions],
        )
        await self._runner.execute(_REPORT_ALL, *columns)

    async def nearest(self, point: Point, *, seen_since: datetime, limit: int) -> list[UUID]:
        """See PositionStore."""
        return [row[0] for row in await self._runner.fetch(_NEAREST, point, seen_since, limit)]

    async def within(self, point: Point, *, radius_m: float, seen_since: datetime) -> list[UUID]:
        """See PositionStore."""
        return [row[0] for row in await self._runner.fetch(_WITHIN, point, seen_since, radius_m)]

    async def seen(self, *, since: datetime) -> list[UUID]:
        """See PositionStore."""
        return [row[0] for row in await self._runner.fetch(_SEEN, since)]


def _conforms(store: PostgresPositions) -> PositionStore:
    return store
