"""Who of a company may do what, and that nobody reaches into another one: every route of NOVA, asked by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from allonova.adapters.http.openapi import create_openapi
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.notification import Notification, NotificationType
from allonova.main.wiring import http_config
from tests.support.api import Api
from tests.support.factories import HOUR, NOW, new_id
from tests.support.nova import Colleague, Office, an_office
from tests.support.serving import SETTINGS, app_of
from tests.support.walls import Furnished, furnish
from tests.support.wire import NOBODY, data, refusal

# nova.md, "Who may what": an admin everything of his company but a chauffeur's own screens; a chauffeur his screens,
# his demandes, his notifications, his courses, and interventions on them. Who else of staff asks gets 403.
WHO = {
    "open": """
        POST /api/onboarding/bootstrap
        GET /api/public/captcha-config
        POST /api/public/commandes
        GET /api/public/commandes/{reference}
        POST /auth/login
        POST /auth/refresh
        POST /auth/logout
        POST /auth/magic-link/consume
        POST /auth/email/confirm
        POST /auth/password/forgot
        POST /auth/password/reset""",
    "both": """
        GET /api/me
        PATCH /api/me
        POST /api/me/password
        GET /api/me/devices
        POST /api/me/devices
        DELETE /api/me/devices/{id}
        GET /api/notifications
        POST /api/notifications/{id}/read
        POST /api/notifications/read-all
        GET /api/commandes/{id}
        PATCH /api/commandes/{id}
        POST /api/interventions
        POST /api/ws/tickets""",
    "chauffeur": """
        GET /api/me/demandes
        GET /api/me/courses
        GET /api/me/stats
        POST /api/me/position
        POST /api/demandes/{id}/accept
        POST /api/demandes/{id}/refuse""",
    "admin": """
        GET /api/societe
        GET /api/commandes
        POST /api/commandes
        DELETE /api/commandes/{id}
        POST /api/commandes/{id}/diffusion
        POST /api/commandes/{id}/undo
        GET /api/taxis
        POST /api/taxis
        GET /api/taxis/{id}
        PATCH /api/taxis/{id}
        DELETE /api/taxis/{id}
        GET /api/clients
        POST /api/clients
        GET /api/clients/{id}
        PATCH /api/clients/{id}
        DELETE /api/clients/{id}
        GET /api/clients/{id}/export
        POST /api/clients/{id}/erase
        GET /api/users
        POST /api/users
        GET /api/users/{id}
        GET /api/users/{id}/export
        POST /api/users/{id}/erase
        PATCH /api/users/{id}
        DELETE /api/users/{id}
        POST /api/users/{id}/invitation
        GET /api/interventions
        GET /api/interventions/{id}
        PATCH /api/interventions/{id}
        DELETE /api/interventions/{id}
        GET /api/stats/flotte
        GET /api/audit_log
        PATCH /api/societe""",
}
TABLE = {row.strip(): who for who, rows in WHO.items() for row in rows.strip().splitlines()}
OPENAPI = create_openapi(app_of(http_config(SETTINGS)))
OPERATIONS: dict[str, Any] = {
    f"{method.upper()} {path}": operation
    for path, methods in OPENAPI["paths"].items()
    for method, operation in methods.items()
    if path.startswith(("/api/", "/auth/")) and not path.startswith("/api/v1/")
}
NAMED = sorted(name for name in OPERATIONS if "{id}" in name)

# What each of them takes, so that it comes to look for the thing.
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/clients/{id}": {"nom": "Hôtel Ivoire"},
    "PATCH /api/commandes/{id}": {"statut": "en-cours"},
    "POST /api/commandes/{id}/diffusion": {},
    "POST /api/demandes/{id}/refuse": {},
    "PATCH /api/interventions/{id}": {"priorite": "haute"},
    "PATCH /api/taxis/{id}": {"vignette": "V-1"},
    "PATCH /api/users/{id}": {"name": "Awa Koné"},
}


def sent(name: str) -> tuple[str, str]:
    """An operation's method and path."""
    method, _, path = name.partition(" ")
    return method, path


