"""Which refusals of the database are refusals of the domain, and which are failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]

from allonova.domain.kernel.errors import AlreadyExists, DomainError

STORAGE_FAILURES: tuple[type[Exception], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a broken, busy or unreachable database raises: 503, never a refusal."""

AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a database raises that stops, starts, or has died: it will be there again. Not a wrong password or name."""

LOCK_TIMED_OUT: type[Exception] = asyncpg.LockNotAvailableError
"""Somebody held a lock for longer than the lock timeout."""

_DECLARABLE = (
    asyncpg.UniqueViolationError,
    asyncpg.ExclusionViolationError,
    asyncpg.ForeignKeyViolationError,
)


@contextmanager
def refusing(refusals: Mapping[str, type[DomainError]]) -> Iterator[None]:
    """Turn a broken rule into the refusal declared for its name; a taken value without one is AlreadyExists."""
    try:
        yield
    except _DECLARABLE as error:
        name = error.constraint_name or ""
        declared = refusals.get(name)
        if declared is not None and not issubclass(declared, AlreadyExists):
            raise declared from error
        if isinstance(error, asyncpg.ForeignKeyViolationError):
            raise
        raise AlreadyExists(name) from error
