"""What a company's phones, messages and moves leave behind has an end, whosesoever it is."""

from __future__ import annotations

from datetime import timedelta

from tests.http.nova.test_dossiers import DAY
from tests.support.api import Api
from tests.support.nova import Office, an_office
from tests.support.wire import data

ENDS = {"devices": 270 * DAY, "notifications": 90 * DAY, "deplacements": 90 * DAY}
"""The tables of dispatch that end by themselves, and when (domain/kernel/retention.py)."""


async def at_work(api: Api) -> Office:
    """A company with a chauffeur's phone, and a course that was moved to him, of which he was told."""
    office = await an_office(api, taxis=1)
    (chauffeur,) = office.chauffeurs[:1]
    data(await chauffeur.post("/api/me/devices", {"token": f"t-{chauffeur.id}", "platform": "android"}), 201)
    card = await office.commande()
    data(await office.admin.patch(f"/api/commandes/{card.id}", {"taxiId": str(office.taxis[0].id)}))
    return office


async def left(api: Api) -> dict[str, int]:
    """How many rows there are."""
    return {table: len(await api.inside.dispatch(table)) for table in ENDS}


async def test_rows_of_every_company_go_when_their_time_is_over_and_not_before(api: Api) -> None:
    await at_work(api)
    await at_work(api)
    before, began = await left(api), api.clock.at
    assert all(count >= 2 for count in before.values()), before
    for period in sorted(set(ENDS.values())):
        tables = [table for table, until in ENDS.items() if until == period]
        for after, rows in ((timedelta(seconds=-1), before), (timedelta(minutes=1), dict.fromkeys(ENDS, 0))):
            api.clock.at = began + period + after
            await api.run("cleanup")
            found = await left(api)
            assert [found[table] for table in tables] == [rows[table] for table in tables]