async def ask(who: Colleague, name: str, id: object = NOBODY, **more: Any) -> httpx.Response:
    """An operation on something, with a body that it takes."""
    method, path = sent(name)
    if name in BODIES:
        more.setdefault("json", BODIES[name])
    return await who.send(method, re.sub(r"\{[^}]*\}", str(id), path), **more)


def require_private(answer: httpx.Response, theirs: Furnished, sent: object = "") -> None:
    """Nothing of another company is in it, but what was sent."""
    found = [word for word in theirs.canaries if word in answer.content and word.decode() not in str(sent)]
    assert not found, f"{found} in {answer.text[:1000]}"


async def their_company(api: Api) -> Furnished:
    """With something everywhere."""
    return await furnish(api.service.platform.dispatch.begin_for)


@pytest.mark.promise("who-may")
def test_route_stands_in_the_table_when_it_is_of_nova() -> None:
    assert OPERATIONS.keys() == TABLE.keys()


def test_route_asks_for_the_right_token_when_the_table_says_who() -> None:
    for name, who in TABLE.items():
        asked = OPERATIONS[name]["security"]
        assert asked == [{"StaffBearer": []}, *([{}] if who == "open" else [])], name


def test_route_announces_403_when_a_role_may_be_refused() -> None:
    for name, who in TABLE.items():
        if who in ("admin", "chauffeur"):
            assert "403" in OPERATIONS[name]["responses"], name


async def test_answer_is_403_when_the_table_says_no_and_no_other_time(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=1)
    for role, person in (("admin", office.admin), ("chauffeur", office.chauffeurs[0])):
        refused = [name for name, who in TABLE.items() if who not in ("open", "both", role)]
        before = await api.inside.everything()
        for name in refused:
            for body in ({}, BODIES.get(name, {})):
                with subtests.test(name, role=role):
                    refusal(await ask(person, name, json=body or None), 403, "forbidden")
        assert await api.inside.everything() == before
        for name in TABLE.keys() - set(refused):
            with subtests.test(name, role=role):
                assert (await ask(person, name)).status_code not in (401, 403)


async def test_chauffeur_may_send_a_statut_when_the_course_is_his_and_nothing_else(
    api: Api, subtests: pytest.Subtests
) -> None:
    office = await an_office(api, taxis=1)
    chauffeur = office.chauffeurs[0]
    course = await _course_of(office, chauffeur)
    before = await api.inside.everything()
    for field, value in (
        ("dateISO", "2025-10-02T08:30:00Z"), ("dureeMinutes", 30), ("taxiId", None), ("passagers", 2), ("bagages", 2),
        ("clientId", str(office.client.id)), ("priseEnCharge", "Ailleurs"), ("destination", "Ailleurs"),
        ("vol", "AF 702"), ("commentaire", "Ailleurs"),
    ):  # fmt: skip
        for body in ({field: value}, {field: value, "statut": "en-cours"}):
            with subtests.test(field):
                refusal(await chauffeur.patch(f"/api/commandes/{course}", body), 403, "forbidden")
    assert await api.inside.everything() == before
    data(await chauffeur.patch(f"/api/commandes/{course}", {"statut": "en-cours"}))


async def _course_of(office: Office, chauffeur: Colleague) -> UUID:
    course = await office.commande(
        statut=CommandeStatut.ASSIGNEE,
        taxi_id=chauffeur.user.taxi_id,
        chauffeur_id=chauffeur.id,
        assignee_at=NOW,
        date_iso=NOW + HOUR,
    )
    return course.id


@pytest.mark.promise("who-may")
async def test_another_companys_thing_is_404_when_it_is_named_in_the_path(api: Api, subtests: pytest.Subtests) -> None:
    office, theirs = await an_office(api, taxis=1), await their_company(api)
    before = await api.inside.of_company(theirs.societe.id)
    for name in NAMED:
        noun = sent(name)[1].split("/{id}")[0].rpartition("/")[2]
        named = [theirs.ids[noun], *({"commandes": [theirs.ids["courses"]]}.get(noun, [])), UUID(NOBODY)]
        for role, person in (("admin", office.admin), ("chauffeur", office.chauffeurs[0])):
            status, code = (404, "not_found") if TABLE[name] in ("both", role) else (403, "forbidden")
            for id in named:
                with subtests.test(name, role=role):
                    answer = await ask(person, name, id)
                    refusal(answer, status, code)
                    require_private(answer, theirs, answer.request.url)
    assert await api.inside.of_company(theirs.societe.id) == before


