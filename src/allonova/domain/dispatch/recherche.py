"""Words as a search compares them: without case and accents."""

from __future__ import annotations

import unicodedata

SHORT = 3  # a trigram index finds pieces of words from three letters on


def folded(*texts: str | None) -> str:
    """Texts in one line: `Hôtel Ivoire` becomes `hotel ivoire`; runs of space are one."""
    joined = " ".join(text for text in texts if text)
    decomposed = unicodedata.normalize("NFKD", joined.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.split())


def matches(recherche: str, q: str) -> bool:
    """Whether a text holds what somebody typed: anywhere, from three letters on; at the start of a word before."""
    wanted = folded(q)
    return wanted in recherche if len(wanted) >= SHORT else f" {wanted}" in f" {recherche}"
