"""The page of the back office's roles, from the table that its routes obey."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any, TypeAliasType, get_args, get_type_hints

from fastapi import FastAPI

from allonova.adapters.http.provide import AdminRow
from allonova.domain.identity.roles import RIGHTS, Area, Right, Role
from allonova.main.docs.map import Feature, features
from allonova.main.docs.source import NOTE, link, table

HEAD = f"""{NOTE}

# Roles of the back office

How far each role may go in each row, and the routes that stand in it with the right that they ask for: `read`, `edit`
(all but role, money and papers) or `all`. Who may not gets 403 `forbidden`. Whoever is logged in
may use `/admin/me`, `/admin/me/totp` and `/admin/logout`. Source: [roles.py](../src/allonova/domain/identity/roles.py).
"""


def roles_page(app: FastAPI) -> str:
    """A line per row of the table."""
    by_area: dict[Area, list[str]] = {area: [] for area in Area}
    for feature, row in guarded(app):
        name = f"`{feature.method} {feature.path.removeprefix('/api/v1')}`"
        by_area[row.area].append(f"{link(feature.endpoint, name)} {row.right.name.lower()}")
    rows = [
        [f"`{area}`", *(_cell(RIGHTS[area][role]) for role in Role), "<br>".join(by_area[area]) or "–"] for area in Area
    ]
    return f"{HEAD}\n{table(['Row', *(f'`{role}`' for role in Role), 'Routes'], rows)}\n"


def guarded(app: FastAPI) -> Iterator[tuple[Feature, AdminRow]]:
    """The routes that stand in a row of the table, each with it."""
    for feature in features(app):
        row = row_of(feature.endpoint)
        if row is not None:
            yield feature, row


def row_of(endpoint: FunctionType) -> AdminRow | None:
    """The row that a route names in `Annotated[AdminCaller, admin(…)]`."""
    hints: dict[str, Any] = get_type_hints(endpoint, include_extras=True)
    written = (hint.__value__ if isinstance(hint, TypeAliasType) else hint for hint in hints.values())
    asked = (getattr(extra, "dependency", None) for hint in written for extra in get_args(hint)[1:])
    return next((found for found in asked if isinstance(found, AdminRow)), None)


def _cell(right: Right) -> str:
    return "" if right is Right.NONE else right.name.lower()
