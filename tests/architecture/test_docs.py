"""The generated pages say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from allonova.adapters.http.errors import STATUS
from allonova.adapters.http.messages import MESSAGES
from allonova.adapters.http.root import create_app
from allonova.adapters.postgres.metadata import METADATA
from allonova.main.docs import check_docs, write_docs
from allonova.main.docs.errors import errors_page
from allonova.main.docs.machines import machines_page
from allonova.main.docs.map import features, map_page, query_ports, unit_attributes
from allonova.main.docs.tables import QUERY_TABLES, UNIT_TABLES
from allonova.main.settings import Env, Settings
from allonova.main.wiring import http_config

ROOT = Path(__file__).parents[2]
PAGES = [
    "docs/machines.md",
    "docs/map.md",
    "docs/errors.md",
    "docs/roles.md",
    "docs/sealed.md",
    "docs/promises.md",
    "src/allonova/adapters/http/openapi.json",
    "src/allonova/adapters/http/asyncapi.json",
]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(http_config(Settings(env=Env.EMBEDDED)))


@pytest.fixture(scope="module")
def map_text(app: FastAPI) -> str:
    return map_page(app, ROOT)


def row_of(page: str, start: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {start}"))


def test_check_is_clean_when_everything_was_written(app: FastAPI, tmp_path: Path) -> None:
    assert [path.relative_to(tmp_path).as_posix() for path in write_docs(app, tmp_path)] == PAGES
    assert check_docs(app, tmp_path) == []


def test_check_names_each_file_that_is_missing_or_differs(app: FastAPI, tmp_path: Path) -> None:
    write_docs(app, tmp_path)
    (tmp_path / PAGES[0]).unlink()
    with (tmp_path / PAGES[3]).open("a") as file:
        file.write(" ")
    assert check_docs(app, tmp_path) == [PAGES[0], PAGES[3]]


def test_map_leads_from_the_endpoint_to_everything_it_touches(map_text: str) -> None:
    row = row_of(map_text, "[`POST /api/v1/bookings/{id}/accept`]")
    for named in (
        "(../src/allonova/adapters/http/carpool/bookings.py)",
        "[AcceptBooking](../src/allonova/application/carpool/accept_booking.py)",
        "[Booking](../src/allonova/domain/carpool/booking.py)",
        "[Trip](../src/allonova/domain/carpool/trip.py)",
        "`carpool.bookings`",
        "`platform.outbox`",
    ):
        assert named in row


def test_map_names_the_key_when_the_use_case_acts_once(map_text: str) -> None:
    assert "`platform.idempotency_keys`" in row_of(map_text, "[`POST /api/v1/payments/init`]")


def test_map_names_the_query_when_there_is_no_use_case(map_text: str) -> None:
    row = row_of(map_text, "[`GET /api/v1/trips/{id}`]")
    assert "[CarpoolQueries.written_trip](../src/allonova/application/carpool/ports.py)" in row
    assert "`carpool.trip_stops`" in row


def test_map_names_the_tests_that_call_the_path_or_name_the_use_case(app: FastAPI, tmp_path: Path) -> None:
    calls = {"a": "await api.post(f'/bookings/{id}/accept')", "b": "AcceptBooking(begin)", "c": "post('/bookings/1')"}
    (tmp_path / "tests").mkdir()
    for name, text in calls.items():
        (tmp_path / f"tests/test_{name}.py").write_text(text)
    row = row_of(map_page(app, tmp_path), "[`POST /api/v1/bookings/{id}/accept`]")
    assert row.endswith("| [test_a.py](../tests/test_a.py)<br>[test_b.py](../tests/test_b.py) |")


def test_every_endpoint_that_changes_something_has_a_use_case(app: FastAPI) -> None:
    actless = [feature.path for feature in features(app) if feature.method != "GET" and not feature.acts]
    assert actless == ["/api/v1/notifications/receipts/orange/{secret}"]  # a receipt is written into the log


def test_every_link_leads_to_a_file(map_text: str) -> None:
    pages = map_text + errors_page(STATUS, MESSAGES) + machines_page()
    targets = {part.partition(")")[0] for part in pages.split("](../")[1:]}
    assert [target for target in sorted(targets) if not (ROOT / target).is_file()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/glossary.md"])
def test_every_link_of_a_page_by_hand_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def test_tables_are_declared_for_every_attribute_of_a_unit() -> None:
    assert set(UNIT_TABLES) == {name for _, hints in unit_attributes() for name in hints} | {
        "outbox",
        "audit",
        "attempts",
        "keys",
    }


def test_tables_are_declared_for_every_query() -> None:
    ports = {f"{port.__name__}.{name}" for port in query_ports() for name in vars(port) if not name.startswith("_")}
    assert set(QUERY_TABLES) == ports


def test_declared_tables_exist() -> None:
    declared = {name for tables in (*UNIT_TABLES.values(), *QUERY_TABLES.values()) for name in tables}
    assert declared <= set(METADATA.tables)


def test_errors_page_has_every_code() -> None:
    page = errors_page(STATUS, MESSAGES)
    assert [code for code, status in STATUS.items() if f"## `{code}` ({status})" not in page] == []


def test_machines_page_has_table_and_diagram() -> None:
    page = machines_page()
    assert row_of(page, "`accepted`").count("→ `paid` (passenger, provider)") == 1
    assert "    accepted --> paid: pay (passenger, provider)" in page
