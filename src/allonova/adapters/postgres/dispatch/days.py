"""Days as a company lives them, in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, DateTime, func, select


def midnight(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first instant of a day where the company is that the transaction belongs to."""
    # A sub-select is computed once, the bare function for each row.
    return select(func.dispatch.minuit(day, type_=DateTime(timezone=True))).scalar_subquery()
