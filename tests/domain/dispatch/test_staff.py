"""What may be said of a colleague, and what a company may go by."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from allonova.domain.dispatch.societe import SocieteChange, slugs_of
from allonova.domain.dispatch.staff import StaffChange, StaffRole
from tests.support.factories import NOW, new_id
from tests.support.nova import a_colleague, a_societe

LATER = NOW + timedelta(hours=1)
SOCIETE = a_societe()


@pytest.mark.parametrize(
    ("nom", "slug"),
    [
        ("Taxis Lumière", "taxis-lumiere"),
        ("  L’Étoile d'Or — 24/7 ! ", "l-etoile-d-or-24-7"),
        ("ŒUVRE & Fils", "uvre-fils"),
        ("出租车", "societe"),
        ("-", "societe"),
        ("a" * 59 + " bc", "a" * 59),
        ("Straße", "strasse"),
    ],
)
def test_slug_is_made_of_the_name(nom: str, slug: str) -> None:
    assert list(itertools.islice(slugs_of(nom), 3)) == [slug, f"{slug}-2", f"{slug}-3"]


def test_company_is_changed_where_something_is_otherwise() -> None:
    societe = a_societe(siret="1")
    assert not societe.change(SocieteChange(nom=societe.nom, siret="1"), LATER)
    assert societe.updated_at == NOW
    assert societe.change(SocieteChange(siret="", sla_minutes=1, version_obligatoire=True), LATER)
    assert (societe.siret, societe.sla_minutes, societe.version_obligatoire) == (None, 1, True)
    assert societe.updated_at == LATER
    assert not societe.change(SocieteChange(siret=""), LATER)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (StaffChange(), set()),
        (StaffChange(name="Koffi"), {"name"}),
        (StaffChange(phone=""), {"phone"}),
        (StaffChange(without_taxi=True), {"taxi_id"}),
        (StaffChange(role=StaffRole.ADMIN), {"role", "taxi_id"}),
        (StaffChange(active=False), {"active", "taxi_id"}),
        (StaffChange(active=False, taxi_id=new_id()), {"active", "taxi_id"}),
        (StaffChange(email="neu@taxis.test"), {"email"}),
    ],
)
def test_account_is_changed_where_something_is_otherwise(change: StaffChange, changed: set[str]) -> None:
    koffi = a_colleague(SOCIETE, StaffRole.CHAUFFEUR, taxi_id=new_id(), email_confirmed_at=NOW)
    assert koffi.change(change, LATER) == changed
    assert koffi.updated_at == (LATER if changed else NOW)
    assert (koffi.taxi_id is None) == ("taxi_id" in changed)
    assert (koffi.email_confirmed_at is None) == ("email" in changed)


def test_address_stays_confirmed_when_only_its_spelling_changes() -> None:
    koffi = a_colleague(SOCIETE, email_confirmed_at=NOW)
    assert koffi.change(StaffChange(email=koffi.email.upper()), LATER) == {"email"}
    assert koffi.email_confirmed_at == NOW
    koffi.confirm(LATER)
    assert koffi.email_confirmed_at == NOW


def test_search_finds_the_new_name_when_it_was_changed() -> None:
    koffi = a_colleague(SOCIETE)
    koffi.change(StaffChange(name="Élodie"), LATER)
    assert koffi.recherche.startswith("elodie ")
