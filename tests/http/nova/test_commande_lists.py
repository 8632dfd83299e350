"""Commandes as the board lists them: filters, order, pages, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.domain.dispatch.client import ClientType
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeStatut, Origine
from tests.support.api import Api
from tests.support.factories import NOW, new_id
from tests.support.nova import Office, a_client, a_commande, an_office
from tests.support.wire import NOBODY, data, paths, refusal

LIST = "/api/commandes"
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Book:
    """A company's commandes, by short names."""

    office: Office
    named: dict[str, UUID] = field(default_factory=dict)

    async def enter(self, name: str, **given: Any) -> Commande:
        """One more."""
        commande = await self.office.commande(**given)
        self.named[name] = commande.id
        return commande

    async def names(self, **params: str | int) -> list[str]:
        """Which of them a list shows, in its order."""
        by_id = {str(id_): name for name, id_ in self.named.items()}
        return [by_id[item["id"]] for item in data_of(await self.office.admin.get(LIST, **params))]


def data_of(answer: Any) -> Any:
    """The items of a good page."""
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def a_book(api: Api, **given: Any) -> Book:
    """Four commandes: `pool` and `offered` wait, `driven` is over, `off` was cancelled; an hour between them."""
    office = await an_office(api, **given)
    book = Book(office)
    firm = a_client(office.societe, type=ClientType.ENTREPRISE, nom="Société Générale", contact_email="hello@sg.test")
    await office.keep(firm)
    taxi, driver = office.taxis[0], office.chauffeurs[0]
    await book.enter("pool", reference="NV-2026-000004", created_at=NOW - 1 * HOUR)
    await book.enter("offered", date_iso=NOW + 4 * HOUR, taxi_id=taxi.id, reference="NV-2026-000003", vol="AF 702")
    await book.enter(
        "driven",
        date_iso=NOW + 1 * HOUR,
        client_id=firm.id,
        taxi_id=taxi.id,
        chauffeur_id=driver.id,
        statut=CommandeStatut.TERMINEE,
        reference="NV-2026-000002",
        prise_en_charge="12 rue des Écoles, Cocody",
        created_at=NOW + HOUR,
    )
    await book.enter(
        "off",
        date_iso=NOW + 2 * HOUR,
        client_id=firm.id,
        statut=CommandeStatut.ANNULEE,
        reference="NV-2026-000001",
        destination="100 % Halal_Market",
    )
    return book


LISTS: list[tuple[dict[str, str | int], list[str]]] = [
    ({}, ["driven", "off", "pool", "offered"]),
    ({"statut": "en-attente"}, ["pool", "offered"]),
    ({"statut": "in:annulee,terminee"}, ["driven", "off"]),
    ({"clientType": "hotel"}, ["pool", "offered"]),
    ({"clientType": "entreprise", "statut": "annulee"}, ["off"]),
    ({"taxiId": "null"}, ["off", "pool"]),
    ({"taxiId": "null", "statut": "en-attente"}, ["pool"]),
    ({"taxiId": NOBODY}, []),
    ({"sort": "-dateISO"}, ["offered", "pool", "off", "driven"]),
    ({"sort": "createdAt,reference"}, ["pool", "off", "offered", "driven"]),
    ({"sort": "reference"}, ["off", "driven", "offered", "pool"]),
    ({"sort": "statut"}, ["off", "pool", "offered", "driven"]),
    ({"sort": "-statut"}, ["driven", "offered", "pool", "off"]),
    ({"sort": "statut,-dateISO"}, ["off", "offered", "pool", "driven"]),
    ({"page_size": 3}, ["driven", "off", "pool"]),
    ({"page_size": 3, "page": 2}, ["offered"]),
    ({"page_size": 3, "page": 3}, []),
]


async def test_those_that_match_in_order_when_listed(api: Api, subtests: pytest.Subtests) -> None:
    book = await a_book(api)
    for params, expected in LISTS:
        with subtests.test(str(params)):
            assert await book.names(**params) == expected


SEARCHES: list[tuple[str, list[str]]] = [
    ("000003", ["offered"]),
    ("nv-2026-000002", ["driven"]),
    ("ECOLES", ["driven"]),
    ("des écoles, coc", ["driven"]),
    ("cole", ["driven"]),
    ("générale", ["driven", "off"]),
    ("hello@sg", ["driven", "off"]),
    ("af 702", ["offered"]),
    ("af", ["offered"]),
    ("ge", ["driven", "off"]),
    ("ol", []),
    ("rue ecoles", []),
    ("%", ["off"]),
    ("100 %", ["off"]),
    ("l_m", ["off"]),
    ("lxm", []),
    ("\\", []),
    ("s, c", ["driven"]),
    ("-2026-", ["driven", "off", "pool", "offered"]),
    ("%-%", []),
    ("'", []),
    ("a' & b:*", []),
    ("AÉROPORT", ["driven", "pool", "offered"]),
    ("gare aeroport", []),
    ("nord aéroport", ["pool", "offered"]),
    ("nord aéroport af 702", ["offered"]),
    ("", ["driven", "off", "pool", "offered"]),
    ("  ", ["driven", "off", "pool", "offered"]),
    ("x" * 200, []),
]


