"""Taxis and clients."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allonova.domain.dispatch.client import ClientChange, ClientType
from allonova.domain.dispatch.taxi import TAXI, Taxi, TaxiAction, TaxiChange, TaxiStatut, plate
from allonova.domain.kernel.errors import InvalidTransition
from allonova.domain.kernel.machine import Party
from tests.support.factories import HOUR, NOW
from tests.support.nova import a_client, a_societe, a_taxi

LATER = NOW + HOUR
SOCIETE = a_societe()
FREE, BUSY, OUT = TaxiStatut.DISPONIBLE, TaxiStatut.EN_COURSE, TaxiStatut.HORS_SERVICE

# nova.md: "start: `en-cours` (taxi `en-course`)", "end: `terminee` (taxi `disponible`)"; "PATCH (… statut: disponible|
# hors-service only)", by an admin.
DRIVES = {Party.CHAUFFEUR, Party.ADMIN}
STEPS = {
    (FREE, TaxiAction.START): (BUSY, DRIVES),
    (BUSY, TaxiAction.END): (FREE, DRIVES),
    (FREE, TaxiAction.WITHDRAW): (OUT, {Party.ADMIN}),
    (OUT, TaxiAction.RETURN): (FREE, {Party.ADMIN}),
}


def test_machine_has_the_steps_of_the_document_and_no_other() -> None:
    assert {cell: (step.to, set(step.who)) for cell, step in TAXI.steps.items()} == STEPS
    assert TAXI.starts == (FREE,)


def taxi(**given: object) -> Taxi:
    return a_taxi(SOCIETE, **given)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("ab-123-cd", "AB-123-CD"), (" 12  ab 34 ", "12 AB 34"), ("1234\tci", "1234 CI"), ("A", "A"), ("été", "ÉTÉ")],
)
def test_plate_is_kept_in_capitals_with_single_spaces(written: str, kept: str) -> None:
    assert plate(written) == kept
    assert taxi(plaque=written).plaque == kept


def test_taxi_is_found_by_its_plate_without_spaces() -> None:
    assert taxi(numero="T1", plaque="ab-12 cd", vignette="É9").recherche == "t1 ab-12 cd ab12cd e9"


def test_change_says_whether_anything_is_otherwise() -> None:
    one = taxi(plaque="AB 12")
    before = replace(one)
    assert one.change(TaxiChange(plaque="ab  12", numero=one.numero, statut=FREE), LATER) is False
    assert one.change(TaxiChange(), LATER) is False
    assert one == before
    assert one.change(TaxiChange(numero="N9", vignette="V9", plaque="x 1", statut=OUT), LATER) is True
    assert (one.numero, one.vignette, one.plaque, one.statut, one.updated_at) == ("N9", "V9", "X 1", OUT, LATER)
    assert one.recherche == "n9 x 1 x1 v9"
    assert one.change(TaxiChange(statut=FREE), LATER) is True
    assert one.statut is FREE


@pytest.mark.parametrize("wanted", [FREE, OUT])
def test_taxi_stays_as_it_is_when_a_client_is_aboard(wanted: TaxiStatut) -> None:
    one = taxi(statut=BUSY)
    with pytest.raises(InvalidTransition):
        one.change(TaxiChange(statut=wanted), LATER)
    with pytest.raises(InvalidTransition):
        one.withdraw(LATER)
    assert one.active


@pytest.mark.parametrize("statut", [FREE, OUT])
def test_taxi_is_out_of_service_when_it_is_given_up(statut: TaxiStatut) -> None:
    one = taxi(statut=statut)
    one.withdraw(LATER)
    assert (one.active, one.statut, one.updated_at) == (False, OUT, LATER)


def test_client_keeps_what_is_left_out_and_loses_what_is_emptied() -> None:
    one = a_client(SOCIETE, nom="Hôtel", contact_email="a@b.test", contact_phone="+2250700000001", adresse="Plateau")
    before = replace(one)
    assert one.change(ClientChange(nom="Hôtel", adresse="Plateau"), LATER) is False
    assert one == before
    assert one.change(ClientChange(type=ClientType.HOPITAL, nom="Clinique", contact_email="", adresse=""), LATER)
    assert (one.type, one.nom, one.contact_email, one.adresse) == (ClientType.HOPITAL, "Clinique", None, None)
    assert one.contact_phone == before.contact_phone
    assert (one.recherche, one.updated_at) == ("clinique +2250700000001", LATER)
    assert one.change(ClientChange(contact_phone="", contact_email="c@d.test"), LATER)
    assert (one.contact_phone, one.contact_email, one.recherche) == (None, "c@d.test", "clinique c@d.test")
