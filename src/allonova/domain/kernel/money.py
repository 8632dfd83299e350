"""Francs: XOF has no decimals, so an amount is an `int` of whole francs everywhere in the domain."""

from __future__ import annotations

from fractions import Fraction

CURRENCY = "XOF"
MAX_AMOUNT_XOF = 9_999_999_999  # NUMERIC(12,2) of the source document holds no more


def share_of(amount_xof: int, part: int, whole: int) -> int:
    """`part / whole` of an amount, in whole francs, half up."""
    return (2 * amount_xof * part + whole) // (2 * whole)


def percent_of(amount_xof: int, percent: int | Fraction) -> int:
    """`percent` of an amount, in whole francs, half up."""
    exact = Fraction(percent)
    return share_of(amount_xof, exact.numerator, 100 * exact.denominator)
