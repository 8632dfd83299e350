"""Words as a search compares them: without case and accents."""

from __future__ import annotations

from allonova.domain.kernel.folding import SHORT, folded

__all__ = ["SHORT", "folded", "matches"]


def matches(recherche: str, q: str) -> bool:
    """Whether a text holds what somebody typed: anywhere, from three letters on; at the start of a word before."""
    wanted = folded(q)
    return wanted in recherche if len(wanted) >= SHORT else f" {wanted}" in f" {recherche}"
