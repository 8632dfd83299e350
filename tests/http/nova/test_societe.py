"""The company's own page."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.nova import an_office
from tests.support.wire import data, paths, refusal


async def test_company_is_otherwise_when_its_admin_says_so(api: Api) -> None:
    office = await an_office(api)
    before = await office.admin.get("/api/societe")
    assert before.headers["etag"] == '"1"'
    change = {
        "nom": "Étoile", "slug": "etoile-2", "siret": "73282932000074", "adresse": "Cocody", "telephone": "2720000001",
        "email": "bureau@etoile.test", "pays": "CI", "fuseau": "Africa/Dakar", "slaMinutes": 10080,
        "dispatchAuto": True, "demandeSecondes": 30, "versionObligatoire": False,
    }  # fmt: skip
    answer = await office.admin.patch("/api/societe", change, version=1)
    expected = data(before) | change | {"telephone": "+2252720000001", "version": 2}
    assert (data(answer), answer.headers["etag"]) == (expected, '"2"')
    refusal(await office.chauffeurs[0].get("/api/societe"), 403, "forbidden")
    assert data(await office.admin.patch("/api/societe", {"siret": None}))["siret"] is None
    actions = [(row["action"], row["entityId"]) for row in data(await office.admin.get("/api/audit_log"))]
    assert actions == [("societe.modifiee", str(office.societe.id))] * 2


async def test_version_stays_when_nothing_is_otherwise(api: Api) -> None:
    office = await an_office(api)
    assert data(await office.admin.patch("/api/societe", {"nom": office.societe.nom}))["version"] == 1
    assert data(await office.admin.patch("/api/societe", {}))["version"] == 1


async def test_change_is_refused_when_it_was_made_for_another_version(api: Api) -> None:
    office = await an_office(api)
    data(await office.admin.patch("/api/societe", {"nom": "Neuf"}, version=1))
    details = refusal(await office.admin.patch("/api/societe", {"nom": "Vieux"}, version=1), 412, "precondition_failed")
    assert (details["current"]["nom"], details["current"]["version"]) == ("Neuf", 2)


async def test_version_is_asked_for_when_the_company_insists(api: Api) -> None:
    office = await an_office(api)
    data(await office.admin.patch("/api/societe", {"versionObligatoire": True}))
    refusal(await office.admin.patch("/api/societe", {"nom": "X"}), 428, "precondition_required")
    data(await office.admin.patch("/api/societe", {"versionObligatoire": False}, version=2))
    data(await office.admin.patch("/api/societe", {"nom": "X"}))


async def test_phone_rings_in_the_new_country_when_both_change(api: Api) -> None:
    office = await an_office(api)
    change = {"pays": "FR", "telephone": "04 72 00 00 00"}
    assert data(await office.admin.patch("/api/societe", change))["telephone"] == "+33472000000"


async def test_slug_is_refused_when_it_is_another_companys(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    refusal(await office.admin.patch("/api/societe", {"slug": other.societe.slug}), 409, "conflict")
    assert data(await office.admin.get("/api/societe"))["slug"] == office.societe.slug


UNSOUND: list[tuple[str, object]] = [
    ("nom", ""),
    ("nom", None),
    ("slug", "a b"),
    ("telephone", "1"),
    ("email", "x"),
    ("pays", "ZZ"),
    ("fuseau", "Mars/Olympus"),
    ("fuseau", "/etc/localtime"),
    ("slaMinutes", 0),
    ("slaMinutes", 10081),
    ("slaMinutes", True),
    ("dispatchAuto", "oui"),
    ("demandeSecondes", 29),
    ("demandeSecondes", 601),
    ("versionObligatoire", 1),
    ("id", "x"),
    ("version", 3),
]


async def test_value_is_refused_when_it_is_out_of_bounds(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api)
    for name, value in UNSOUND:
        with subtests.test(name, value=value):
            answer = await office.admin.patch("/api/societe", {name: value})
            assert paths(refusal(answer, 422, "validation_error")) == [name]
    assert data(await office.admin.get("/api/societe"))["version"] == 1
