"""Lines of wallets' statements in memory, as cells of a table: what writers of spreadsheets are fed with.

It needs nothing but the standard library, since writers of other environments read it as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

COLUMNS = ("at", "txn_id", "wallet_id", "user_id", "type", "source", "amount", "status", "balance_after", "ref")
INSTANT = "yyyy-mm-dd hh:mm:ss"  # how a spreadsheet shows one
PIECE, WALLETS = 1_000, 500
SEED = 20_261_122

type Line = tuple[datetime, UUID, UUID, UUID, str, str, int, str, int, UUID]


def pieces(rows: int) -> Iterator[Sequence[Line]]:
    """So many rows, a thousand at a time; all thousands are the same one, which costs nothing to make. Packing gains
    nothing by that: it looks back at fifty rows.
    """
    chance = Random(SEED)
    people = [(_id(chance), _id(chance)) for _ in range(WALLETS)]
    first = datetime(2026, 3, 1, tzinfo=UTC)
    piece = [_line(number, first, people, chance) for number in range(PIECE)]
    for _ in range(rows // PIECE):
        yield piece
    if left := rows % PIECE:
        yield piece[:left]


def _line(number: int, first: datetime, people: Sequence[tuple[UUID, UUID]], chance: Random) -> Line:
    at = first + timedelta(seconds=8.64 * number)
    way, source = ("debit", "payment") if number % 3 == 0 else ("credit", "topup")
    amount, balance = 500 + number % 9_000, number % 100_000
    return at, _id(chance), *people[number % WALLETS], way, source, amount, "done", balance, _id(chance)


def _id(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def say_cost(write: Callable[[], None], file: Path) -> None:
    """Write a file, and print what that took of this process as JSON: seconds of the clock and of the processor, the
    most memory, and how large the file is.
    """
    cpu, started = time.process_time(), time.perf_counter()
    write()
    cost = {"seconds": time.perf_counter() - started, "cpu_s": time.process_time() - cpu}
    told = Path("/proc/self/status").read_text(encoding="ascii")
    most_kb = next(int(line.split()[1]) for line in told.splitlines() if line.startswith("VmHWM:"))
    print(json.dumps(cost | {"most_mb": most_kb / 1e3, "size": file.stat().st_size}))
