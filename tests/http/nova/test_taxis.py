"""The fleet."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeStatut, Origine
from allonova.domain.dispatch.taxi import TaxiStatut
from tests.support.api import Api
from tests.support.factories import HOUR, NOW, new_id
from tests.support.nova import Office, a_taxi, an_office
from tests.support.wire import NOBODY, data, paths, refusal, require_refused

_numbers = itertools.count(1)


def body(**given: Any) -> dict[str, Any]:
    """A sound taxi with a plate and a number of its own."""
    number = next(_numbers)
    return {"numero": f"N{number}", "plaque": f"{number:04d} CI 07", "vignette": f"V-{number}", **given}


async def assigned(office: Office, index: int = 0, **given: Any) -> Commande:
    """A course that a chauffeur has taken."""
    fields: dict[str, Any] = {
        "statut": CommandeStatut.ASSIGNEE,
        "taxi_id": office.taxis[index].id,
        "chauffeur_id": office.chauffeurs[index].id,
    }
    return await office.commande(**fields | given)


async def asked(office: Office, commande: Commande, index: int = 0, **given: Any) -> Demande:
    """A demande to a chauffeur, open for three minutes unless said otherwise."""
    now = office.api.clock.now()
    fields: dict[str, Any] = {
        "id": new_id(),
        "societe_id": office.societe.id,
        "commande_id": commande.id,
        "chauffeur_id": office.chauffeurs[index].id,
        "taxi_id": office.taxis[index].id,
        "expire_at": now + timedelta(minutes=3),
        "created_at": now,
        "updated_at": now,
    }
    demande = Demande(**fields | given)
    await office.keep(demande)
    return demande


async def stored(office: Office, commande: Commande) -> Commande:
    """A commande as it stands now."""
    async with office.api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        return await unit.commandes.get(commande.id)  # type: ignore[no-any-return]


async def demandes_of(office: Office, commande: Commande) -> list[str]:
    """How its demandes stand, the oldest first."""
    async with office.api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        return [demande.statut.value for demande in await unit.demandes.of_commande(commande.id)]


async def test_taxi_is_there_when_an_admin_adds_it(api: Api) -> None:
    office = await an_office(api, taxis=0)
    answer = await office.admin.post("/api/taxis", body(numero=" T7 ", plaque="12 ab-34   cd"))
    taxi = data(answer, 201)
    assert taxi == {
        "id": taxi["id"], "numero": "T7", "plaque": "12 AB-34 CD", "vignette": taxi["vignette"],
        "statut": "disponible", "chauffeur": None, "position": None, "active": True, "version": 1,
        "createdAt": taxi["createdAt"],
    }  # fmt: skip
    assert answer.headers["etag"] == '"1"'
    detail = await office.admin.get(f"/api/taxis/{taxi['id']}")
    assert data(detail) == taxi | {"coursesDuJour": []}
    assert detail.headers["etag"] == '"1"'
    assert data(await office.admin.get("/api/taxis")) == [taxi]


async def test_chauffeur_and_place_are_shown_when_there_are_some(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur = office.chauffeurs[0]
    assert (await chauffeur.post("/api/me/position", {"lat": 5.32, "lon": -4.02})).status_code == 204
    (taxi,) = data(await office.admin.get("/api/taxis"))
    assert taxi["chauffeur"] == {"id": str(chauffeur.id), "name": chauffeur.user.name}
    at = taxi["position"].pop("at")
    assert taxi["position"] == {"lat": 5.32, "lon": -4.02}
    assert datetime.fromisoformat(at) == api.clock.now()
    assert at.endswith("Z")


UNSOUND: list[tuple[str, object]] = [
    ("numero", ""), ("numero", "x" * 21), ("numero", "T\x07"), ("numero", 7), ("numero", None),
    ("plaque", "A"), ("plaque", "12#34"), ("plaque", "1234 AB 01\n"), ("plaque", "١٢٣٤"), ("plaque", "A" * 21),
    ("vignette", " \t"), ("vignette", "v" * 51), ("vignette", []),
    ("id", NOBODY), ("societeId", NOBODY), ("active", False), ("version", 3), ("chauffeur", None),
]  # fmt: skip


async def test_taxi_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=1)
    url = f"/api/taxis/{office.taxis[0].id}"
    before = data(await office.admin.get(url))
    await require_refused(
        subtests,
        [*UNSOUND, ("statut", "disponible"), ("vignette_", "x")],
        lambda given: office.admin.post("/api/taxis", body(**given)),
    )
    changes: list[tuple[str, object]] = [*UNSOUND, ("statut", "en-course"), ("statut", None), ("statut", "libre")]
    await require_refused(subtests, changes, lambda given: office.admin.patch(url, given))
    assert data(await office.admin.get(url)) == before
    assert data(await office.admin.get("/api/taxis")) == [
        {key: value for key, value in before.items() if key != "coursesDuJour"}
    ]


async def test_plate_is_taken_when_it_is_written_otherwise(api: Api) -> None:
    plaque = "1234  ab  01"
    office = await an_office(api, taxis=0)
    taxi = data(await office.admin.post("/api/taxis", body(plaque="1234 Ab 01")), 201)
    refusal(await office.admin.post("/api/taxis", body(plaque=plaque)), 409, "conflict")
    refusal(await office.admin.post("/api/taxis", body(numero=taxi["numero"])), 409, "conflict")
    other = data(await office.admin.post("/api/taxis", body()), 201)
    refusal(await office.admin.patch(f"/api/taxis/{other['id']}", {"plaque": plaque}), 409, "conflict")
    refusal(await office.admin.patch(f"/api/taxis/{other['id']}", {"numero": taxi["numero"]}), 409, "conflict")
    elsewhere = await an_office(api, taxis=0)
    data(await elsewhere.admin.post("/api/taxis", body(plaque=plaque, numero=taxi["numero"])), 201)


async def numeros(office: Office, **query: str | int) -> list[str]:
    """The numbers of a list."""
    return [taxi["numero"] for taxi in data(await office.admin.get("/api/taxis", **query))]


async def test_list_is_narrowed_and_ordered_when_asked(api: Api) -> None:
    office = await an_office(api, taxis=0)
    given = [
        ("B2", "8888 ZZ 01", TaxiStatut.DISPONIBLE, True), ("A1", "1111 AA 01", TaxiStatut.HORS_SERVICE, True),
        ("C3", "2222 BB 01", TaxiStatut.EN_COURSE, True), ("Z9", "3333 CC 01", TaxiStatut.DISPONIBLE, False),
    ]  # fmt: skip
    for index, (numero, plaque, statut, active) in enumerate(given):
        made = {"numero": numero, "plaque": plaque, "statut": statut, "active": active, "vignette": f"Ç-{numero}"}
        await office.keep(a_taxi(office.societe, created_at=NOW + index * HOUR, **made))
    assert await numeros(office) == ["A1", "B2", "C3"]
    assert await numeros(office, sort="-numero") == ["C3", "B2", "A1"]
    assert await numeros(office, sort="createdAt") == ["B2", "A1", "C3"]
    assert await numeros(office, active="false") == ["Z9"]
    assert await numeros(office, active="in:true,false") == ["A1", "B2", "C3", "Z9"]
    assert await numeros(office, statut="disponible") == ["B2"]
    assert await numeros(office, statut="in:en-course,hors-service") == ["A1", "C3"]
    assert await numeros(office, page=2, page_size=2) == ["C3"]
    assert await numeros(office, q="8888zz") == ["B2"]
    assert await numeros(office, q="88 zz") == ["B2"]
    assert await numeros(office, q="c-a1") == ["A1"]
    assert await numeros(office, q="C") == ["A1", "B2", "C3"]  # the start of a word: `ç-a1`
    assert await numeros(office, q="%%%") == await numeros(office, q="___") == []


STRANGE = ["sort=plaque", "statut=libre", "plaque=1", "active=maybe", "page_size=101", "x=1"]


async def test_query_is_refused_when_it_is_not_declared(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    for query in STRANGE:
        with subtests.test(query):
            refusal(await office.admin.get(f"/api/taxis?{query}"), 422, "validation_error")


async def test_taxi_is_as_the_admin_says_when_he_changes_it(api: Api) -> None:
    office = await an_office(api, taxis=1)
    url = f"/api/taxis/{office.taxis[0].id}"
    before = data(await office.admin.get(url))
    answer = await office.admin.patch(
        url, {"numero": "X1", "plaque": "9 z 9", "vignette": "W", "statut": "hors-service"}
    )
    changed = data(answer)
    wanted = {"numero": "X1", "plaque": "9 Z 9", "vignette": "W", "statut": "hors-service", "version": 2}
    assert changed | {"coursesDuJour": []} == before | wanted
    assert answer.headers["etag"] == '"2"'
    assert await numeros(office, q="9z9") == ["X1"]
    assert data(await office.admin.patch(url, {"statut": "disponible"}))["statut"] == "disponible"
    assert data(await office.admin.patch(url, {"statut": "disponible", "plaque": "9  Z 9"}))["version"] == 3
    assert data(await office.admin.patch(url, {}))["version"] == 3


async def test_change_is_refused_when_the_taxi_has_changed_since_it_was_read(api: Api) -> None:
    office = await an_office(api, taxis=1)
    url = f"/api/taxis/{office.taxis[0].id}"
    now = data(await office.admin.patch(url, {"numero": "X2"}, version=1))
    answer = await office.admin.patch(url, {"numero": "X3"}, version=1)
    assert refusal(answer, 412, "precondition_failed") == {"current": now}
    gone = await office.admin.send("DELETE", url, headers={"If-Match": '"1"'})
    assert refusal(gone, 412, "precondition_failed") == {"current": now}
    data(await office.admin.patch(url, {"numero": "X3"}, version=2))


async def test_version_must_be_named_when_the_company_wants_it(api: Api) -> None:
    office = await an_office(api, taxis=1, version_obligatoire=True)
    url = f"/api/taxis/{office.taxis[0].id}"
    refusal(await office.admin.patch(url, {"numero": "X4"}), 428, "precondition_required")
    data(await office.admin.patch(url, {"numero": "X4"}, version=1))
    refusal(await office.admin.patch(f"/api/taxis/{NOBODY}", {"numero": "X5"}), 404, "not_found")


async def test_taxi_stays_in_service_when_courses_are_promised(api: Api) -> None:
    office = await an_office(api)
    later = await assigned(office, date_iso=NOW + 5 * HOUR)
    sooner = await office.commande(taxi_id=office.taxis[0].id, date_iso=NOW + HOUR)
    await asked(office, sooner)
    await assigned(office, 1)
    url = f"/api/taxis/{office.taxis[0].id}"
    for answer in (await office.admin.patch(url, {"statut": "hors-service"}), await office.admin.delete(url)):
        courses = refusal(answer, 409, "conflict")["courses"]
        assert courses == [
            {"commandeId": str(c.id), "reference": c.reference, "dateISO": _z(c.date_iso), "statut": c.statut.value}
            for c in (sooner, later)
        ]
    assert data(await office.admin.get(url))["statut"] == "disponible"
    assert await demandes_of(office, sooner) == ["proposee"]
    # Other fields may change all the same.
    data(await office.admin.patch(url, {"vignette": "V-0"}))


def _z(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("how", ["patch", "delete"])
async def test_courses_return_to_the_pool_when_it_is_forced(api: Api, how: str) -> None:
    office = await an_office(api)
    second = await office.hire(role=office.admin.user.role)
    taken = await assigned(office)
    await asked(office, taken, statut=DemandeStatut.ACCEPTEE)
    # more than a request may ask for one by one
    offered = [await office.commande(taxi_id=office.taxis[0].id) for _ in range(4)]
    for commande in offered:
        await asked(office, commande)
    other = await assigned(office, 1)
    api.clock.advance(timedelta(minutes=1))
    url = f"/api/taxis/{office.taxis[0].id}"
    if how == "patch":
        data(await office.admin.patch(url, {"statut": "hors-service"}, force="true"))
    else:
        assert (await office.admin.delete(url, force="true")).status_code == 204
    for commande in (taken, *offered):
        now = await stored(office, commande)
        assert (now.statut, now.taxi_id, now.chauffeur_id) == (CommandeStatut.EN_ATTENTE, None, None)
        assert now.en_attente_depuis == api.clock.now()
        assert now.version == commande.version + 1
        assert await demandes_of(office, commande) == ["annulee"]
    assert await stored(office, other) == other
    told = await notices(office)
    assert sorted(told[office.chauffeurs[0].id]) == [("commande.annulee", str(taken.id))]
    assert sorted(told[second.id]) == sorted(("commande.modifiee", str(each.id)) for each in (taken, *offered))
    assert office.admin.id not in told
    assert office.chauffeurs[1].id not in told


async def notices(office: Office) -> dict[Any, list[tuple[str, str]]]:
    """Types and commandes of all notifications, by reader."""
    found: dict[Any, list[tuple[str, str]]] = {}
    for row in await office.api.inside.dispatch("notifications"):
        found.setdefault(row.user_id, []).append((str(row.type), str(row.data["commandeId"])))
    return found


async def test_broadcast_goes_on_with_the_others_when_one_taxi_leaves(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    await asked(office, commande, 0, origine=Origine.DIFFUSION)
    await asked(office, commande, 1, origine=Origine.DIFFUSION)
    data(await office.admin.patch(f"/api/taxis/{office.taxis[0].id}", {"statut": "hors-service"}, force="true"))
    assert sorted(await demandes_of(office, commande)) == ["annulee", "proposee"]
    waits = await stored(office, commande)
    assert waits.en_attente_depuis == commande.en_attente_depuis
    data(await office.admin.patch(f"/api/taxis/{office.taxis[1].id}", {"statut": "hors-service"}, force="true"))
    assert await demandes_of(office, commande) == ["annulee", "annulee"]


async def test_promise_does_not_count_when_it_is_over(api: Api) -> None:
    office = await an_office(api)
    url = f"/api/taxis/{office.taxis[0].id}"
    await assigned(office, statut=CommandeStatut.TERMINEE)
    await assigned(office, statut=CommandeStatut.ANNULEE)
    overdue = await office.commande(taxi_id=office.taxis[0].id)
    await asked(office, overdue, expire_at=api.clock.now())
    assert data(await office.admin.patch(url, {"statut": "hors-service"}))["statut"] == "hors-service"


async def test_taxi_cannot_leave_when_a_client_is_aboard(api: Api) -> None:
    office = await an_office(api, taxis=0)
    taxi, _ = await office.equip(statut=TaxiStatut.EN_COURSE)
    course = await assigned(office, statut=CommandeStatut.EN_COURS)
    url = f"/api/taxis/{taxi.id}"
    for force in ("false", "true"):
        answer = await office.admin.patch(url, {"statut": "hors-service"}, force=force)
        refusal(answer, 409, "invalid_transition")
        refusal(await office.admin.delete(url, force=force), 409, "invalid_transition")
    refusal(await office.admin.patch(url, {"statut": "disponible"}), 409, "invalid_transition")
    assert data(await office.admin.patch(url, {"vignette": "V-1"}))["statut"] == "en-course"
    assert await stored(office, course) == course


async def test_taxi_is_gone_when_nothing_names_it(api: Api) -> None:
    office = await an_office(api, taxis=1)
    url, chauffeur = f"/api/taxis/{office.taxis[0].id}", office.chauffeurs[0]
    assert (await chauffeur.post("/api/me/position", {"lat": 5.3, "lon": -4.0})).status_code == 204
    assert (await office.admin.delete(url)).status_code == 204
    refusal(await office.admin.get(url), 404, "not_found")
    refusal(await office.admin.delete(url), 404, "not_found")
    refusal(await chauffeur.post("/api/me/position", {"lat": 5.3, "lon": -4.0}), 409, "conflict")
    given = {"numero": office.taxis[0].numero, "plaque": office.taxis[0].plaque}
    data(await office.admin.post("/api/taxis", body(**given)), 201)


async def test_taxi_is_kept_when_it_has_driven(api: Api) -> None:
    office = await an_office(api, taxis=1)
    taxi, url = office.taxis[0], f"/api/taxis/{office.taxis[0].id}"
    await assigned(office, statut=CommandeStatut.TERMINEE)
    assert (await office.admin.delete(url)).status_code == 204
    kept = data(await office.admin.get(url))
    assert (kept["active"], kept["statut"], kept["chauffeur"]) == (False, "hors-service", None)
    assert await numeros(office) == []
    refusal(await office.admin.patch(url, {"numero": "X"}), 404, "not_found")
    refusal(await office.admin.delete(url), 404, "not_found")
    data(await office.admin.post("/api/taxis", body(numero=taxi.numero, plaque=taxi.plaque)), 201)


async def test_day_is_the_companys_own_when_courses_are_listed(api: Api) -> None:
    api.clock.at = datetime(2026, 3, 29, 10, tzinfo=UTC)  # the clock goes forward: the day has 23 hours
    office = await an_office(api, fuseau="Europe/Paris")
    first = await assigned(office, date_iso=datetime(2026, 3, 28, 23, tzinfo=UTC))
    last = await assigned(office, date_iso=datetime(2026, 3, 29, 21, 59, tzinfo=UTC))
    waits = await office.commande(taxi_id=office.taxis[0].id, date_iso=datetime(2026, 3, 29, 12, tzinfo=UTC))
    await asked(office, waits)
    await assigned(office, date_iso=datetime(2026, 3, 28, 21, 59, tzinfo=UTC), statut=CommandeStatut.TERMINEE)
    await assigned(office, date_iso=datetime(2026, 3, 29, 23, tzinfo=UTC))
    await assigned(office, date_iso=datetime(2026, 3, 29, 8, tzinfo=UTC), statut=CommandeStatut.ANNULEE)
    await assigned(office, 1, date_iso=datetime(2026, 3, 29, 8, tzinfo=UTC))
    day = data(await office.admin.get(f"/api/taxis/{office.taxis[0].id}"))["coursesDuJour"]
    assert [course["id"] for course in day] == [str(each.id) for each in (first, waits, last)]
    assert day[1]["demande"]["statut"] == "proposee"
    assert day[0]["client"]["id"] == str(office.client.id)


async def test_taxi_does_not_exist_when_it_is_another_companys(api: Api) -> None:
    mine, theirs = await an_office(api), await an_office(api)
    url = f"/api/taxis/{theirs.taxis[0].id}"
    refusal(await mine.admin.get(url), 404, "not_found")
    refusal(await mine.admin.patch(url, {"numero": "X"}), 404, "not_found")
    refusal(await mine.admin.patch(url, {"statut": "hors-service"}, force="true"), 404, "not_found")
    refusal(await mine.admin.delete(url, force="true"), 404, "not_found")
    assert data(await theirs.admin.get(url))["version"] == 1
    ids = {taxi["id"] for taxi in data(await mine.admin.get("/api/taxis", active="in:true,false"))}
    assert ids == {str(taxi.id) for taxi in mine.taxis}


async def test_chauffeur_may_not_manage_the_fleet(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur, url = office.chauffeurs[0], f"/api/taxis/{office.taxis[0].id}"
    refusal(await chauffeur.get("/api/taxis"), 403, "forbidden")
    refusal(await chauffeur.post("/api/taxis", body()), 403, "forbidden")
    refusal(await chauffeur.get(url), 403, "forbidden")
    refusal(await chauffeur.patch(url, {"numero": "X"}), 403, "forbidden")
    refusal(await chauffeur.delete(url), 403, "forbidden")


async def test_log_says_who_did_what_when_the_fleet_changes(api: Api) -> None:
    office = await an_office(api, taxis=1)
    taken = await assigned(office)
    await asked(office, taken, statut=DemandeStatut.ACCEPTEE)
    url = f"/api/taxis/{office.taxis[0].id}"
    new = data(await office.admin.post("/api/taxis", body()), 201)
    data(await office.admin.patch(url, {"statut": "hors-service"}, force="true"))
    assert (await office.admin.delete(url)).status_code == 204
    assert (await office.admin.delete(f"/api/taxis/{new['id']}")).status_code == 204
    log = await api.inside.dispatch("audit_log")
    assert [(row.action, str(row.entity_id)) for row in log] == [
        ("taxi.cree", new["id"]),
        ("commande.reprise", str(taken.id)),
        ("taxi.modifie", str(office.taxis[0].id)),
        ("user.modifie", str(office.chauffeurs[0].id)),
        ("taxi.desactive", str(office.taxis[0].id)),
        ("taxi.supprime", new["id"]),
    ]
    assert {row.user_id for row in log} == {office.admin.id}
    assert log[2].payload == {"before": {"statut": "disponible"}, "after": {"statut": "hors-service"}}


async def test_values_are_refused_at_their_own_path(api: Api) -> None:
    office = await an_office(api, taxis=0)
    answer = await office.admin.post("/api/taxis", {"numero": ""})
    assert paths(refusal(answer, 422, "validation_error")) == ["numero", "plaque", "vignette"]
