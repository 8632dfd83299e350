"""The letters of text messages (3GPP TS 23.038)."""

from __future__ import annotations

from unicodedata import normalize

# 3GPP TS 23.038 §6.2.1 and its extension table; beyond these an SMS needs Unicode and holds 70 letters, not 160.
GSM_LETTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    "^{}\\[~]|€"
)


# What keyboards and names hold beside them, and what everybody reads for it.
_ALIKE = str.maketrans(
    {"’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "œ": "oe"}
)


def gsm(text: str) -> str:
    """The text without the accents that would make it Unicode: "Hôtel" goes out as "Hotel", "déjà" as it is."""
    return "".join(
        letter if letter in GSM_LETTERS else _without_accent(letter)
        for letter in normalize("NFC", text).translate(_ALIKE)
    )


def _without_accent(letter: str) -> str:
    base = normalize("NFD", letter)[0]
    return base if base in GSM_LETTERS else letter
