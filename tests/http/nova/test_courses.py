"""A chauffeur's own courses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from allonova.domain.dispatch.commande import Commande, CommandeStatut
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, NOW
from tests.support.nova import Office, an_office
from tests.support.wire import data, paths, refusal

DAY = 24 * HOUR


async def driven(
    office: Office, at: datetime, *, place: int = 0, statut: CommandeStatut = CommandeStatut.ASSIGNEE, **given: Any
) -> Commande:
    """A course that a chauffeur has or had."""
    return await office.commande(
        date_iso=at,
        statut=statut,
        taxi_id=office.taxis[place].id,
        chauffeur_id=office.chauffeurs[place].id,
        **given,
    )


async def listed(office: Office, **params: str | int) -> list[str]:
    """The references of the first chauffeur's courses."""
    return [each["reference"] for each in data(await office.chauffeurs[0].get("/api/me/courses", **params))]


async def test_todays_when_nothing_else_is_asked_for(api: Api) -> None:
    office = await an_office(api)
    late, early = await driven(office, NOW + 4 * HOUR), await driven(office, NOW - HOUR)
    await driven(office, NOW + DAY)
    await driven(office, NOW - DAY, statut=CommandeStatut.TERMINEE)
    await driven(office, NOW + HOUR, place=1)
    await office.commande(date_iso=NOW + HOUR)
    answer = await office.chauffeurs[0].get("/api/me/courses")
    assert [each["reference"] for each in data(answer)] == [early.reference, late.reference]
    assert answer.json()["meta"]["pagination"]["total"] == 2
    card = data(answer)[0]
    assert (card["actions"], card["dateISO"]) == (["start"], "2025-10-01T06:00:00Z")
    assert await listed(office, page=1, sort="-dateISO") == [late.reference, early.reference]


async def test_day_is_that_of_the_companys_zone(api: Api) -> None:
    office = await an_office(api, fuseau="Pacific/Auckland")  # NOW is 20:00 there
    tonight, tomorrow = await driven(office, NOW + 4 * HOUR - MINUTE), await driven(office, NOW + 6 * HOUR)
    assert await listed(office) == [tonight.reference]
    assert await listed(office, date="2025-10-02") == [tomorrow.reference]
    assert await listed(office, date_from="2025-10-01", date_to="2025-10-02") == [tonight.reference, tomorrow.reference]
    assert await listed(office, date="2025-10-02", date_to="2025-10-01") == []


async def test_history_when_a_filter_is_given(api: Api) -> None:
    office = await an_office(api)
    old = await driven(office, NOW - 40 * DAY, statut=CommandeStatut.TERMINEE, vol="AF702")
    called_off = await driven(office, NOW - 3 * DAY, statut=CommandeStatut.ANNULEE)
    coming = await driven(office, NOW + 3 * DAY, destination="Yamoussoukro")
    assert await listed(office, statut="terminee") == [old.reference]
    assert await listed(office, statut="in:terminee,annulee") == [old.reference, called_off.reference]
    assert await listed(office, q="YAMOUSSOUKRO") == [coming.reference]
    assert await listed(office, q="af7", statut="terminee") == [old.reference]
    start = (NOW - 3 * DAY).isoformat()
    assert await listed(office, date_from=start) == [called_off.reference, coming.reference]
    assert await listed(office, date_to=start) == [old.reference]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "hier"),
        ("date", "2025-13-01"),
        ("statut", "x"),
        ("chauffeurId", "1"),
        ("page_size", "101"),
        ("sort", "x"),
    ],
)
async def test_refused_when_the_query_is_unsound(api: Api, name: str, value: str) -> None:
    office = await an_office(api, taxis=1)
    answer = await office.chauffeurs[0].get("/api/me/courses", **{name: value})
    assert paths(refusal(answer, 422, "validation_error")) == [name]


async def test_forbidden_for_a_dispatcher(api: Api) -> None:
    office = await an_office(api, taxis=0)
    refusal(await office.admin.get("/api/me/courses"), 403, "forbidden")


async def test_one_cannot_see_anothers(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    await driven(other, NOW)
    await driven(office, NOW, place=1)
    assert await listed(office) == []
