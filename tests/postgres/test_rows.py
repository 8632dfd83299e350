"""The mapper refuses what does not fit when the service starts; the codecs keep values as they are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from sys import intern
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, Numeric, Table, Text, Uuid

from allonova.adapters.postgres.pool import asyncpg_dsn, decode_jsonb, decode_point, encode_jsonb, encode_point
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Pool
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party


@dataclass(slots=True, kw_only=True)
class Thing:
    """An entity of these tests."""

    id: UUID
    name: str | None
    party: Party
    price: int


def things(*columns: Column[object], without: str = "") -> Table:
    """Its table, with one column more or less."""
    sound: list[Column[object]] = [
        Column("id", Uuid, primary_key=True),
        Column("name", Text),
        Column("party", Text, nullable=False),
        Column("price", Numeric(12, 2), nullable=False),
    ]
    return Table("things", MetaData(), *(column for column in sound if column.name != without), *columns)


def test_values_become_the_fields_types_when_read() -> None:
    mapper = RowMapper(Thing, things())
    thing = mapper.read([UUID(int=1), None, "driver", Decimal("6000.00")])
    assert thing == Thing(id=UUID(int=1), name=None, party=Party.DRIVER, price=6000)
    assert type(thing.price) is int


def test_refused_when_a_field_has_no_column() -> None:
    with pytest.raises(TypeError, match=r"no column for \['price'\]"):
        RowMapper(Thing, things(without="price"))


def test_refused_when_a_column_has_no_field() -> None:
    with pytest.raises(TypeError, match=r"no field for \['weight'\]"):
        RowMapper(Thing, things(Column("weight", Integer)))


def test_accepted_when_the_difference_is_declared() -> None:
    mapper = RowMapper(Thing, things(Column("weight", Integer), without="name"), apart={"name"}, beside={"weight"})
    assert mapper.names == ("id", "party", "price")


def test_refused_when_a_declared_difference_is_none() -> None:
    with pytest.raises(TypeError, match="declared, but not there"):
        RowMapper(Thing, things(), beside={"weight"})


def test_refused_when_only_the_column_may_be_null() -> None:
    with pytest.raises(TypeError, match="null on one side alone"):
        RowMapper(Thing, things(Column("price", Numeric(12, 2)), without="price"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_every_form_of_url_reaches_asyncpg(scheme: str) -> None:
    assert asyncpg_dsn(f"{scheme}://u:p@h:1/d?sslmode=disable") == "postgresql://u:p@h:1/d?sslmode=disable"


def test_refused_when_the_url_is_of_another_database() -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        asyncpg_dsn("mysql://h/d")


@pytest.mark.parametrize("point", [Point(5.3575, -4.0083), Point(-90, 180), Point(0.1 + 0.2, -0.0)])
async def test_points_come_back_as_they_went(pool: Pool, point: Point) -> None:
    assert await pool.fetchval("SELECT $1::geography(POINT, 4326)", point) == point
    assert decode_point(encode_point(point)) == point


def test_refused_when_geography_is_no_wgs84_point() -> None:
    with pytest.raises(ValueError, match="WGS84"):
        decode_point(b"\x00" + encode_point(Point(1, 2))[1:])


async def test_json_comes_back_as_it_went(pool: Pool) -> None:
    value = {"é": [1, 2.5, None, True], "": {"nested": "\u2028"}}
    assert await pool.fetchval("SELECT $1::jsonb", value) == value
    assert decode_jsonb(encode_jsonb(value)) == value


def test_refused_when_json_would_hold_no_number() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_jsonb(float("nan"))


def test_names_are_such_as_python_finds_arguments_by_at_first_sight() -> None:
    assert all(type(name) is str and intern(name) is name for name in RowMapper(Thing, things()).names)
