"""What each role of the back office may do (allocar.md, Back office: its table is this one)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """Of an administrator."""

    SUPER = "super"
    OPS = "ops"
    SUPPORT = "support"
    FINANCE = "finance"
    COMPLIANCE = "compliance"


class Area(StrEnum):
    """A row of the table; every route of the back office names one."""

    USERS = "users"
    KYC = "kyc"
    TRIPS = "trips"
    BOOKINGS = "bookings"
    MONEY = "money"
    PROMOS = "promos"
    DISPUTES = "disputes"
    REPORTS = "reports"
    AUDIT = "audit"
    MODERATION = "moderation"
    SETTINGS = "settings"


class Right(IntEnum):
    """How far a role may go in an area: each includes those before it. EDIT changes all but role, money and papers."""

    NONE = 0
    READ = 1
    EDIT = 2
    ALL = 3


def _row(*rights: Right) -> dict[Role, Right]:
    return dict(zip(Role, rights, strict=True))


_NONE, _READ, _EDIT, _ALL = Right

# columns: super, ops, support, finance, compliance
RIGHTS: Mapping[Area, Mapping[Role, Right]] = {
    Area.USERS: _row(_ALL, _EDIT, _READ, _READ, _READ),
    Area.KYC: _row(_ALL, _ALL, _NONE, _NONE, _ALL),
    Area.TRIPS: _row(_ALL, _ALL, _NONE, _NONE, _NONE),
    Area.BOOKINGS: _row(_ALL, _ALL, _ALL, _NONE, _NONE),
    Area.MONEY: _row(_ALL, _READ, _NONE, _ALL, _NONE),
    Area.PROMOS: _row(_ALL, _ALL, _NONE, _NONE, _NONE),
    Area.DISPUTES: _row(_ALL, _ALL, _ALL, _ALL, _READ),
    Area.REPORTS: _row(_ALL, _ALL, _NONE, _ALL, _NONE),
    Area.AUDIT: _row(_ALL, _READ, _NONE, _NONE, _READ),
    Area.MODERATION: _row(_ALL, _ALL, _ALL, _NONE, _NONE),
    Area.SETTINGS: _row(_ALL, _NONE, _NONE, _NONE, _NONE),
}


def may(role: Role, area: Area, right: Right) -> bool:
    """Whether a role may go that far."""
    return RIGHTS[area][role] >= right
