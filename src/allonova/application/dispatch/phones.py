"""Phones as people write them down."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.domain.kernel.errors import FieldError, ValidationError


class PhoneReader(Protocol):
    """Knows how phones are written in every country."""

    def __call__(self, text: str, region: str) -> str | None:
        """The number as E.164; without `+` it rings in `region` (ISO 3166, two letters). None when it is none."""


async def local_phone(
    unit: DispatchUnit, societe_id: UUID, written: str | None, read: PhoneReader, *, path: str
) -> str | None:
    """A phone as E.164; without `+` it rings in the company's country. Nothing, or an empty one, stays as it is. Raises
    ValidationError at `path`.
    """
    if not written:
        return written
    found = read(written, (await unit.societes.get(societe_id)).pays)
    if found is None:
        raise not_a_phone(path)
    return found


def not_a_phone(path: str) -> ValidationError:
    """The refusal of what nobody can call."""
    return ValidationError((FieldError(path, "phone", "not a phone number"),))
