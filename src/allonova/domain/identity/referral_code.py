"""The code by which somebody brings others."""

from __future__ import annotations

from uuid import UUID

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else: no 0, 1, I, L, O
LENGTH = 8


def referral_code_of(seed: UUID) -> str:
    """The code that a random UUID makes: eight characters, 850,000 million of them."""
    rest, found = seed.int, ""
    for _ in range(LENGTH):
        rest, place = divmod(rest, len(ALPHABET))
        found += ALPHABET[place]
    return found
