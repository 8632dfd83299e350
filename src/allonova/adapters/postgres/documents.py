"""Views that the database writes as JSON itself: what is only passed on need not become objects on the way."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Numeric, Text, cast, func, literal_column

INSTANT = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""", Text)
WHOLE_SECOND = literal_column("'.000000Z'", Text)
Z = literal_column("'Z'", Text)


def json_of(view: type[Any], **fields: ColumnElement[Any]) -> ColumnElement[Any]:
    """A dataclass as JSON. Raises TypeError for a field too many or too few, when the service starts."""
    names = [field.name for field in dataclasses.fields(view)]
    if set(names) != fields.keys():
        raise TypeError(f"{view.__name__}: {sorted(set(names) ^ fields.keys())}")
    labels = (literal_column(f"'{name}'", Text) for name in names)  # allow: sql-text - names of our own fields
    pairs = (part for label, name in zip(labels, names, strict=True) for part in (label, fields[name]))
    return func.json_build_object(*pairs)


def instant(column: ColumnElement[Any]) -> ColumnElement[str]:
    """As everywhere on the wire: UTC, with a fraction where there is one."""
    return func.replace(func.to_char(func.timezone("UTC", column), INSTANT), WHOLE_SECOND, Z)


def francs(column: ColumnElement[Any]) -> ColumnElement[int]:
    """Whole."""
    return cast(column, BigInteger)


def lat(point: ColumnElement[Any]) -> ColumnElement[float]:
    """Degrees of a geography."""
    return func.ST_Y(func.geometry(point), type_=Double)


def lon(point: ColumnElement[Any]) -> ColumnElement[float]:
    """Degrees of a geography."""
    return func.ST_X(func.geometry(point), type_=Double)


def kilometres(metres: ColumnElement[Any], digits: int) -> ColumnElement[float]:
    """Rounded; null stays null."""
    return cast(func.round(cast(metres, Numeric) / 1000, digits), Double)
