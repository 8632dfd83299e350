"""How facts are written in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THOUSANDS: Final = {"fr": " ", "en": ","}
PLACE_LETTERS: Final = 29  # of each place's name in a text message: with two of them every one still fits one SMS
BETWEEN: Final = " - "
ROUTE_LETTERS: Final = 2 * PLACE_LETTERS + len(BETWEEN)

REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "safety": {"fr": "sécurité", "en": "safety"},
    "fraud": {"fr": "soupçon de fraude", "en": "suspected fraud"},
    "duplicate": {"fr": "annonce en double", "en": "duplicate"},
    "other": {"fr": "conditions d'utilisation", "en": "terms of use"},
}
"""Why the back office stopped something: categories. What staff wrote is for staff."""


def spelt(fact: str | int, language: str) -> str:
    """A number as it is written in running text: 13 500, 13,500."""
    return fact if isinstance(fact, str) else f"{fact:,}".replace(",", THOUSANDS[language])


def told(facts: Mapping[str, str | int], language: str) -> dict[str, str]:
    """The facts as words: numbers spelt, a `reason` by its category's words."""
    said = {name: spelt(fact, language) for name, fact in facts.items()}
    reason = REASONS.get(said.get("reason", ""))
    return said if reason is None else said | {"reason": reason[language]}


def short_place(place: str) -> str:
    """A place's name as text messages have room for."""
    return place if len(place) <= PLACE_LETTERS else f"{place[: PLACE_LETTERS - 3].rstrip(' ,')}..."


def short_route(route: str) -> str:
    """From where to where, as text messages have room for it."""
    if len(route) <= ROUTE_LETTERS:
        return route
    dashes = [at for at in range(len(route)) if route.startswith(BETWEEN, at)]
    if not dashes:
        return f"{route[: ROUTE_LETTERS - 3].rstrip(' ,')}..."
    # Names hold dashes too ("Gare - sortie B"): the one nearest to the middle parts the two places.
    middle = min(dashes, key=lambda at: abs(2 * at + len(BETWEEN) - len(route)))
    return BETWEEN.join(short_place(place) for place in (route[:middle], route[middle + len(BETWEEN) :]))


def shortened(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """The facts with a `route` that fits a small message."""
    route = facts.get("route")
    return {**facts, "route": short_route(route)} if isinstance(route, str) else {**facts}
