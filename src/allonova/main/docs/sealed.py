"""The page of what lies encrypted in the database, from the tables that a change of keys walks."""

from __future__ import annotations

from allonova.adapters.postgres.keys.columns import HASHED, SEALED
from allonova.main.docs.source import NOTE, table

HEAD = f"""{NOTE}

# What is sealed at rest

AES-256-GCM; each value names its key, and opens only in its own table, column and row. `allonova keys rotate` walks
these columns; how keys change is in [operations.md](operations.md#keys). Source:
[columns.py](../src/allonova/adapters/postgres/keys/columns.py).
"""
HASHES = """
Kept as a hash under a key, with the key's name beside it:
"""


def sealed_page() -> str:
    """A line per column."""
    rows = [[f"`{of.name}`", of.holds, f"`{of.context}:<{of.bound_to}>`"] for of in SEALED]
    hashed = [[f"`{column.table.fullname}.{column.name}`", f"`{kid.name}`"] for column, kid in HASHED]
    sealed = table(["Column", "Holds", "Bound to"], rows)
    return f"{HEAD}\n{sealed}\n{HASHES}\n{table(['Column', 'Key'], hashed)}\n"