def naming_bodies(
    theirs: Mapping[str, UUID], *, ours: UUID, our_client: UUID, our_chauffeur: UUID
) -> Iterator[tuple[str, str, UUID, dict[str, Any]]]:
    """Sound bodies, and one field of each that names a thing of theirs: operation, field, what it is sent to, body."""
    order = {"clientId": str(our_client), "priseEnCharge": "A", "destination": "B", "dateISO": "2025-10-02T08:30:00Z"}
    user = {"email": "new@taxis.test", "role": "chauffeur", "name": "Awa Koné"}
    trouble = {"type": "retard", "titre": "Retard"}
    taxi, client, commande = (str(theirs[noun]) for noun in ("taxis", "clients", "commandes"))
    yield "POST /api/commandes", "clientId", ours, order | {"clientId": client}
    yield "POST /api/commandes", "taxiId", ours, order | {"taxiId": taxi}
    yield "PATCH /api/commandes/{id}", "taxiId", ours, {"taxiId": taxi}
    yield "PATCH /api/commandes/{id}", "clientId", ours, {"clientId": client}
    yield "POST /api/commandes/{id}/diffusion", "taxiIds", ours, {"taxiIds": [taxi]}
    yield "POST /api/interventions", "commandeId", ours, trouble | {"commandeId": commande}
    yield "POST /api/interventions", "taxiId", ours, trouble | {"taxiId": taxi}
    yield "POST /api/users", "taxiId", ours, user | {"taxiId": taxi}
    yield "PATCH /api/users/{id}", "taxiId", our_chauffeur, {"taxiId": taxi}


@pytest.mark.promise("who-may")
async def test_another_companys_thing_is_refused_when_it_is_named_in_a_body(
    api: Api, subtests: pytest.Subtests
) -> None:
    office, theirs = await an_office(api, taxis=1), await their_company(api)
    ours = (await office.commande()).id
    bodies = naming_bodies(theirs.ids, ours=ours, our_client=office.client.id, our_chauffeur=office.chauffeurs[0].id)
    before = await api.inside.everything()
    for name, field, id, body in bodies:
        with subtests.test(name, field=field):
            answer = await ask(office.admin, name, id, json=body)
            refusal(answer, 404, "not_found")
            require_private(answer, theirs)
    assert await api.inside.everything() == before


def test_every_field_that_names_a_thing_is_walked_when_a_body_has_one() -> None:
    declared = set()
    for name, operation in OPERATIONS.items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            declared |= {(name, field) for field in naming_fields(content["schema"])}
    nothing = UUID(NOBODY)
    ids = dict.fromkeys(("taxis", "clients", "commandes"), nothing)
    bodies = naming_bodies(ids, ours=nothing, our_client=nothing, our_chauffeur=nothing)
    assert declared == {(name, field) for name, field, _, _ in bodies}


