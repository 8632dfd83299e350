"""What in a message hints at a deal past the platform, and what only looks like it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.chat_flags import Flag, flags_of


def in_script(zero: str) -> str:
    """A number in other digits."""
    first = ord(unicodedata.lookup(zero))
    return "".join(chr(first + int(digit)) for digit in "0708091011")


PHONES = (
    "0708091011",
    "Mon numéro : 07 08 09 10 11",
    "appelle le 07.08.09.10.11 stp",
    "07-08-09-10-11",
    "07/08/09/10/11",
    "(07) 08 09 10 11",
    "0708 091011",
    "070 809 1011",
    "07 - 08 - 09 - 10 - 11",
    "01 02 03 04 05",
    "fixe : 27 22 44 55 66",
    "+225 07 08 09 10 11",
    "+2250708091011",
    "+225-0708091011",
    "00225 07 08 09 10 11",
    "225 07 08 09 10 11",
    "2250708091011",
    "O7 O8 O9 1O 11",
    "07_08_09_10_11",
    "07*08*09*10*11",
    "0️⃣7️⃣0️⃣8️⃣0️⃣9️⃣1️⃣0️⃣1️⃣1️⃣",
    in_script("FULLWIDTH DIGIT ZERO"),
    in_script("ARABIC-INDIC DIGIT ZERO"),
    in_script("MATHEMATICAL BOLD DIGIT ZERO"),
    "+33 6 12 34 56 78",
    "0033612345678",
    "call me on +233 24 123 4567",
    "départ 14h30, tél 0708091011, prix 5 000 F",
    "le 02/10/2025 au 0708091011",
    "25 000 F, 0708091011",
    "07\n08\n09\n10\n11",
    "07\u200b08\u200b09\u200b10\u200b11",
    "place 12 +225 07 08 09 10 11",
    "+33 6 / 0708091011",
    "123456 123456 123456 1234 0708091011",
)
LINKS = (
    "https://exemple.com",
    "HTTP://EXEMPLE.COM/x",
    "www.exemple.ci",
    "va sur exemple.com",
    "allo-cars.ci/promo",
    "wa.me/2250708091011",
    "t.me/yao225",
    "bit.ly/3abc",
    "chat.whatsapp.com/AbCdEf",
    "écris à awa.kone@gmail.com",
    "awa+voyage@exemple.co.uk",
)
MONEY = (
    "tu peux payer en espèces",
    "paiement cash",
    "CASH seulement",
    "je préfère en liquide",
    "paye moi directement",
    "Payez-moi sur place",
    "tu paies à l'arrivée",
    "donne l'argent au chauffeur à bord",
    "on se voit hors appli",
    "en dehors de l'application c'est moins cher",
    "sans passer par la plateforme",
    "hors de l’application",
    "hors du site",
    "sans commission",
    "de la main à la main",
    "en main propre",
    "5000 F par Wave",
    "Wave 5000",
    "envoie par wave",
    "fais moi un dépôt orange money",
    "OM: 4 500 FCFA",
    "dépose 3000 sur mon momo",
    "transfert Moov ou MTN, 4000",
    "tu envoies 5 mille par om",
    "pay me directly",
    "you can pay in the car",
    "pay the driver on arrival",
    "send 5000 via Wave",
    "send it by mobile money",
    "cheaper outside the app",
    "let's do it without the app",
    "western union 20 000 F",
)
INNOCENT = (
    "Bonjour, je suis là",
    "C'est 5000 F ?",
    "5 000 F la place, 10 000 F pour deux",
    "25 000 - 27 000 F",
    "25.000 27.000 francs",
    "21 000 000 F",
    "Rendez-vous à 14h30",
    "entre 07:30 et 08:15",
    "07h30 - 08h15",
    "le 02/10/2025 à 14h30",
    "05/10/2025 08:30",
    "2025-10-02 08:30",
    "du 05.10.2025 au 07.10.2025",
    "01/02/2025, 05/06/2025",
    "Toyota Corolla 1234 AB 01",
    "je suis à 5.3575, -4.0083",
    "12 345 678 pas",
    "1 2 3 4 5 6 7 8 9 10",
    "07 08 09",
    "commande 123456789012",
    "Merci.Me voici devant la gare",
    "bonjour.je suis là",
    "Ok.A demain",
    "J'arrive...dans 5 min",
    "Awa@la gare",
    "3.5 km",
    "Je porte un T-shirt net, info à la gare",
    "wave at me when you see the red car at 14:30",
    "Momo sera avec moi",
    "espèce de retard",
    "l'eau liquide",
    "le site est fermé",
    "je paie 5000 F maintenant",
    "J'ai payé",
    "did you pay?",
    "send me your location",
    "l'OM a gagné hier",
    "gare de Moov",
    "push the door",
    "",
)


@pytest.mark.parametrize("text", PHONES)
def test_phone_is_seen_however_it_is_written(text: str) -> None:
    assert Flag.PHONE in flags_of(text)


@pytest.mark.parametrize("text", LINKS)
def test_link_is_seen_however_it_is_written(text: str) -> None:
    assert Flag.LINK in flags_of(text)


@pytest.mark.parametrize("text", MONEY)
def test_money_talk_is_seen_in_both_languages(text: str) -> None:
    assert Flag.MONEY in flags_of(text)


@pytest.mark.parametrize("text", INNOCENT)
def test_nothing_is_seen_in_what_only_looks_like_it(text: str) -> None:
    assert flags_of(text) == frozenset()


def test_all_is_seen_when_there_is_all() -> None:
    assert flags_of("07 08 09 10 11, wa.me/22507, 5000 par wave") == set(Flag)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert flags_of(text) <= set(Flag)


@pytest.mark.parametrize(
    "letter", ["0", "0 ", "+0", "1 000 ", "a@", "a.", "pay moi ", "07 08 09 10 ", "o", "en dehors de "]
)
def test_longest_text_is_read_at_once(letter: str) -> None:
    started = time.process_time()
    flags_of((letter * 2000)[:2000])
    assert time.process_time() - started < 0.2
