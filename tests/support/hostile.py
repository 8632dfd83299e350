"""What nobody should send: bodies, values, queries and ids that are none, and where to put them."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from typing import Any

import httpx

BROKEN = {
    "nothing": b"",
    "half": b'{"phone": "+22507',
    "null": b"null",
    "list": b"[]",
    "text": b'"phone"',
    "number": b"1",
    "NaN": b'{"phone": NaN}',
    "infinity": b'{"phone": -Infinity}',
    "1e400": b'{"phone": 1e400}',
    "5,000 digits": b'{"phone": ' + b"9" * 5000 + b"}",
    "lone surrogate": b'{"phone": "\\ud800"}',
    "lone surrogate as a name": b'{"\\udfff": 1}',
    "not UTF-8": b'{"phone": "\xff"}',
    "UTF-16": '{"phone": "x"}'.encode("utf-16"),
    "deep list": b"[" * 50_000,
    "deep dictionary": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "trailing": b'{"phone": "+2250700000009"} x',
    "NUL": b'{"phone": "+22507\\u000000000009"}',
}
VALUES = (
    "null", "true", "[]", "{}", '"\\u0000"', '"\\ud800"', '"\\u202e"', "-1", "0.5", "NaN", "1e400", "1e308",
    "9223372036854775808", '"0000-01-01T00:00:00Z"', '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"',
    '"10000-01-01T00:00:00Z"', '"2025-10-02T08:30:00"', '"' + "x" * 5_000 + '"', "[" * 600 + "]" * 600,
)  # fmt: skip
QUERIES = (
    "page=0", "page=-1", "page=9223372036854775808", "page=1e400", "page=NaN", "page=", "page=1000000", "page=٣",
    "page_size=0", "page_size=101", "page_size=-9223372036854775809", "sort=%00", "sort=nothing", "sort=-", "sort=,,,",
    "sort=created_at" + ",created_at" * 300, "%00=1", "=1", "page=%ff", "page=%ED%A0%80", "created_at=yesterday",
    "created_at=0001-01-01T00:00:00%2B14:00", "created_at_gte=9999-12-31T23:59:59-14:00", "created_at=10000-01-01",
    "created_at=2025-10-02T08:30:00", "created_at_lte=0000-01-01T00:00:00Z", "created_at=in:,", "created_at=1e400",
    "created_at=1e20", "created_at=in:" + "1," * 1000, "created_at=%00", "created_at_gte=-9223372036854775809",
)  # fmt: skip
IDS = ("", "x", "%00", "%ff", "..%2f..", "1" * 5000, "00000000-0000-0000-0000-00000000000g", "null", "1e400")


def places(value: Any, but: Container[str], path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to each value of a body, its containers included, `but` not to these: two of a kind are read alike."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inner:
        if name not in but:
            yield (*path, name)
            yield from places(child, but, (*path, name))


def put(body: Any, place: tuple[str | int, ...], raw: str) -> bytes:
    """The body as JSON, with raw text in one place."""
    copy = json.loads(json.dumps(body))
    inside = copy
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = "@here@"
    return json.dumps(copy).replace('"@here@"', raw).encode("utf-8", "surrogatepass")


def is_decent(answer: httpx.Response) -> bool:
    """Taken, or refused in the envelope by somebody who understood."""
    return answer.status_code < 400 or (answer.status_code < 500 and set(answer.json()) == {"error", "meta"})
