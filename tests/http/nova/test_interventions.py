"""Interventions: reported, taken up, settled, thrown away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from allonova.domain.dispatch.calendrier import midnight
from allonova.domain.dispatch.commande import CommandeStatut
from tests.support.api import Api
from tests.support.factories import HOUR, SECOND
from tests.support.nova import Colleague, Office, an_office
from tests.support.wire import NOBODY, data, paths, refusal, require_refused

PATH = "/api/interventions"
FIELDS = {
    *("id", "commandeId", "reference", "taxiId", "numero", "type", "titre", "description", "statut", "priorite"),
    *("actions", "version", "createdAt", "resoluAt"),
}


def body(**given: Any) -> dict[str, Any]:
    """A breakdown."""
    return {"type": "panne", "titre": "Pneu crevé", "description": "Sur le pont", **given}


async def report(by: Colleague, **given: Any) -> Any:
    return data(await by.post(PATH, body(**given)), 201)


async def ids(by: Colleague, **query: str | int) -> list[str]:
    return [each["id"] for each in data(await by.get(PATH, **query))]


async def own_course(office: Office) -> Any:
    """A course of the first chauffeur."""
    return await office.commande(
        statut=CommandeStatut.ASSIGNEE, taxi_id=office.taxis[0].id, chauffeur_id=office.chauffeurs[0].id
    )


async def test_intervention_is_as_it_was_reported(api: Api) -> None:
    office = await an_office(api)
    taxi = office.taxis[0]
    answer = await office.admin.post(PATH, body(taxiId=str(taxi.id), priorite="critique"))
    made = data(answer, 201)
    assert answer.headers["etag"] == '"1"'
    assert set(made) == FIELDS
    assert made | {"id": "", "createdAt": ""} == {
        "id": "", "commandeId": None, "reference": None, "taxiId": str(taxi.id), "numero": taxi.numero,
        "type": "panne", "titre": "Pneu crevé", "description": "Sur le pont", "statut": "ouverte",
        "priorite": "critique", "actions": ["start", "resolve"], "version": 1, "createdAt": "", "resoluAt": None,
    }  # fmt: skip
    shown = await office.admin.get(f"{PATH}/{made['id']}")
    assert (data(shown), shown.headers["etag"]) == (made, '"1"')
    assert data(await office.admin.get(PATH)) == [made]


async def test_intervention_shows_the_reference_when_it_is_about_a_commande(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    given = {"type": "reclamation", "titre": "Attente", "commandeId": str(commande.id)}
    made = data(await office.admin.post(PATH, given), 201)
    assert (made["reference"], made["numero"], made["taxiId"]) == (commande.reference, None, None)
    assert (made["description"], made["priorite"]) == ("", "normale")
    changed = data(await office.admin.patch(f"{PATH}/{made['id']}", {"titre": "Attente longue"}))
    assert changed["reference"] == commande.reference


async def test_value_is_refused_when_it_is_out_of_bounds(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api)
    taxi = str(office.taxis[0].id)
    unsound = [
        *(("type", value) for value in ("accident", None, 1)),
        *(("titre", value) for value in ("", " ", "x" * 201, "a\x07b", None)),
        *(("description", value) for value in ("", "x" * 2001, 3)),
        *(("priorite", value) for value in ("urgente", None)),
        *((name, "x") for name in ("id", "statut", "societeId", "version", "creePar", "resoluAt", "commande_id")),
        ("taxiId", "7"),
    ]
    await require_refused(subtests, unsound, lambda given: office.admin.post(PATH, body(taxiId=taxi) | given))
    for name in ("type", "titre"):
        incomplete = {key: value for key, value in body(taxiId=taxi).items() if key != name}
        assert paths(refusal(await office.admin.post(PATH, incomplete), 422, "validation_error")) == [name]


async def test_refused_when_it_is_about_nothing_or_about_two(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    both = {"commandeId": str(commande.id), "taxiId": str(office.taxis[0].id)}
    for given, path in (({}, "commandeId"), (both, "taxiId")):
        assert paths(refusal(await office.admin.post(PATH, body(**given)), 422, "validation_error")) == [path]
    assert await ids(office.admin) == []


async def test_chauffeur_reports_on_his_own_course_and_taxi_alone(api: Api) -> None:
    office = await an_office(api)
    mine, theirs = office.chauffeurs
    course = await own_course(office)
    for given in ({"commandeId": str(course.id)}, {"taxiId": str(office.taxis[0].id)}):
        assert (await report(mine, **given))["actions"] == []
        refusal(await theirs.post(PATH, body(**given)), 404, "not_found")
    waiting = await office.commande()
    refusal(await mine.post(PATH, body(commandeId=str(waiting.id))), 404, "not_found")
    assert len(await ids(office.admin)) == 2


async def test_chauffeur_sees_and_changes_none(api: Api) -> None:
    office = await an_office(api)
    chauffeur = office.chauffeurs[0]
    made = await report(chauffeur, taxiId=str(office.taxis[0].id))
    path = f"{PATH}/{made['id']}"
    for answer in (
        await chauffeur.get(PATH),
        await chauffeur.get(path),
        await chauffeur.patch(path, {"statut": "resolue"}),
        await chauffeur.delete(path),
    ):
        refusal(answer, 403, "forbidden")


async def test_another_companys_things_do_not_exist(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    commande = await office.commande()
    made = await report(office.admin, commandeId=str(commande.id))
    for given in ({"commandeId": str(commande.id)}, {"taxiId": str(office.taxis[0].id)}, {"taxiId": NOBODY}):
        refusal(await other.admin.post(PATH, body(**given)), 404, "not_found")
    for id in (made["id"], NOBODY):
        refusal(await other.admin.get(f"{PATH}/{id}"), 404, "not_found")
        refusal(await other.admin.patch(f"{PATH}/{id}", {"titre": "x"}), 404, "not_found")
        refusal(await other.admin.delete(f"{PATH}/{id}"), 404, "not_found")
    assert await ids(other.admin, commandeId=str(commande.id)) == []
    assert data(await office.admin.get(f"{PATH}/{made['id']}")) == made


async def test_it_goes_from_open_to_settled_and_back(api: Api) -> None:
    office = await an_office(api)
    made = await report(office.admin, taxiId=str(office.taxis[0].id))
    path = f"{PATH}/{made['id']}"
    seen = []
    for statut in ("en-cours", "resolue", "ouverte", "resolue"):
        api.clock.advance(SECOND)
        changed = data(await office.admin.patch(path, {"statut": statut}))
        assert (changed["resoluAt"] is not None) == (statut == "resolue")
        seen.append((changed["statut"], changed["actions"], changed["version"]))
    assert seen == [
        ("en-cours", ["resolve", "reopen"], 2),
        ("resolue", ["reopen"], 3),
        ("ouverte", ["start", "resolve"], 4),
        ("resolue", ["reopen"], 5),
    ]
    assert changed["resoluAt"] == (api.clock.now()).isoformat().replace("+00:00", "Z")
    answer = await office.admin.patch(path, {"statut": "en-cours"})
    assert refusal(answer, 409, "invalid_transition") == {"from": "resolue", "to": "en-cours"}


async def test_nothing_is_written_when_nothing_changes(api: Api) -> None:
    office = await an_office(api)
    made = await report(office.admin, taxiId=str(office.taxis[0].id))
    path = f"{PATH}/{made['id']}"
    for same in ({}, {"statut": "ouverte", "titre": made["titre"], "priorite": "normale"}):
        assert data(await office.admin.patch(path, same)) == made
    log = data(await office.admin.get("/api/audit_log", entityId=made["id"]))
    assert [line["action"] for line in log] == ["intervention.creee"]


async def test_words_and_weight_change_when_an_admin_says_so(api: Api) -> None:
    office = await an_office(api)
    made = await report(office.admin, taxiId=str(office.taxis[0].id))
    given = {"titre": "Batterie", "description": None, "priorite": "basse"}
    changed = data(await office.admin.patch(f"{PATH}/{made['id']}", given))
    assert changed == made | given | {"description": "", "version": 2}


async def test_change_is_refused_when_it_was_made_for_another_version(api: Api) -> None:
    office = await an_office(api)
    made = await report(office.admin, taxiId=str(office.taxis[0].id))
    path = f"{PATH}/{made['id']}"
    answer = await office.admin.patch(path, {"priorite": "haute"}, version=1)
    now = data(answer)
    assert answer.headers["etag"] == '"2"'
    answer = await office.admin.patch(path, {"statut": "resolue"}, version=1)
    assert refusal(answer, 412, "precondition_failed") == {"current": now}
    answer = await office.admin.send("DELETE", path, headers={"If-Match": '"1"'})
    assert refusal(answer, 412, "precondition_failed") == {"current": now}


async def test_it_is_gone_when_it_was_thrown_away_and_the_log_remembers(api: Api) -> None:
    office = await an_office(api)
    made = await report(office.admin, taxiId=str(office.taxis[0].id))
    api.clock.advance(SECOND)
    assert (await office.admin.delete(f"{PATH}/{made['id']}")).status_code == 204
    refusal(await office.admin.get(f"{PATH}/{made['id']}"), 404, "not_found")
    refusal(await office.admin.delete(f"{PATH}/{made['id']}"), 404, "not_found")
    log = data(await office.admin.get("/api/audit_log", entity="intervention"))
    assert [line["action"] for line in log] == ["intervention.supprimee", "intervention.creee"]
    assert log[0]["payloadJson"]["before"]["titre"] == "***"


async def test_admins_are_told_but_not_the_one_who_did_it(api: Api) -> None:
    office = await an_office(api)
    second = await office.hire(role=office.admin.user.role)
    taxi = office.taxis[0]
    made = await report(office.admin, taxiId=str(taxi.id))
    assert data(await office.admin.get("/api/notifications")) == []
    [told] = data(await second.get("/api/notifications"))
    assert (told["type"], told["lu"]) == ("intervention.creee", False)
    assert told["description"] == f"Taxi {taxi.numero} : Pneu crevé"
    assert told["data"] == {"interventionId": made["id"], "taxiId": str(taxi.id)}
    course = await own_course(office)
    api.clock.advance(SECOND)
    await report(office.chauffeurs[0], commandeId=str(course.id))
    for admin in (office.admin, second):
        newest = data(await admin.get("/api/notifications"))[0]
        assert newest["description"] == f"{course.reference} : Pneu crevé"
        assert newest["data"]["commandeId"] == str(course.id)
    assert data(await office.chauffeurs[0].get("/api/notifications")) == []


async def four(office: Office) -> list[str]:
    """Ids of four interventions, an hour apart: basse, critique, normale, haute; the second is about a commande."""
    commande = await office.commande()
    subjects = [{"taxiId": str(office.taxis[i].id)} for i in (0, 1, 0)]
    subjects.insert(1, {"commandeId": str(commande.id)})
    found = []
    for subject, priorite in zip(subjects, ("basse", "critique", "normale", "haute"), strict=True):
        found.append((await report(office.admin, priorite=priorite, **subject))["id"])
        office.api.clock.advance(HOUR)
    return found


async def test_list_is_narrowed_when_asked(api: Api) -> None:
    office = await an_office(api)
    low, critical, normal, high = await four(office)
    second = data(await office.admin.patch(f"{PATH}/{normal}", {"statut": "resolue", "titre": "x"}))
    commande = data(await office.admin.get(f"{PATH}/{critical}"))["commandeId"]
    asked: list[tuple[dict[str, str | int], list[str]]] = [
        ({}, [high, normal, critical, low]),
        ({"statut": "resolue"}, [second["id"]]),
        ({"statut": "in:ouverte,en-cours"}, [high, critical, low]),
        ({"priorite": "critique"}, [critical]),
        ({"type": "panne", "priorite": "in:haute,basse"}, [high, low]),
        ({"type": "retard"}, []),
        ({"taxiId": str(office.taxis[0].id)}, [high, low]),
        ({"commandeId": commande}, [critical]),
        ({"sort": "createdAt", "page": 2, "page_size": 3}, [high]),
        ({"sort": "-priorite"}, [critical, high, normal, low]),
        ({"sort": "priorite,-createdAt"}, [low, normal, high, critical]),
    ]
    for query, wanted in asked:
        assert await ids(office.admin, **query) == wanted, query


async def test_list_keeps_to_days_of_the_companys_zone(api: Api) -> None:
    office = await an_office(api, fuseau="Europe/Paris", pays="FR")
    made = await report(office.admin, taxiId=str(office.taxis[0].id))
    today = api.clock.now().astimezone(ZoneInfo("Europe/Paris")).date()
    day, tomorrow_at = today.isoformat(), midnight(today + timedelta(days=1), "Europe/Paris")
    assert tomorrow_at.hour in (22, 23)
    api.clock.at = tomorrow_at - SECOND
    last = await report(office.admin, taxiId=str(office.taxis[0].id))
    api.clock.advance(SECOND)
    tomorrow = await report(office.admin, taxiId=str(office.taxis[0].id))
    assert await ids(office.admin, date_from=day, date_to=day) == [last["id"], made["id"]]
    assert await ids(office.admin, date_from=tomorrow["createdAt"]) == [tomorrow["id"]]
    assert await ids(office.admin, date_to=tomorrow["createdAt"]) == [last["id"], made["id"]]


@pytest.mark.parametrize("query", ["sort=titre", "titre=x", "statut=ferme", "taxiId=7", "priorite_gte=basse", "q=x"])
async def test_query_is_refused_when_it_is_not_declared(api: Api, query: str) -> None:
    office = await an_office(api, taxis=0)
    refusal(await office.admin.get(f"{PATH}?{query}"), 422, "validation_error")
