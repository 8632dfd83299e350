"""Which trips there are for a stranger, as conditions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, exists, literal_column

from allonova.adapters.postgres.identity.tables import USERS
from allonova.domain.identity.user import Gender

NOBODY: ColumnElement[bool] = literal_column("false")
"""Whether somebody is a woman of whom nothing is known."""


def is_confirmed_woman(users: FromClause) -> ColumnElement[bool]:
    """Whether the papers of each row's user say so; of many, not true rather than false."""
    found: ColumnElement[bool] = users.c.confirmed_gender == Gender.FEMALE.value
    return found


def viewer_is_confirmed_woman(viewer: BindParameter[Any]) -> ColumnElement[bool]:
    """The same of one viewer, over many rows: read once, and only if a row asks for it."""
    row = USERS.alias("viewer")
    return exists().where(row.c.id == viewer, is_confirmed_woman(row))


def is_open_to(trips: FromClause, drivers: FromClause, viewer_is_woman: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a stranger may find, see and book each trip: its driver is not suspended, and one for women alone is only
    among women.
    """
    among_women = is_confirmed_woman(drivers) & viewer_is_woman
    return drivers.c.is_active & (~trips.c.women_only | among_women)
