"""The company's address book."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from allonova.domain.dispatch.client import ClientType
from tests.support.api import Api
from tests.support.factories import HOUR, NOW
from tests.support.nova import Office, a_client, an_office
from tests.support.wire import NOBODY, data, refusal, require_refused


def body(**given: Any) -> dict[str, Any]:
    """A sound client."""
    return {"type": "hotel", "nom": "Hôtel Ivoire", **given}


async def test_client_is_there_when_an_admin_adds_him(api: Api) -> None:
    office = await an_office(api, taxis=0, pays="FR", fuseau="Europe/Paris")
    contact = {"contactEmail": "Accueil@ivoire.test", "contactPhone": "01 23 45 67 89", "adresse": " 8 rue Été "}
    answer = await office.admin.post("/api/clients", body(**contact))
    client = data(answer, 201)
    assert client == {
        "id": client["id"], "type": "hotel", "nom": "Hôtel Ivoire", "contactEmail": "Accueil@ivoire.test",
        "contactPhone": "+33123456789", "adresse": "8 rue Été", "active": True, "version": 1,
        "createdAt": client["createdAt"],
    }  # fmt: skip
    assert answer.headers["etag"] == '"1"'
    found = await office.admin.get(f"/api/clients/{client['id']}")
    assert (data(found), found.headers["etag"]) == (client, '"1"')
    bare = data(await office.admin.post("/api/clients", {"type": "particulier", "nom": "Yao"}), 201)
    assert [bare[name] for name in ("contactEmail", "contactPhone", "adresse")] == [None, None, None]


UNSOUND: list[tuple[str, object]] = [
    ("type", "ami"), ("type", None), ("nom", ""), ("nom", " \t"), ("nom", "x" * 201), ("nom", "a\x07"), ("nom", None),
    ("contactEmail", "nobody"), ("contactEmail", ""), ("contactPhone", "12"), ("contactPhone", "+"),
    ("contactPhone", ""), ("contactPhone", "abc"), ("adresse", ""), ("adresse", ["x"]),
    ("id", NOBODY), ("societeId", NOBODY), ("active", False), ("recherche", "x"), ("version", 7),
    ("contact_email", "a@b.ci"),
]  # fmt: skip


async def test_client_is_refused_when_he_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    url = f"/api/clients/{office.client.id}"
    before = data(await office.admin.get(url))
    await require_refused(subtests, UNSOUND, lambda given: office.admin.post("/api/clients", body(**given)))
    await require_refused(subtests, UNSOUND, lambda given: office.admin.patch(url, given))
    assert data(await office.admin.get(url)) == before
    assert data(await office.admin.get("/api/clients")) == [before]


async def names(office: Office, **query: str | int) -> list[str]:
    """The names of a list."""
    return [client["nom"] for client in data(await office.admin.get("/api/clients", **query))]


async def some(api: Api) -> Office:
    """A company with five clients, one of them given up."""
    office = await an_office(api, taxis=0)
    given = [
        ("Zoé 100%", "particulier", "zoe@exemple.test", True), ("école Étoile", "entreprise", None, True),
        ("Eburnie", "hopital", "chu@eburnie.test", True), ("Ancien", "hotel", None, False),
    ]  # fmt: skip
    for index, (nom, kind, email, active) in enumerate(given, start=1):
        made = {"nom": nom, "type": ClientType(kind), "contact_email": email, "active": active, "adresse": None}
        await office.keep(a_client(office.societe, created_at=NOW + index * HOUR, **made))
    return office


async def test_list_is_narrowed_and_ordered_when_asked(api: Api) -> None:
    office = await some(api)
    hotel = office.client.nom
    assert await names(office) == ["Eburnie", "école Étoile", hotel, "Zoé 100%"]
    assert await names(office, sort="-nom", page_size=2) == ["Zoé 100%", hotel]
    assert await names(office, sort="-nom", page_size=2, page=2) == ["école Étoile", "Eburnie"]
    assert await names(office, sort="-createdAt") == ["Eburnie", "école Étoile", "Zoé 100%", hotel]
    assert await names(office, active="false") == ["Ancien"]
    assert len(await names(office, active="in:true,false")) == 5
    assert await names(office, type="hopital") == ["Eburnie"]
    assert await names(office, type="in:hopital,entreprise") == ["Eburnie", "école Étoile"]


FOUND: list[tuple[str, list[str]]] = [
    ("ETOILE", ["école Étoile"]),
    ("toil", ["école Étoile"]),
    ("École  é", ["école Étoile"]),
    ("eburnie.test", ["Eburnie"]),
    ("et", ["école Étoile"]),  # the start of a word
    ("e", ["Eburnie", "école Étoile"]),
    ("oi", []),  # too short to be looked for inside words
    ("00%", ["Zoé 100%"]),
    ("0%0", []),
    ("z_é", []),
    ("\\", []),
    ("' OR 1=1", []),
    ("ancien", []),
    (" ", ["Eburnie", "école Étoile", "Hôtel", "Zoé 100%"]),
]


async def test_words_are_found_when_they_are_written_otherwise(api: Api, subtests: pytest.Subtests) -> None:
    office = await some(api)
    for q, found in FOUND:
        with subtests.test(q):
            assert [nom if not nom.startswith("Hôtel") else "Hôtel" for nom in await names(office, q=q)] == found


STRANGE = ["sort=type", "type=ami", "nom=x", "q=a&q=b", "q=%00", f"q={'x' * 201}"]


async def test_query_is_refused_when_it_is_not_declared(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    for query in STRANGE:
        with subtests.test(query):
            refusal(await office.admin.get(f"/api/clients?{query}"), 422, "validation_error")


async def test_client_is_as_the_admin_says_when_he_changes_him(api: Api) -> None:
    office = await an_office(api, taxis=0)
    url = f"/api/clients/{office.client.id}"
    before = data(await office.admin.get(url))
    answer = await office.admin.patch(url, {"nom": "Clinique Été", "type": "hopital", "contactPhone": "0700000001"})
    changed = data(answer)
    wanted = {"nom": "Clinique Été", "type": "hopital", "contactPhone": "+2250700000001", "version": 2}
    assert changed == before | wanted
    assert answer.headers["etag"] == '"2"'
    assert await names(office, q="clinique ete") == ["Clinique Été"]
    assert await names(office, q=before["nom"]) == []
    bare = data(await office.admin.patch(url, {"contactEmail": None, "contactPhone": None, "adresse": None}))
    assert bare == changed | {"contactEmail": None, "contactPhone": None, "adresse": None, "version": 3}
    assert data(await office.admin.patch(url, {"nom": "Clinique Été", "adresse": None})) == bare
    assert refusal(await office.admin.patch(url, {"nom": "X"}, version=2), 412, "precondition_failed") == {
        "current": bare
    }


async def test_client_is_gone_when_he_never_ordered(api: Api) -> None:
    office = await an_office(api, taxis=0)
    url = f"/api/clients/{office.client.id}"
    stale = await office.admin.send("DELETE", url, headers={"If-Match": '"9"'})
    refusal(stale, 412, "precondition_failed")
    assert (await office.admin.delete(url)).status_code == 204
    refusal(await office.admin.get(url), 404, "not_found")
    refusal(await office.admin.delete(url), 404, "not_found")


async def test_client_is_kept_when_he_has_ordered(api: Api) -> None:
    office = await an_office(api, taxis=0)
    commande = await office.commande()
    url = f"/api/clients/{office.client.id}"
    assert (await office.admin.delete(url)).status_code == 204
    assert data(await office.admin.get(url))["active"] is False
    assert await names(office) == []
    refusal(await office.admin.patch(url, {"nom": "X"}), 404, "not_found")
    refusal(await office.admin.delete(url), 404, "not_found")
    (kept,) = await api.inside.dispatch("commandes")
    assert (kept.id, kept.client_id) == (commande.id, office.client.id)


async def test_log_hides_who_it_is_when_a_client_changes(api: Api) -> None:
    office = await an_office(api, taxis=0)
    url = f"/api/clients/{office.client.id}"
    data(await office.admin.patch(url, {"nom": "Clinique", "type": "hopital", "contactEmail": None}))
    (line,) = await api.inside.dispatch("audit_log")
    assert (line.action, line.entity, line.entity_id) == ("client.modifie", "client", office.client.id)
    assert line.payload == {
        "before": {"contactEmail": "***", "nom": "***", "type": "hotel"},
        "after": {"contactEmail": None, "nom": "***", "type": "hopital"},
    }
    assert (await office.admin.delete(url)).status_code == 204
    new = data(await office.admin.post("/api/clients", body()), 201)
    await office.commande(client_id=UUID(new["id"]))
    assert (await office.admin.delete(f"/api/clients/{new['id']}")).status_code == 204
    actions = [row.action for row in await api.inside.dispatch("audit_log")]
    assert actions == ["client.modifie", "client.supprime", "client.cree", "client.desactive"]


async def test_client_does_not_exist_when_he_is_another_companys(api: Api) -> None:
    mine, theirs = await an_office(api, taxis=0), await an_office(api, taxis=0)
    url = f"/api/clients/{theirs.client.id}"
    refusal(await mine.admin.get(url), 404, "not_found")
    refusal(await mine.admin.patch(url, {"nom": "X"}), 404, "not_found")
    refusal(await mine.admin.delete(url), 404, "not_found")
    assert await names(mine, q=theirs.client.nom) == []
    assert await names(mine, q="hotel") == [mine.client.nom]
    assert data(await theirs.admin.get(url))["version"] == 1


async def test_chauffeur_may_not_see_clients(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur, url = office.chauffeurs[0], f"/api/clients/{office.client.id}"
    refusal(await chauffeur.get("/api/clients"), 403, "forbidden")
    refusal(await chauffeur.post("/api/clients", body()), 403, "forbidden")
    refusal(await chauffeur.get(url), 403, "forbidden")
    refusal(await chauffeur.patch(url, {"nom": "X"}), 403, "forbidden")
    refusal(await chauffeur.delete(url), 403, "forbidden")
