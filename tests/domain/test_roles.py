"""The role table is that of the specification, cell by cell."""

from __future__ import annotations

import pytest

from allonova.domain.identity.roles import RIGHTS, Area, Right, Role, may

# allocar.md, Back office, as it stands there but for the last column
TABLE = """
| row | super | ops | support | finance | compliance |
|---|---|---|---|---|---|
| Users | ✓ | edit- | read | read | read |
| KYC review | ✓ | ✓ | | | ✓ |
| Trips | ✓ | ✓ | | | |
| Bookings | ✓ | ✓ | ✓ | | |
| Payments and payouts | ✓ | read | | ✓ | |
| Promos, referrals | ✓ | ✓ | | | |
| Disputes | ✓ | ✓ | ✓ | ✓ | read |
| Reports, exports | ✓ | ✓ | | ✓ | |
| Audit | ✓ | read | | | read |
| Moderation | ✓ | ✓ | ✓ | | |
| Settings, admins, failed notifications | ✓ | | | | |
"""
AREAS = {
    "Users": Area.USERS,
    "KYC review": Area.KYC,
    "Trips": Area.TRIPS,
    "Bookings": Area.BOOKINGS,
    "Payments and payouts": Area.MONEY,
    "Promos, referrals": Area.PROMOS,
    "Disputes": Area.DISPUTES,
    "Reports, exports": Area.REPORTS,
    "Audit": Area.AUDIT,
    "Moderation": Area.MODERATION,
    "Settings, admins, failed notifications": Area.SETTINGS,
}
CELLS = {"✓": Right.ALL, "edit-": Right.EDIT, "read": Right.READ, "": Right.NONE}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().split("|")[1:-1]]


HEADER, _, *LINES = [cells(line) for line in TABLE.strip().splitlines()]
ALLOWED = {
    (AREAS[name], Role(role)): CELLS[cell]
    for name, *rights in LINES
    for role, cell in zip(HEADER[1:], rights, strict=True)
}


def test_table_has_every_row_and_column_when_it_is_read() -> None:
    assert ALLOWED.keys() == {(area, role) for area in Area for role in Role}
    assert {(area, role) for area in RIGHTS for role in RIGHTS[area]} == ALLOWED.keys()


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("role", Role)
def test_role_may_go_as_far_as_the_text_says_when_asked(area: Area, role: Role) -> None:
    allowed = [right for right in Right if may(role, area, right)]
    assert allowed == list(range(ALLOWED[area, role] + 1))
