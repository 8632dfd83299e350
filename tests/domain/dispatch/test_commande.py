"""The tables of states of dispatch against the text of nova.md, cell by cell."""

from __future__ import annotations

from enum import StrEnum
from itertools import product

import pytest

from allonova.domain.dispatch.commande import COMMANDE, CommandeAction, CommandeStatut
from allonova.domain.dispatch.demande import DEMANDE, DemandeAction, DemandeStatut
from allonova.domain.dispatch.intervention import INTERVENTION, InterventionAction, InterventionStatut
from allonova.domain.dispatch.taxi import TAXI, TaxiAction, TaxiStatut
from allonova.domain.kernel.errors import Forbidden, InvalidTransition
from allonova.domain.kernel.machine import Machine, Party

# nova.md, "The commande's states": from, action, to, who. Everything else is refused.
COMMANDE_TEXT = """
en-attente propose    en-attente admin
en-attente broadcast  en-attente admin
en-attente auto       en-attente system
en-attente accept     assignee   chauffeur
en-attente confirm    assignee   admin
en-attente refuse     en-attente chauffeur
en-attente expire     en-attente system
en-attente move       en-attente admin
assignee   move       assignee   admin
en-attente take-back  en-attente admin
assignee   take-back  en-attente admin
en-attente undo       assignee   admin
assignee   start      en-cours   chauffeur,admin
en-cours   end        terminee   chauffeur,admin
en-attente cancel     annulee    admin
assignee   cancel     annulee    admin
"""
DEMANDE_TEXT = """
proposee accept   acceptee chauffeur
proposee confirm  acceptee admin
proposee refuse   refusee  chauffeur
proposee expire   expiree  system
proposee withdraw annulee  admin,system
acceptee withdraw annulee  admin,system
"""
TAXI_TEXT = """
disponible   start    en-course    chauffeur,admin
en-course    end      disponible   chauffeur,admin
disponible   withdraw hors-service admin
hors-service return   disponible   admin
"""
INTERVENTION_TEXT = """
ouverte  start   en-cours admin
ouverte  resolve resolue  admin
en-cours resolve resolue  admin
en-cours reopen  ouverte  admin
resolue  reopen  ouverte  admin
"""


def cells(text: str) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    rows = [line.split() for line in text.strip().splitlines()]
    return {(at, action): (to, frozenset(who.split(","))) for at, action, to, who in rows}


@pytest.mark.parametrize(
    ("machine", "states", "actions", "text"),
    [
        (COMMANDE, CommandeStatut, CommandeAction, COMMANDE_TEXT),
        (DEMANDE, DemandeStatut, DemandeAction, DEMANDE_TEXT),
        (TAXI, TaxiStatut, TaxiAction, TAXI_TEXT),
        (INTERVENTION, InterventionStatut, InterventionAction, INTERVENTION_TEXT),
    ],
    ids=["commande", "demande", "taxi", "intervention"],
)
def test_machine_does_what_the_text_says_and_nothing_else(
    machine: Machine[StrEnum, StrEnum], states: type[StrEnum], actions: type[StrEnum], text: str
) -> None:
    told = cells(text)
    for state, action, party in product(states, actions, Party):
        to, who = told.get((state, action), ("", frozenset()))
        if party in who:
            assert machine.go(state, action, party) == to
        else:
            with pytest.raises((Forbidden, InvalidTransition)):
                machine.go(state, action, party)
