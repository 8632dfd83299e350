"""What the played world remembers: one SQLite file that survives a kill and a restart."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

type Json = dict[str, Any]

MEMORY: Final = ":memory:"
SCHEMA_VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY, provider TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, doc TEXT NOT NULL,
    UNIQUE (provider, kind, id));
CREATE TABLE IF NOT EXISTS document_keys (
    provider TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (provider, kind, name, value, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY, provider TEXT NOT NULL, book TEXT NOT NULL, ref TEXT NOT NULL,
    amount INTEGER NOT NULL, status TEXT NOT NULL, phone TEXT, at TEXT NOT NULL,
    UNIQUE (provider, book, ref));
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY, channel TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT, body TEXT NOT NULL,
    template TEXT, data TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_recipient ON outbox (recipient, channel);
CREATE TABLE IF NOT EXISTS faults (
    provider TEXT NOT NULL, kind TEXT NOT NULL, times INTEGER NOT NULL, delay_s REAL NOT NULL,
    armed INTEGER NOT NULL, PRIMARY KEY (provider, kind));
CREATE TABLE IF NOT EXISTS callbacks (
    seq INTEGER PRIMARY KEY, provider TEXT NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL,
    url TEXT NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL, faults TEXT NOT NULL, state TEXT NOT NULL,
    answers TEXT NOT NULL, next_try_at REAL, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS callbacks_pending ON callbacks (seq) WHERE state = 'pending';
"""


class StateClosed(Exception):
    """The state was asked for before the sandbox was started, or after it was stopped."""


class State:
    """One SQLite connection behind a lock; the calls are short enough (WAL, no fsync) for the event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = RLock()
        self._depth = 0
        self._db: sqlite3.Connection | None = None

    def open(self) -> None:
        """Opens the file, made for its owner alone since one-time codes and phones lie in it.

        Raises: RuntimeError when it is open already, or was written by another version of the sandbox.
        """
        if self._db is not None:
            raise RuntimeError("the sandbox is running already")
        if str(self._path) != MEMORY:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses nothing when the process dies, only (perhaps) when the machine does.
        db.execute("PRAGMA synchronous = NORMAL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            db.close()
            message = f"{self._path} is the state of another version of the sandbox ({version}); remove it"
            raise RuntimeError(message)
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION:d}; COMMIT;")
        self._db = db

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inner transactions join the outer one. Never awaits inside."""
        with self._lock:
            db = self._connection()
            if self._depth == 0:
                db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows that one statement answers (none for a plain write)."""
        with self._lock:
            return self._connection().execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def insert(self, sql: str, *values: object) -> int:
        """Runs one INSERT. Returns: the row's number, rising with time."""
        with self._lock:
            return self._connection().execute(sql, values).lastrowid or 0

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            raise StateClosed
        return self._db
