"""Words as a search compares them: without case and accents."""

from __future__ import annotations

import re
import unicodedata

SHORT = 3  # a trigram index finds pieces of words from three letters on
MANY_WORDS = 3
_NUMBER = re.compile(r"\+?[\d\s().-]{4,}")


def folded(*texts: str | None) -> str:
    """Texts in one line: `Hôtel Ivoire` becomes `hotel ivoire`; runs of space are one."""
    joined = " ".join(text for text in texts if text)
    decomposed = unicodedata.normalize("NFKD", joined.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.split())


def sought_words(q: str) -> list[str]:
    """What must all be found: the first three words of what somebody typed, a phone being one word however it is
    grouped.
    """
    wanted = folded(q)
    if _NUMBER.fullmatch(wanted):
        return ["".join(char for char in wanted if char.isdigit())]
    return wanted.split(" ")[:MANY_WORDS] if wanted else []


def holds_words(text: str, words: list[str]) -> bool:
    """Whether a folded text holds them all: anywhere, from three letters on; at the start of a word before."""
    return all(word in text if len(word) >= SHORT else f" {word}" in f" {text}" for word in words)
