"""What stands where somebody who was erased had his name."""

from __future__ import annotations

from typing import Final
from uuid import UUID

EFFACE: Final = "***"  # as the audit log hides a value


def address_of_nobody(id: UUID) -> str:
    """An address that is one of a kind and reaches nobody (RFC 2606)."""
    return f"{id}@efface.invalid"
