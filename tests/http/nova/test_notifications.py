"""Messages to staff: read by their reader alone."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.dispatch.notification import Notification, NotificationType
from tests.support.api import Api
from tests.support.factories import SECOND, new_id
from tests.support.nova import Colleague, Office, an_office
from tests.support.wire import NOBODY, data, refusal

PATH = "/api/notifications"


async def tell(office: Office, reader: Colleague, times: int = 1) -> list[str]:
    """Ids of messages to somebody, a second apart."""
    made = []
    for number in range(times):
        notification = Notification(
            id=new_id(),
            societe_id=office.societe.id,
            user_id=reader.id,
            type=NotificationType.COMMANDE_MODIFIEE,
            titre=f"Titre {number}",
            description="Texte",
            data={"commandeId": NOBODY, "minutes": 5},
            created_at=office.api.clock.now(),
        )
        await office.keep(notification)
        made.append(str(notification.id))
        office.api.clock.advance(SECOND)
    return made


async def ids(reader: Colleague, **query: str | int) -> list[str]:
    return [each["id"] for each in data(await reader.get(PATH, **query))]


async def test_message_is_shown_to_its_reader(api: Api) -> None:
    office = await an_office(api)
    for reader in (office.admin, office.chauffeurs[0]):
        at = api.clock.now().isoformat().replace("+00:00", "Z")
        [id] = await tell(office, reader)
        assert data(await reader.get(PATH)) == [
            {
                "id": id, "userId": str(reader.id), "type": "commande.modifiee", "titre": "Titre 0",
                "description": "Texte", "lu": False, "dateISO": at, "data": {"commandeId": NOBODY, "minutes": 5},
            }
        ]  # fmt: skip
    assert data(await office.chauffeurs[1].get(PATH)) == []


async def test_newest_come_first_and_in_pages(api: Api) -> None:
    office = await an_office(api)
    first, second, third = await tell(office, office.admin, 3)
    assert await ids(office.admin) == [third, second, first]
    assert await ids(office.admin, sort="dateISO") == [first, second, third]
    answer = await office.admin.get(PATH, page=2, page_size=2)
    assert [each["id"] for each in data(answer)] == [first]
    assert answer.json()["meta"]["pagination"] == {"page": 2, "page_size": 2, "total": 3, "page_count": 2}


async def test_message_is_read_once_and_stays_read(api: Api) -> None:
    office = await an_office(api)
    first, second = await tell(office, office.admin, 2)
    read = data(await office.admin.post(f"{PATH}/{first}/read"))
    assert (read["id"], read["lu"]) == (first, True)
    assert data(await office.admin.post(f"{PATH}/{first}/read")) == read
    assert await ids(office.admin, lu="true") == [first]
    assert await ids(office.admin, lu="false") == [second]
    log = data(await office.admin.get("/api/audit_log", entity="notification"))
    assert [(line["action"], line["entityId"]) for line in log] == [("notification.lue", first)]
    assert set(log[0]["payloadJson"]["after"]) == {"luAt"}


async def test_all_are_read_when_somebody_says_so_and_only_his(api: Api) -> None:
    office = await an_office(api)
    chauffeur = office.chauffeurs[0]
    first, *_ = await tell(office, office.admin, 3)
    [theirs] = await tell(office, chauffeur)
    data(await office.admin.post(f"{PATH}/{first}/read"))
    assert data(await office.admin.post(f"{PATH}/read-all")) == {"lues": 2}
    assert data(await office.admin.post(f"{PATH}/read-all")) == {"lues": 0}
    assert await ids(office.admin, lu="false") == []
    assert await ids(chauffeur, lu="false") == [theirs]
    log = data(await office.admin.get("/api/audit_log", action="notification.lues"))
    assert [(line["userId"], line["payloadJson"]["after"]) for line in log] == [(str(office.admin.id), {"lues": 2})]


async def test_message_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    [theirs] = await tell(office, office.admin)
    for reader in (office.chauffeurs[0], other.admin):
        for id in (theirs, NOBODY):
            refusal(await reader.post(f"{PATH}/{id}/read"), 404, "not_found")
        assert data(await reader.post(f"{PATH}/read-all")) == {"lues": 0}
    assert await ids(office.admin, lu="false") == [theirs]


@pytest.mark.parametrize("query", ["lu=peut-être", "lu=", "sort=titre", "type=x", "userId=x", "date_from=2026-01-01"])
async def test_query_is_refused_when_it_is_not_declared(api: Api, query: str) -> None:
    office = await an_office(api, taxis=0)
    refusal(await office.admin.get(f"{PATH}?{query}"), 422, "validation_error")


async def test_nobody_reads_without_a_token(api: Api) -> None:
    sent: list[Any] = [("GET", PATH), ("POST", f"{PATH}/read-all"), ("POST", f"{PATH}/{NOBODY}/read")]
    for method, path in sent:
        refusal(await api.http.request(method, f"https://api.allonova.test{path}"), 401, "auth_required")
