"""Two companies with years of courses, made by SQL: one to ask about, one to stay out of the way of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.adapters.postgres.runner import Connection

CHAUFFEURS = 40

_SOCIETES = """
INSERT INTO dispatch.societes (nom, slug, adresse, telephone, email, pays, fuseau, created_at)
SELECT 'S' || n, 's' || n, 'A', '+33100000000', 's' || n || '@taxis.test', 'FR', 'Europe/Paris', $1
FROM generate_series(1, 2) AS n
"""
_TAXIS = """
INSERT INTO dispatch.taxis (societe_id, numero, plaque, vignette, recherche)
SELECT id, 'T' || n, 'P' || n, 'V' || n, 't' FROM dispatch.societes, generate_series(1, $1::int) AS n
"""
_USERS = """
INSERT INTO dispatch.users (societe_id, email, role, name, taxi_id, created_at, recherche)
SELECT t.societe_id, t.id || '@taxis.test', 'chauffeur', 'N', t.id, s.created_at, 'n'
FROM dispatch.taxis AS t JOIN dispatch.societes AS s ON s.id = t.societe_id
"""
_CLIENTS = """
INSERT INTO dispatch.clients (societe_id, type, nom, recherche) SELECT id, 'hotel', 'H', 'h' FROM dispatch.societes
"""
# One an hour for each chauffeur, driven from five past to a quarter to.
_COMMANDES = """
INSERT INTO dispatch.commandes (
    societe_id, reference, client_id, prise_en_charge, destination, date_iso, fin_iso, statut, taxi_id, chauffeur_id,
    en_attente_depuis, assignee_at, commencee_at, terminee_at, recherche
)
SELECT u.societe_id, 'NV-' || row_number() OVER (), c.id, 'A', 'B', debut, debut + interval '1 hour', 'terminee',
    u.taxi_id, u.id, debut - interval '2 hours', debut - interval '110 minutes', debut + interval '5 minutes',
    debut + interval '45 minutes', 'r'
FROM dispatch.users AS u
JOIN dispatch.clients AS c ON c.societe_id = u.societe_id,
    generate_series(1, $2::int) AS n,
    LATERAL (SELECT $1::timestamptz + n * interval '1 hour' AS debut) AS d
"""
_DEMANDES = """
INSERT INTO dispatch.demandes (societe_id, commande_id, chauffeur_id, taxi_id, statut, expire_at, repondue_at)
SELECT societe_id, id, chauffeur_id, taxi_id, 'acceptee', assignee_at, assignee_at FROM dispatch.commandes
"""
_INTERVENTIONS = """
INSERT INTO dispatch.interventions (
    societe_id, commande_id, type, titre, description, attente_depuis, created_at, updated_at
)
SELECT societe_id, id, 'prise-en-charge', 'T', 'D', en_attente_depuis, date_iso, date_iso FROM dispatch.commandes
"""


async def fill(owner: Connection, *, courses: int, since: datetime) -> UUID:
    """Two companies of 40 chauffeurs with so many courses each, one an hour; the first one's id."""
    async with owner.transaction():
        await owner.execute(_SOCIETES, since)
        await owner.execute(_TAXIS, CHAUFFEURS)
        await owner.execute(_USERS)
        await owner.execute(_CLIENTS)
        await owner.execute(_COMMANDES, since, courses)
        await owner.execute(_DEMANDES)
        await owner.execute(_INTERVENTIONS)
    await owner.execute("ANALYZE")
    first: UUID = await owner.fetchval("SELECT id FROM dispatch.societes WHERE slug = 's1'")
    return first
