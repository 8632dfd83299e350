"""References are numbered by the year in which the company wrote the order down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.api import Api
from tests.support.courses import ABIDJAN, PARIS, local
from tests.support.nova import Office, an_office
from tests.support.wire import data


async def entered(office: Office, **given: Any) -> str:
    """The reference of a new order."""
    begin = office.api.clock.now() + timedelta(hours=3)
    body = {"clientId": str(office.client.id), "priseEnCharge": "A", "destination": "B", "dateISO": begin.isoformat()}
    return str(data(await office.admin.post("/api/commandes", body | given), 201)["reference"])


async def test_year_is_the_companys_when_it_ends(api: Api) -> None:
    api.clock.at = local("2026-12-31T23:59:59")
    paris, abidjan = await an_office(api, fuseau=PARIS), await an_office(api, fuseau=ABIDJAN)
    assert await entered(paris) == "NV-2026-000001"
    assert await entered(paris, dateISO="2027-05-01T10:00:00+02:00") == "NV-2026-000002"
    api.clock.at = local("2027-01-01T00:00")
    assert await entered(paris) == "NV-2027-000001"
    assert await entered(abidjan) == "NV-2026-000001"
    assert await entered(paris, dateISO="2026-12-31T22:00:00Z") == "NV-2027-000002"
    api.clock.at = local("2027-01-01T00:00", ABIDJAN)
    assert await entered(abidjan) == "NV-2027-000001"
