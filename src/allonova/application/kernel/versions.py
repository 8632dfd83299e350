"""Changes that name the version they were made for."""

from __future__ import annotations

from allonova.domain.kernel.errors import PreconditionFailed


def require_version(expected: int | None, version: int, current: object) -> None:
    """Raise PreconditionFailed unless the object still is as the caller read it; without an expectation the last
    writer wins.

    Args:
        expected: the version of the caller's `If-Match`; None when he sent none.
        version: that of the object, which this unit has locked.
        current: the object's view, for `details.current`.
    """
    if expected is not None and expected != version:
        raise PreconditionFailed(current=current)
