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


class Reader(Protocol):
    """One question, one round trip."""

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """All rows."""

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """The first row."""

    async def fetchval(self, query: str, *args: object) -> Any:
        """The first column of the first row."""


class Runner(Reader, Protocol):
    """One statement, one round trip."""

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


class Lender(Protocol):
    """Has connections to borrow."""

    def acquire(self, *, timeout: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """Borrow one; TimeoutError when none comes free in time."""


class Pool(Runner, Lender, Protocol):
    """Connections that are kept."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *failure: object) -> None: ...

    async def close(self) -> None:
        """Wait for the borrowed ones and close all."""

    def terminate(self) -> None:
        """Close all at once; whoever has borrowed one is cut off."""
