"""Offers to chauffeurs end, whatever happens to the worker and to Redis."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from allonova.adapters.postgres.pool import open_pool
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage
from tests.support.factories import SECOND
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi
from tests.support.processes import eventually

OFFERS = 40
ANSWER = timedelta(minutes=3)

ENDED = "SELECT count(*) FROM dispatch.demandes WHERE societe_id = $1 AND statut = 'expiree'"
BACK = "SELECT count(*) FROM dispatch.commandes WHERE societe_id = $1 AND statut = 'en-attente' AND taxi_id IS NULL"
TOLD = "SELECT data ->> 'commandeId' FROM dispatch.notifications WHERE societe_id = $1 AND type = 'demande.expiree'"


async def a_day_of_offers(stage: Stage) -> Societe:
    """A company whose chauffeurs are each asked for one course, and have just been."""
    now = stage.clock.now()
    slug = f"taxis-{uuid4().hex[:8]}"
    societe = a_societe(slug=slug, created_at=now, updated_at=now)
    client = a_client(societe)
    async with stage.units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.staff.add(a_colleague(societe, email=f"office@{slug}.test"))
        await unit.clients.add(client)
        for number in range(OFFERS):
            taxi = a_taxi(societe)
            chauffeur = a_colleague(societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id, email=f"c{number}@{slug}.test")
            commande = a_commande(societe, client, taxi_id=taxi.id, date_iso=now + timedelta(hours=3))
            await unit.taxis.add(taxi)
            await unit.staff.add(chauffeur)
            await unit.commandes.add(commande)
            await unit.demandes.add(an_offer(societe, commande.id, chauffeur.id, taxi.id, stage))
    return societe


def an_offer(societe: Societe, commande_id: UUID, chauffeur_id: UUID, taxi_id: UUID, stage: Stage) -> Demande:
    now = stage.clock.now()
    return Demande(
        id=uuid4(),
        societe_id=societe.id,
        commande_id=commande_id,
        chauffeur_id=chauffeur_id,
        taxi_id=taxi_id,
        expire_at=now + ANSWER,
        created_at=now,
        updated_at=now,
    )


@pytest.mark.promise("jobs-are-rows")
@pytest.mark.promise("redis-down")
async def test_offers_end_once_when_the_worker_dies_and_redis_is_gone(stage: Stage, quote: Quote) -> None:
    async with await open_pool(stage.fleet.database_url, max_size=1, role=None) as owner:
        societe = await a_day_of_offers(stage)
        stage.fleet.worker.kill()
        stage.fleet.redis.kill()
        await stage.advance(ANSWER + SECOND)
        await stage.fleet.ready()

        async def ended() -> int:
            found: int = await owner.fetchval(ENDED, societe.id)
            return found

        async def all_ended() -> bool:
            return await ended() == OFFERS

        await eventually("the next worker has begun to end them", ended, pause_s=0.01)
        stage.fleet.worker.kill()
        before = await ended()
        await stage.fleet.ready()
        await eventually("all have ended", all_ended)
        assert await owner.fetchval(BACK, societe.id) == OFFERS
        told = [row[0] for row in await owner.fetch(TOLD, societe.id)]
        assert len(told) == len(set(told)) == OFFERS
        quote(f"Redis gone and the worker killed twice, the second time at {before} of {OFFERS}: each offer ended once")
