"""What goes over the wire: sound bodies to send, and answers taken apart with their envelope checked."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import pytest

from tests.support.factories import DEPARTURE

ROOT = "https://api.allonova.test"
ORIGIN = "https://app.allonova.test"
ADDRESS = "203.0.113.7"
ROUNDS = 3  # of a race: in the first one, connections still learn their statements and hardly meet
NOBODY = "00000000-0000-4000-8000-000000000000"  # an id that nothing has
ABIDJAN = {"lat": 5.3575, "lon": -4.0083, "text": "Abidjan, Plateau"}
TOUMODI = {"lat": 6.5581, "lon": -5.0186}
YAMOUSSOUKRO = {"lat": 6.8190, "lon": -5.2760, "text": "Yamoussoukro"}

_numbers = itertools.count(1)


def data(answer: httpx.Response, status: int = 200) -> Any:
    """What a good answer holds; its envelope is checked on the way."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"data", "meta"}
    assert answer.json()["meta"]["request_id"] == answer.headers["x-request-id"]
    return answer.json()["data"]


def refusal(answer: httpx.Response, status: int, code: str) -> Any:
    """The details of a refusal; its envelope is checked on the way."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "meta"}
    assert set(answer.json()["error"]) == {"code", "message", "details"}
    assert answer.json()["meta"]["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["error"]["code"] == code, answer.text
    return answer.json()["error"]["details"]


def paths(details: Any) -> list[str]:
    """The paths of a validation error."""
    return [fault["path"] for fault in details["fields"]]


async def require_refused(
    subtests: pytest.Subtests,
    values: Iterable[tuple[str, object]],
    send: Callable[[dict[str, Any]], Awaitable[httpx.Response]],
) -> None:
    """Each value makes a body unsound at its own path, and there alone."""
    for name, value in values:
        with subtests.test(name, value=value):
            assert paths(refusal(await send({name: value}), 422, "validation_error")) == [name]


def fresh_phone() -> str:
    """A phone that nobody has."""
    return f"+22505{next(_numbers):08d}"


def fresh_email() -> str:
    """An e-mail that nobody has."""
    return f"person{next(_numbers)}@exemple.test"


def fresh_key() -> str:
    """An Idempotency-Key that was never sent."""
    return f"key-of-nobody-else-{next(_numbers)}"


def trip_body(**given: Any) -> dict[str, Any]:
    """Abidjan to Yamoussoukro for 6,000 francs, three seats, published."""
    made = {
        "origin": ABIDJAN,
        "destination": YAMOUSSOUKRO,
        "departure_time": DEPARTURE.isoformat(),
        "price_per_seat": 6000,
        "seats_available": 3,
        "status": "published",
    }
    return made | given


def stop_body(**given: Any) -> dict[str, Any]:
    """Toumodi, for 4,500 francs from Abidjan."""
    return {"order": 1, "point": TOUMODI, "label": "Toumodi, gare", "price_from_origin": 4500} | given
