"""Time zones and countries, as IANA lists them (the `tzdata` package: `zones`, `zone.tab`, `iso3166.tab`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files


@cache
def zones() -> frozenset[str]:
    """Every zone's name, older spellings included."""
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


@cache
def countries() -> frozenset[str]:
    """ISO 3166 codes of two letters."""
    return frozenset(row[0] for row in _rows("iso3166.tab"))


def country_of(zone: str) -> str | None:
    """Where a zone's namesake lies. None for those that lie nowhere (`UTC`), and for older spellings: which country an
    alias meant is not kept.
    """
    return _places().get(zone)


@cache
def _places() -> dict[str, str]:
    return {row[2]: row[0] for row in _rows("zone.tab")}


def _rows(name: str) -> Iterator[list[str]]:
    lines = files("tzdata.zoneinfo").joinpath(name).read_text("utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("#"))
