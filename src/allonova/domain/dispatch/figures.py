"""What courses and demandes add up to (docs/decisions/0043)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from allonova.domain.dispatch.calendrier import Span
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.demande import DemandeStatut
from allonova.domain.dispatch.semaine import Bilan

MINUTE = timedelta(minutes=1)
DRIVEN = (CommandeStatut.ASSIGNEE, CommandeStatut.EN_COURS, CommandeStatut.TERMINEE)
"""A taxi has its hands full with it, or had."""
ACCEPTED = (DemandeStatut.ACCEPTEE, DemandeStatut.ANNULEE)
"""Of the demandes that were answered: one that was accepted may be withdrawn afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A commande as figures see it, planned for `span`."""

    statut: CommandeStatut
    taxi_id: UUID | None
    span: Span
    en_attente_depuis: datetime
    assignee_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What figures of a day are made of: the courses that touch it, the demandes that were accepted, and answered or
    ran out, on it, the waits that were reported as too long on it.
    """

    courses: tuple[Course, ...] = ()
    acceptees: int = 0
    repondues: int = 0
    depassements: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Activite:
    """A chauffeur's day: the courses that ended on it and how long they took, the demandes that he answered or let
    pass on it.
    """

    chauffeur_id: UUID
    date: date
    courses: int = 0
    duree: timedelta = timedelta()
    proposees: int = 0
    acceptees: int = 0

    @property
    def bilan(self) -> Bilan:
        """As it is kept."""
        return Bilan(
            courses=self.courses, proposees=self.proposees, acceptees=self.acceptees, minutes=minutes(self.duree)
        )


def rate(part: int, whole: int) -> float | None:
    """A share from 0 to 1, to four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def minutes(duration: timedelta) -> int:
    """To the nearest whole minute."""
    return (duration + MINUTE / 2) // MINUTE


def mean_wait(courses: Iterable[Course]) -> float | None:
    """Minutes from a course's entry, or its last return to the pool, to its chauffeur's yes, to one decimal; None
    where nobody said yes.
    """
    waits = [max(c.assignee_at - c.en_attente_depuis, timedelta()) for c in courses if c.assignee_at is not None]
    return round(sum(waits, timedelta()) / MINUTE / len(waits), 1) if waits else None


def occupied(courses: Iterable[Course], day: Span) -> timedelta:
    """How much of a day a taxi's courses are planned to take. Two at the same time, which a dispatcher has forced,
    take it once.
    """
    taken, free_from = timedelta(), day.debut
    for course in sorted(courses, key=lambda each: each.span.debut):
        start, end = max(course.span.debut, free_from), min(course.span.fin, day.fin)
        if start < end:
            taken, free_from = taken + (end - start), end
    return taken
