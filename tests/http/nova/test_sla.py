"""The job that watches how long commandes wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut
from allonova.domain.kernel.machine import Party
from tests.support.api import Api
from tests.support.courses import ABIDJAN, PARIS, local
from tests.support.factories import NOW
from tests.support.nova import Office, an_office

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def waits(office: Office, since: datetime, **given: Any) -> Commande:
    """A commande in the pool since then, for soon after."""
    return await office.commande(
        **{"created_at": since, "en_attente_depuis": since, "date_iso": since + 3 * HOUR} | given
    )


async def opened(office: Office) -> list[Any]:
    """The company's interventions."""
    rows = await office.api.inside.dispatch("interventions")
    return [row for row in rows if row.societe_id == office.societe.id]


async def told(office: Office, reader: UUID) -> list[Any]:
    """What somebody has to read."""
    return [row for row in await office.api.inside.dispatch("notifications") if row.user_id == reader]


async def reported_at(office: Office, at: datetime) -> int:
    """How many waits were reported once the job has run then."""
    office.api.clock.at = at
    await office.api.run("sla")
    return len(await opened(office))


@pytest.mark.parametrize(
    ("fuseau", "since"),
    [
        (PARIS, local("2026-03-29T01:30")),
        (PARIS, local("2026-10-25T02:30")),
        (PARIS, local("2026-10-25T01:59")),
        (ABIDJAN, local("2026-03-29T01:30", ABIDJAN)),
        (PARIS, local("2026-12-31T23:30")),
    ],
)
async def test_reported_after_two_real_hours_whatever_clocks_do(api: Api, fuseau: str, since: datetime) -> None:
    office = await an_office(api, fuseau=fuseau)
    await waits(office, since)
    assert await reported_at(office, since + 2 * HOUR - timedelta(seconds=1)) == 0
    assert await reported_at(office, since + 2 * HOUR) == 1


async def test_one_urgent_intervention_is_opened_and_every_admin_is_told(api: Api) -> None:
    office = await an_office(api, fuseau=PARIS)
    deputy = await office.hire(office.admin.user.role)
    former = await office.hire(office.admin.user.role, active=False)
    since = local("2026-03-29T01:30")
    commande = await waits(office, since)
    assert await reported_at(office, since + 3 * HOUR) == 1
    (intervention,) = await opened(office)
    assert (intervention.type, intervention.priorite, intervention.statut) == ("prise-en-charge", "haute", "ouverte")
    assert (intervention.commande_id, intervention.taxi_id) == (commande.id, None)
    assert (intervention.attente_depuis, intervention.created_at) == (since, since + 3 * HOUR)
    assert intervention.description == (
        f"La commande {commande.reference} attend un chauffeur depuis le 29/03/2026 à 01:30 (délai : 120 min)."
    )
    for admin in (office.admin, deputy):
        (notice,) = await told(office, admin.id)
        assert (notice.type, notice.description) == ("sla.depasse", intervention.description)
        assert str(commande.id) in str(notice.data)
        assert str(intervention.id) in str(notice.data)
    for nobody in (former, *office.chauffeurs):
        assert await told(office, nobody.id) == []
    lines = await api.inside.dispatch("audit_log")
    assert [(row.action, row.user_id, row.entity_id) for row in lines] == [
        ("intervention.creee", None, intervention.id)
    ]


async def test_admin_has_a_mail_when_it_was_delivered(api: Api) -> None:
    office = await an_office(api)
    await waits(office, NOW)
    await reported_at(office, NOW + 2 * HOUR)
    assert len(await api.mails(office.admin.user.email)) == 1


async def test_said_once_of_one_wait_and_again_of_the_next(api: Api) -> None:
    office = await an_office(api)
    commande = await waits(office, NOW)
    for minutes in (120, 125, 600):
        assert await reported_at(office, NOW + minutes * MINUTE) == 1
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        card = await unit.commandes.get(commande.id, lock=True)
        card.release(CommandeAction.EXPIRE, Party.SYSTEM, NOW + 700 * MINUTE)
        await unit.commandes.save(card)
    assert await reported_at(office, NOW + 819 * MINUTE) == 1
    assert await reported_at(office, NOW + 820 * MINUTE) == 2
    assert len(await told(office, office.admin.id)) == 2


async def test_said_once_also_when_the_intervention_is_gone(api: Api) -> None:
    office = await an_office(api)
    await waits(office, NOW)
    await reported_at(office, NOW + 2 * HOUR)
    (row,) = await opened(office)
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        await unit.interventions.remove(await unit.interventions.get(row.id))
    assert await reported_at(office, NOW + 3 * HOUR) == 0


async def test_prebooking_does_not_wait_before_the_day_before_it(api: Api) -> None:
    office = await an_office(api, fuseau=PARIS)
    begin = local("2026-03-29T12:00")
    await waits(office, begin - timedelta(days=30), date_iso=begin)
    assert await reported_at(office, begin - 22 * HOUR - timedelta(seconds=1)) == 0
    assert await reported_at(office, begin - 22 * HOUR) == 1
    assert "28/03/2026 à 11:00" in (await opened(office))[0].description  # 24 real hours, and a clock put forward


async def test_only_those_that_wait_are_reported(api: Api) -> None:
    office = await an_office(api)
    stand = {"taxi_id": office.taxis[0].id, "chauffeur_id": office.chauffeurs[0].id}
    for hours, statut in enumerate((s for s in CommandeStatut if s is not CommandeStatut.EN_ATTENTE), start=3):
        await waits(office, NOW, statut=statut, date_iso=NOW + hours * HOUR, **stand)
    assert await reported_at(office, NOW + 24 * HOUR) == 0


async def test_each_company_has_its_own_patience(api: Api) -> None:
    quick, slow = await an_office(api, sla_minutes=1), await an_office(api, sla_minutes=10_080)
    for office in (quick, slow):
        await waits(office, NOW)
    await reported_at(quick, NOW + MINUTE)
    assert [len(await opened(office)) for office in (quick, slow)] == [1, 0]
    await reported_at(slow, NOW + timedelta(days=7))
    assert [len(await opened(office)) for office in (quick, slow)] == [1, 1]


async def test_all_are_reported_when_ticks_were_missed(api: Api) -> None:
    office = await an_office(api)
    for minutes in range(5):
        await waits(office, NOW + minutes * MINUTE)
    assert await reported_at(office, NOW + timedelta(days=2)) == 5


async def test_card_stays_as_dispatchers_know_it(api: Api) -> None:
    office = await an_office(api)
    commande = await waits(office, NOW)
    before = [line.event for line in await api.inside.outbox()]
    await reported_at(office, NOW + 2 * HOUR)
    (row,) = [row for row in await api.inside.dispatch("commandes") if row.id == commande.id]
    assert (row.version, row.updated_at, row.sla_signale_at) == (1, commande.updated_at, NOW + 2 * HOUR)
    assert "commande_changed" not in [line.event for line in await api.inside.outbox()][len(before) :]


async def test_others_are_reported_when_one_fails(api: Api) -> None:
    office, broken = await an_office(api), await an_office(api, fuseau="Nowhere/At_all")
    for each in (broken, office):
        await waits(each, NOW)
    assert await reported_at(office, NOW + 2 * HOUR) == 1
    assert await opened(broken) == []
