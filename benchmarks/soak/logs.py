"""Lines of the logs that say that something went wrong, and whether a fault explains them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.soak.record import Record

WRONG = frozenset({"ERROR", "CRITICAL"})
SECOND = 1.0  # logs tell no less


def judge_logs(logs: list[Path], record: Record, *, epoch: float | None = None) -> Counter[str]:
    """No such line without a cause; how often each was said, explained or not. `epoch` is the record's zero."""
    found, unexplained = Counter[str](), Counter[str]()
    epoch = time.time() - time.monotonic() if epoch is None else epoch
    for path in logs:
        for at, text in _wrong_lines(path):
            begin = at - epoch
            found[f"{path.stem}: {text}"] += 1
            if not record.is_explained(path.stem, begin, begin + SECOND):
                unexplained[f"{path.stem}: {text}"] += 1
    for text, times in unexplained.items():
        record.breach(f"{times} × in the log of {text}")
    return found


def _wrong_lines(path: Path) -> Iterator[tuple[float, str]]:
    """When, and what: lines that are no JSON belong to the moment of the last one that was."""
    at = 0.0
    for line in path.read_text(errors="replace").splitlines():
        try:
            told = json.loads(line)
            at = datetime.fromisoformat(told["at"]).timestamp()
        except (ValueError, KeyError, TypeError):
            yield at, line[:200]
            continue
        if told["level"] in WRONG:
            facts = {name: told[name] for name in ("error", "job", "path", "exc_info") if name in told}
            yield at, f"{told['logger']}: {told['message']} {_brief(facts)}"


def _brief(facts: dict[str, object]) -> str:
    return " ".join(f"{name}={str(value)[:300]}" for name, value in facts.items())
