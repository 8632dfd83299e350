"""Francs: XOF has no decimals, so an amount is an `int` of whole francs everywhere in the domain."""

from __future__ import annotations

from fractions import Fraction

CURRENCY = "XOF"
MAX_AMOUNT_XOF = 9_999_999_999  # NUMERIC(12,2) of the source document holds no more


def percent_of(amount_xof: int, percent: int | Fraction) -> int:
    """`percent` of an amount, in whole francs, half up."""
    exact = Fraction(amount_xof) * Fraction(percent) / 100
    return int((exact * 2 + 1) // 2)