async def test_words_are_found_without_case_and_accents_when_searched(api: Api, subtests: pytest.Subtests) -> None:
    book = await a_book(api)
    for q, expected in SEARCHES:
        with subtests.test(q=q):
            assert await book.names(q=q) == expected


async def test_all_filters_hold_when_several_are_given(api: Api) -> None:
    book = await a_book(api)
    day = {"date_from": f"{NOW:%Y-%m-%d}", "date_to": f"{NOW + timedelta(days=1):%Y-%m-%d}"}
    assert await book.names(q="generale", clientType="entreprise", statut="in:annulee,terminee", **day) == [
        "driven",
        "off",
    ]
    assert await book.names(q="generale", clientType="hotel") == []
    assert await book.names(taxiId=str(book.office.taxis[0].id), q="aeroport", sort="-reference") == [
        "offered",
        "driven",
    ]


async def test_page_says_how_many_there_are(api: Api) -> None:
    book = await a_book(api)
    answer = await book.office.admin.get(LIST, page=2, page_size=3, taxiId="null", statut="in:annulee,en-attente")
    assert answer.json()["data"] == []
    assert answer.json()["meta"]["pagination"] == {"page": 2, "page_size": 3, "total": 2, "page_count": 1}


# Midnights of two days with a change of the clock, in UTC: 23 and 25 hours; and of a zone where the clocks go back at
# one o'clock, so that the day has two midnights.
DAYS = [
    ("Europe/Paris", "2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ("Europe/Paris", "2026-10-25", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ("Africa/Abidjan", "2026-03-29", datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)),
    ("Atlantic/Azores", "2026-10-25", datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(("fuseau", "day", "first", "end"), DAYS)
async def test_whole_local_day_is_listed_when_clocks_change(
    api: Api, fuseau: str, day: str, first: datetime, end: datetime
) -> None:
    book = Book(await an_office(api, taxis=0, fuseau=fuseau, pays="FR"))
    edges = {"before": first - HOUR / 60, "first": first, "last": end - HOUR / 60, "after": end}
    for name, at in edges.items():
        await book.enter(name, date_iso=at)
    assert await book.names(date_from=day, date_to=day) == ["first", "last"]
    assert await book.names(date_from=day) == ["first", "last", "after"]
    assert await book.names(date_to=day) == ["before", "first", "last"]


async def test_half_open_when_instants_are_given(api: Api) -> None:
    book = await a_book(api)
    first, last = NOW + 2 * HOUR, NOW + 4 * HOUR
    zone = {"date_from": f"{first:%Y-%m-%dT%H:%M:%SZ}", "date_to": f"{last + 2 * HOUR:%Y-%m-%dT%H:%M:%S}+02:00"}
    assert await book.names(**zone) == ["off", "pool"]


UNSOUND: list[tuple[dict[str, str | int], str]] = [
    ({"statut": "parti"}, "statut"),
    ({"statut": "in:parti"}, "statut"),
    ({"clientType": "client"}, "clientType"),
    ({"client_type": "hotel"}, "client_type"),
    ({"taxiId": "T1"}, "taxiId"),
    ({"taxiId": "in:null"}, "taxiId"),
    ({"statut": "null"}, "statut"),
    ({"date_from": "hier"}, "date_from"),
    ({"date_from": "2026-02-30"}, "date_from"),
    ({"date_from": "20260301"}, "date_from"),
    ({"date_from": "1770000000"}, "date_from"),
    ({"date_to": "2026-03-01T10:00:00"}, "date_to"),
    ({"date_to": "1999-12-31"}, "date_to"),
    ({"date_to": "9999-12-31T23:59:59Z"}, "date_to"),
    ({"sort": "date_iso"}, "sort"),
    ({"sort": "clientType"}, "sort"),
    ({"page": 0}, "page"),
    ({"page_size": 101}, "page_size"),
    ({"q": "x" * 201}, "q"),
    ({"q": "a\x00b"}, "q"),
    ({"recherche": "x"}, "recherche"),
    ({"dateISO_gte": "2026-01-01T00:00:00Z"}, "dateISO_gte"),
]


async def test_refused_when_the_query_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    for params, path in UNSOUND:
        with subtests.test(str(params)):
            assert paths(refusal(await office.admin.get(LIST, **params), 422, "validation_error")) == [path]


async def test_refused_when_a_filter_is_given_twice(api: Api) -> None:
    office = await an_office(api, taxis=0)
    answer = await office.admin.send("GET", f"{LIST}?statut=annulee&statut=terminee")
    assert paths(refusal(answer, 422, "validation_error")) == ["statut"]


def rows_of(demandes: Iterable[tuple[Commande, Any, Any]]) -> list[Demande]:
    """Open demandes of cards to chauffeurs."""
    return [
        Demande(
            id=new_id(),
            societe_id=card.societe_id,
            commande_id=card.id,
            chauffeur_id=driver.id,
            taxi_id=taxi.id,
            origine=Origine.DIFFUSION,
            expire_at=NOW + HOUR,
            created_at=NOW,
            updated_at=NOW,
            statut=DemandeStatut.PROPOSEE,
        )
        for card, taxi, driver in demandes
    ]


async def test_page_is_cut_by_cards_when_one_is_offered_to_several(api: Api) -> None:
    office = await an_office(api)
    book = Book(office)
    cards = [await book.enter(name, date_iso=NOW + n * HOUR) for n, name in enumerate(("one", "two", "three"))]
    pairs = list(zip(office.taxis, office.chauffeurs, strict=True))
    await office.keep(*rows_of((card, taxi, driver) for card in cards[:2] for taxi, driver in pairs))
    assert await book.names(page_size=2) == ["one", "two"]
    first = data_of(await office.admin.get(LIST, page_size=1))[0]
    assert first["diffusion"]["demandes"] == 2
    assert first == data(await office.admin.get(f"{LIST}/{first['id']}"))


async def test_list_holds_what_one_card_shows(api: Api) -> None:
    book = await a_book(api)
    for item in data_of(await book.office.admin.get(LIST)):
        answer = await book.office.admin.get(f"{LIST}/{item['id']}")
        assert data(answer) == item
        assert answer.headers["etag"] == f'"{item["version"]}"'
        assert {"dateISO", "priseEnCharge", "clientId", "taxiId"} <= item.keys()


async def test_client_keeps_its_place_when_its_type_changes(api: Api) -> None:
    book = await a_book(api)
    client = book.office.client
    async with api.service.platform.dispatch.begin_for(book.office.societe.id) as unit:
        known = await unit.clients.get(client.id, lock=True)
        known.type, known.nom = ClientType.HOPITAL, "CHU de Treichville"
        known.index()
        await unit.clients.save(known)
    assert await book.names(clientType="hotel") == []
    assert await book.names(clientType="hopital") == await book.names(q="treichville") == ["pool", "offered"]


async def test_card_is_found_by_what_it_says_now_when_it_was_changed(api: Api) -> None:
    book = await a_book(api)
    firm = a_client(book.office.societe, type=ClientType.HOPITAL, nom="Clinique Farah")
    await book.office.keep(firm)
    async with api.service.platform.dispatch.begin_for(book.office.societe.id) as unit:
        card = await unit.commandes.get(book.named["pool"], lock=True)
        card.client_id, card.destination = firm.id, "Grand-Bassam"
        card.index()
        await unit.commandes.save(card)
    assert (
        await book.names(q="bassam")
        == await book.names(clientType="hopital")
        == await book.names(q="farah")
        == ["pool"]
    )
    assert "pool" not in await book.names(q="aeroport")


async def test_chauffeur_reads_his_own_alone(api: Api) -> None:
    book = await a_book(api)
    first, second = book.office.chauffeurs
    assert data(await first.get(f"{LIST}/{book.named['driven']}"))["actions"] == []
    refusal(await second.get(f"{LIST}/{book.named['driven']}"), 404, "not_found")
    refusal(await first.get(f"{LIST}/{book.named['pool']}"), 404, "not_found")
    refusal(await first.get(LIST), 403, "forbidden")


async def test_nothing_of_another_company_when_listed_or_read(api: Api) -> None:
    book, other = await a_book(api), await an_office(api)
    await other.keep(a_commande(other.societe, other.client, reference="NV-2026-000004"))
    assert len(data_of(await other.admin.get(LIST))) == 1
    for params in ({"q": "ecoles"}, {"q": "nv-2026-000003"}, {"clientType": "entreprise"}, {"statut": "annulee"}):
        answer = await other.admin.get(LIST, **params)
        assert (data_of(answer), answer.json()["meta"]["pagination"]["total"]) == ([], 0)
    assert len(data_of(await other.admin.get(LIST, q="nv-2026-000004"))) == 1
    for id_ in book.named.values():
        refusal(await other.admin.get(f"{LIST}/{id_}"), 404, "not_found")
    refusal(await other.admin.get(f"{LIST}/{NOBODY}"), 404, "not_found")
    refusal(await other.admin.get(f"{LIST}/x"), 422, "validation_error")
