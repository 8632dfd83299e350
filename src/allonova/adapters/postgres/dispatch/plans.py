"""What taxis and chauffeurs have before them: the statements behind conflicts and offers."""

from __future__ import annotations

from allonova.adapters.postgres.runner import Row
from allonova.domain.dispatch.conflits import Plan

# Courses and open offers are found each by its own index: joined by OR they would be by none.
PLANS_BY_TAXI = """
SELECT c.id, c.reference, c.date_iso, c.fin_iso, c.prise_en_charge_point, c.destination_point, c.taxi_id AS on_taxi
FROM dispatch.commandes AS c
WHERE c.taxi_id = ANY($1) AND c.statut IN ('assignee', 'en-cours') AND c.date_iso < $3 AND c.fin_iso > $2
UNION ALL
SELECT c.id, c.reference, c.date_iso, c.fin_iso, c.prise_en_charge_point, c.destination_point, d.taxi_id
FROM dispatch.demandes AS d JOIN dispatch.commandes AS c ON c.id = d.commande_id
WHERE d.taxi_id = ANY($1) AND d.statut = 'proposee' AND d.expire_at > $4 AND c.date_iso < $3 AND c.fin_iso > $2
ORDER BY date_iso, id
"""
COURSES_OF = """
SELECT c.id, c.reference, c.date_iso, c.fin_iso, c.prise_en_charge_point, c.destination_point
FROM dispatch.commandes AS c
WHERE (c.taxi_id = $1 OR c.chauffeur_id = $2) AND c.statut IN ('assignee', 'en-cours')
  AND c.date_iso < $4 AND c.fin_iso > $3
ORDER BY c.date_iso, c.id
"""
PROMISED_TO = """
SELECT taxi_id, id FROM dispatch.commandes WHERE taxi_id = ANY ($1::uuid[]) AND statut = 'assignee'
UNION
SELECT taxi_id, commande_id FROM dispatch.demandes
WHERE taxi_id = ANY ($1::uuid[]) AND statut = 'proposee' AND expire_at > $2
"""
LOOK_AGAIN = "UPDATE dispatch.commandes SET auto_at = $2 WHERE id = $1"
# One look into the index for each chauffeur, not one over all that he was ever asked.
LAST_ASKED = """
SELECT asked.chauffeur_id, last.created_at
FROM unnest($1::uuid[]) AS asked (chauffeur_id)
CROSS JOIN LATERAL (
    SELECT d.created_at FROM dispatch.demandes AS d
    WHERE d.chauffeur_id = asked.chauffeur_id ORDER BY d.created_at DESC LIMIT 1
) AS last
"""


def read_plan(row: Row) -> Plan:
    """A row of any of these statements that tell of courses."""
    return Plan(commande_id=row[0], reference=row[1], debut=row[2], fin=row[3], depart=row[4], arrivee=row[5])
