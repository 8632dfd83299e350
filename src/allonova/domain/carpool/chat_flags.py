"""What in a message hints at a deal past the platform, while the booking is not paid: French and English, as people
write it in Côte d'Ivoire. A hint for people to look at, no proof: numbers in words and clever spellings get through.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Flag(StrEnum):
    """What was found."""

    PHONE = "phone"
    LINK = "link"
    MONEY = "money"


def flags_of(text: str) -> frozenset[Flag]:
    """What there is in a text."""
    plain = _plain(text)
    found = {Flag.PHONE: _has_phone(plain), Flag.LINK: _has_link(plain), Flag.MONEY: _talks_of_money(plain)}
    return frozenset(flag for flag, is_there in found.items() if is_there)


def _plain(text: str) -> str:
    """Lower case without accents; digits of any script, of any font and in keycaps are 0 to 9."""
    letters = unicodedata.normalize("NFKD", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    bare = (letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))
    return "".join(str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in bare)


# Phones. Ivorian numbers have ten digits since 2021: mobile 01, 05, 07, fixed 21, 25, 27; abroad or not.
_IVORIAN = re.compile(r"(?:(?:00)?225)?(?:01|05|07|21|25|27)\d{8}")
_FOREIGN = re.compile(r"(?:\+\d{8,15}|00[1-9]\d{7,14})")
_DIGITS = re.compile(r"\+?\d+(?:[\s.\-/_()*|]{1,3}\+?\d+)*")
_LETTER_O = re.compile(r"(?<![a-z])o(?=\d)|(?<=\d)o(?=[\d\s.\-]|$)")  # O7 O8
# Dates and prices: their digits must not join those beside them.
_DATE = re.compile(
    r"(?<![\d./-])(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d{2}|(?:19|20)\d{2}-\d{1,2}-\d{1,2})(?!\d|[./-]\d)"
)
_ROUND_PRICE = re.compile(r"(?<![\d+.\-])[1-9]\d{0,2}(?:[ .]000)+(?![\d])")


def _has_phone(plain: str) -> bool:
    text = _ROUND_PRICE.sub("#", _DATE.sub("#", _LETTER_O.sub("0", plain)))
    return any(_is_phone_in(run.group()) for run in _DIGITS.finditer(text))


def _is_phone_in(run: str) -> bool:
    """Whether some of its groups, one beside the other, are a number."""
    groups = re.findall(r"\+?\d+", run)
    for start in range(len(groups)):
        joined = ""
        for group in groups[start:]:
            if joined and group.startswith("+"):
                break
            joined += group
            if len(joined) > 20:
                break
            if _IVORIAN.fullmatch(joined.lstrip("+")) or _FOREIGN.fullmatch(joined):
                return True
    return False


# Links. Domains of two letters that are words as well count only with a path behind them.
_DOMAINS = "com|net|org|ci|fr|info|io|app|africa|link|site|online|shop|xyz|biz|dev|chat"
_SHORT_DOMAINS = "me|be|co|ly|gl|gg|tv|us|to"
_LINK = re.compile(
    r"https?://|\bwww\.\w"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}"
    rf"|\b[a-z0-9][a-z0-9-]{{0,62}}\.(?:(?:{_DOMAINS})(?![\w-])(?!\.\w)|(?:{_SHORT_DOMAINS})/)"
)


def _has_link(plain: str) -> bool:
    return _LINK.search(plain) is not None


# Money. What is always past the platform speaks for itself; a wallet's name does with an amount or a word for sending.
_OUTSIDE = re.compile(
    r"\b(?:"
    r"cash|(?:en )?especes(?! d)|en espece|en liquide|argent liquide"
    r"|(?:de la |de )?main a (?:la )?main|en main propre"
    r"|(?:hors|sans|dehors)(?: passer par| utiliser)?(?: de| du)?(?: la| le| cette)? (?:l')?"
    r"(?:appli(?:cation)?|plateforme|site|app)"
    r"|sans (?:la )?commission"
    r"|(?:outside|without|off|not (?:on|through|via))(?: of)?(?: using)? (?:the |this )?(?:app|platform|site)"
    r"|without (?:the |any )?(?:fees?|commission)"
    r"|(?:paye[rzs]?|paie[rs]?|regle[rz]?|pay|remet[str]*|donne[rzs]?)"
    r"(?:[ -](?:moi|me|you|him|toi|vous|te|le|la|les|au|the|driver|chauffeur|tout|l'argent|it|money)){0,4}"
    r"[ -](?:directement|direct|sur place|a l'arrivee|a bord|au depart|dans la voiture|directly|on arrival|in the car"
    r"|in person|on the spot)"
    r")\b"
)
_WALLET = re.compile(
    r"\b(?:wave|om|o\.m|orange[ -]?money|mobile[ -]?money|momo|mo-mo|mtn|moov|flooz|djamo|push|western union|moneygram"
    r"|depot|virement|paypal|taptap(?: send)?)\b"
)
_SENDING = re.compile(
    r"\b(?:pay(?:e[rzs]?|er|ing|ment)?|paie[rs]?|paiement|envo(?:ie[rs]?|ye[rzs]?)|transf(?:ert|ere[rz]?|er)"
    r"|depose[rz]?|fai(?:s|tes)[ -](?:moi )?(?:un )?(?:depot|transfert|virement)|regle[rz]?|verse[rz]?|avance"
    r"|send(?:ing)?|top ?up|deposit)\b"
)
_AMOUNT = re.compile(
    r"(?<![\d:.,/h+-])(?:\d{1,3}(?:[ .,]\d{3})+|\d{1,7})\s?(?:f|fr|frs|fcfa|cfa|xof|francs?|mille|k|balles)\b"
    r"|(?<![\d:.,/h+-])(?:\d{1,3}(?:[ .,]\d{3})+|[1-9]\d{2,5})(?![\d:/h-]|[ .]?\d)"
)


def _talks_of_money(plain: str) -> bool:
    if _OUTSIDE.search(plain):
        return True
    if not _WALLET.search(plain):
        return False
    undated = _DATE.sub("#", plain)
    return _SENDING.search(plain) is not None or _AMOUNT.search(undated) is not None
