"""What runs SQL: a pool outside a transaction, a connection inside one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, Self


class Row(Protocol):
    """A result row: by position or by column name. What a column holds is known to its table alone, hence Any."""

    def __getitem__(self, key: int | str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...


class Runner(Protocol):
    """One statement, one round trip."""

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """All rows."""

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """The first row."""

    async def fetchval(self, query: str, *args: object) -> Any:
        """The first column of the first row."""

    async def execute(self, query: str, *args: object) -> str:
        """Nothing but the status."""

    async def executemany(self, query: str, args: Sequence[Sequence[object]], /) -> None:
        """The same statement for each of these, in one round trip."""


class Connection(Runner, Protocol):
    """A connection, for as long as it is borrowed."""

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Commits on a clean exit, rolls back otherwise; inside a transaction, to a savepoint."""

    async def close(self) -> None:
        """Hang up."""


class Pool(Runner, Protocol):
    """Connections to borrow."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *failure: object) -> None: ...

    def acquire(self, *, timeout: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """Borrow one; TimeoutError when none comes free in time."""

    async def close(self) -> None:
        """Wait for the borrowed ones and close all."""
