"""Conditions on pairs of people, either of whom may block the other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, all_, and_, exists, func, or_, select

from allonova.adapters.postgres.carpool.people_tables import BLOCKS

type Somebody = ColumnElement[UUID] | BindParameter[Any]


def is_blocked(one: Somebody, other: Somebody) -> ColumnElement[bool]:
    """Whether either of a row's two blocks the other."""
    block = BLOCKS.alias()
    return exists().where(
        or_(
            and_(block.c.user_id == one, block.c.blocked_id == other),
            and_(block.c.user_id == other, block.c.blocked_id == one),
        )
    )


def is_none_of(somebody: Somebody, viewer: BindParameter[Any]) -> ColumnElement[bool]:
    """Whether neither blocks the other, over many rows and for one viewer: his list is read once, not for each row."""
    his, theirs = BLOCKS.alias(), BLOCKS.alias()
    parted = select(his.c.blocked_id).where(his.c.user_id == viewer)
    parted_too = select(theirs.c.user_id).where(theirs.c.blocked_id == viewer)
    listed: Any = func.array(parted.union_all(parted_too).scalar_subquery())
    return somebody != all_(listed)