def naming_fields(schema: Any) -> Iterator[str]:
    """Fields of a body that hold ids."""
    if "$ref" in schema:
        schema = OPENAPI["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for option in schema.get("anyOf", ()):
        yield from naming_fields(option)
    for name, field in schema.get("properties", {}).items():
        if "'format': 'uuid'" in repr(field):
            yield name


def lists() -> dict[str, set[str]]:
    """NOVA's lists, and the parameters of each."""
    found = {name: {each["name"] for each in op.get("parameters", ())} for name, op in OPERATIONS.items()}
    return {name: parameters for name, parameters in found.items() if "page_size" in parameters}


@pytest.mark.promise("who-may")
async def test_lists_hold_nothing_of_another_company_when_they_are_asked_for_it(
    api: Api, subtests: pytest.Subtests
) -> None:
    office, theirs = await an_office(api, taxis=1), await their_company(api)
    nouns = {"taxiId": "taxis", "userId": "users", "commandeId": "commandes", "entityId": "taxis"}
    for name, parameters in lists().items():
        person = office.chauffeurs[0] if TABLE[name] == "chauffeur" else office.admin
        asked: list[dict[str, str]] = [{"page_size": "100"}]
        asked += [{each: str(theirs.ids[nouns[each]])} for each in parameters if each.endswith("Id")]
        asked += [{"q": theirs.word}, {"q": theirs.word[:8]}] if "q" in parameters else []
        for query in asked:
            with subtests.test(name, query=query):
                answer = await person.send("GET", sent(name)[1], params=query)
                require_private(answer, theirs, query)
                if "page_size" not in query:
                    assert data(answer) == []


async def test_nothing_of_another_company_comes_out_when_one_reads_and_writes_ones_own(
    api: Api, subtests: pytest.Subtests
) -> None:
    """Everything that takes no body and names nothing, and a move, a diffusion, an automatic search among taxis."""
    theirs = await their_company(api)
    office = await an_office(api, dispatch_auto=True)
    commande = await office.commande()
    before = await api.inside.of_company(theirs.societe.id)
    for name, who in TABLE.items():
        for person in (office.admin, office.chauffeurs[0]):
            if "{" not in name and who != "open" and name != "POST /api/me/password":
                with subtests.test(name):
                    require_private(await ask(person, name), theirs)
    path = f"/api/commandes/{commande.id}"
    for answer in (
        await office.admin.patch(path, {"taxiId": str(office.taxis[0].id)}, dryRun="true"),
        await office.admin.patch(path, {"taxiId": str(office.taxis[0].id)}),
        await office.admin.post(f"{path}/undo"),
        await office.admin.post(f"{path}/diffusion", {"rayonKm": 50}),
        await office.admin.get("/api/stats/flotte"),
        await office.admin.get("/api/audit_log"),
    ):
        require_private(answer, theirs)
    for job in api.service.jobs:
        await job.run()
    assert await api.inside.of_company(theirs.societe.id) == before


@pytest.mark.promise("who-may")
async def test_a_colleagues_thing_is_404_when_a_chauffeur_names_it(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api)
    owner, other = office.chauffeurs
    course, commande = await _course_of(office, owner), await office.commande(taxi_id=office.taxis[0].id)
    demande = Demande(
        id=new_id(),
        societe_id=office.societe.id,
        commande_id=commande.id,
        chauffeur_id=owner.id,
        taxi_id=office.taxis[0].id,
        expire_at=NOW + HOUR,
        created_at=NOW,
        updated_at=NOW,
    )
    notice = Notification(
        id=new_id(),
        societe_id=office.societe.id,
        user_id=owner.id,
        type=NotificationType.DEMANDE_RECUE,
        titre="Nouvelle demande",
        description="",
        created_at=NOW,
    )
    await office.keep(demande, notice)
    before = await api.inside.everything()
    for name, id in (
        ("GET /api/commandes/{id}", course), ("PATCH /api/commandes/{id}", course),
        ("GET /api/commandes/{id}", commande.id), ("PATCH /api/commandes/{id}", commande.id),
        ("POST /api/demandes/{id}/accept", demande.id), ("POST /api/demandes/{id}/refuse", demande.id),
        ("POST /api/notifications/{id}/read", notice.id),
    ):  # fmt: skip
        with subtests.test(name):
            refusal(await ask(other, name, id), 404, "not_found")
    for subject in ({"commandeId": str(course)}, {"taxiId": str(office.taxis[0].id)}):
        with subtests.test("POST /api/interventions", **subject):
            body = {"type": "panne", "titre": "Panne", **subject}
            refusal(await other.post("/api/interventions", body), 404, "not_found")
    assert await api.inside.everything() == before
    refusal(await office.admin.post(f"/api/demandes/{demande.id}/accept"), 403, "forbidden")
    refusal(await office.admin.post(f"/api/notifications/{notice.id}/read"), 404, "not_found")
    data(await owner.get(f"/api/commandes/{course}"))
    data(await owner.post(f"/api/notifications/{notice.id}/read"))
