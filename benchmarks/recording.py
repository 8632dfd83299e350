"""The API with a note of every statement that a request of a certain id sends, and with what:
`python -m benchmarks.recording`, which serves on PORT and appends JSON lines to RECORD.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from allonova.adapters.http.context import REQUEST_ID
from allonova.adapters.postgres import pool
from allonova.domain.kernel.geo import Point
from allonova.main.cli import main as serve

NOTED = UUID("5e7d0c5a-0000-4000-8000-000000000000")
"""The request whose statements are noted."""


def note(statement: Any) -> None:
    """Append it, if it is one of the request that is noted: whoever else uses the connection later has another id."""
    if REQUEST_ID.get() == str(NOTED):
        line = {"sql": statement.query, "args": [text_of(value) for value in statement.args]}
        with Path(os.environ["RECORD"]).open("a") as file:
            file.write(json.dumps(line) + "\n")


def text_of(value: object) -> str | None:
    """A parameter as PostgreSQL reads it from text, which refuses what it cannot read."""
    if value is None:
        return None
    return next((write(value) for kind, write in _WRITTEN if isinstance(value, kind)), str(value))


def _element(value: object) -> str:
    text = text_of(value)
    if text is None:
        return "NULL"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


_WRITTEN: Sequence[tuple[type, Callable[[Any], str]]] = (
    (bool, lambda value: "t" if value else "f"),
    (bytes, lambda value: f"\\x{value.hex()}"),
    (date, lambda value: value.isoformat()),  # an instant as well
    (timedelta, lambda value: f"{value.total_seconds()} seconds"),
    (Point, lambda value: f"SRID={pool.SRID};POINT({value.lon} {value.lat})"),
    (dict, json.dumps),
    (str, str),
    (Sequence, lambda value: "{" + ",".join(map(_element, value)) + "}"),
)


def _teaching() -> None:
    """Every connection tells of its statements, beside what it is taught anyway."""
    teach = pool._teach  # noqa: SLF001 - the one place that sees each connection of the service as it is made

    async def teach_and_listen(connection: Any) -> None:
        await teach(connection)
        connection.add_query_logger(note)

    pool._teach = teach_and_listen  # noqa: SLF001


if __name__ == "__main__":
    _teaching()
    serve(["serve"])
