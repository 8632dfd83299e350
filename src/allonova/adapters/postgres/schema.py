"""What all tables share: names of rules, kinds of columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, MetaData, Numeric, Text, Uuid, func, text
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import UserDefinedType

from allonova.adapters.postgres.pool import SRID
from allonova.domain.kernel.geo import Point

CARPOOL = "carpool"
PLATFORM = "platform"
DISPATCH = "dispatch"

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class GeographyPoint(UserDefinedType[Point]):
    """What geoalchemy2 calls `Geography("POINT", srid=4326)`, which loads four times as long: the dialects of all its
    servers. Migrations have it, which read types out of a database. Here points travel as they are: the pool's codec
    makes domain points of them.
    """

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """In DDL and casts."""
        return f"geography(POINT,{SRID})"


def id_column() -> Column[UUID]:
    """The primary key; the default serves SQL and imports."""
    return Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid())


def moment(name: str, *, optional: bool = False) -> Column[datetime]:
    """An instant."""
    return Column(name, DateTime(timezone=True), nullable=optional)


def created() -> Column[datetime]:
    """When the row came to be."""
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def stamps() -> list[SchemaItem]:
    """The last columns of an entity: its version and its two instants."""
    return [
        Column("version", Integer, nullable=False, server_default=text("1")),
        created(),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ]


def words(name: str, *, optional: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=optional)


def flag(name: str, *, default: bool = False) -> Column[bool]:
    """A yes or no."""
    return Column(name, Boolean, nullable=False, server_default=text(str(default).lower()))


def count(name: str, *, default: int | None = None, optional: bool = False) -> Column[int]:
    """A whole number."""
    given = None if default is None else text(str(default))
    return Column(name, Integer, nullable=optional, server_default=given)


def place(name: str, *, optional: bool = False) -> Column[Point]:
    """A point on the earth."""
    return Column(name, GeographyPoint(), nullable=optional)


def francs(name: str, *, default: int | None = None, optional: bool = False) -> list[SchemaItem]:
    """An amount of whole francs, never negative."""
    given = None if default is None else text(str(default))
    column: Column[Decimal] = Column(name, Numeric(12, 2), nullable=optional, server_default=given)
    return [column, CheckConstraint(f"{name} >= 0 AND {name} = trunc({name})", name=name)]


def one_of(
    name: str, values: Iterable[StrEnum], *, default: StrEnum | None = None, optional: bool = False
) -> list[SchemaItem]:
    """A text that takes the values of an enumeration."""
    allowed = ", ".join(f"'{value.value}'" for value in values)
    given = None if default is None else text(f"'{default.value}'")  # allow: sql-text - a word of ours
    return [
        Column(name, Text, nullable=optional, server_default=given),
        CheckConstraint(f"{name} IN ({allowed})", name=name),
    ]
