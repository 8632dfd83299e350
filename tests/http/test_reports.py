"""Reports of the back office: what they say is what happened, in every format."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from allonova.domain.carpool.usage import COUNTS
from allonova.domain.identity.roles import Role
from allonova.domain.money.finance import FIGURES
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE
from tests.support.purses import a_saver
from tests.support.wire import data, paths, refusal

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
REPORTS = ["finance", "usage"]


async def a_ride(api: Api) -> Person:
    """Paid by Wave today, two seats, over tomorrow."""
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.paid(passenger, driver, trip, seats=2)
    api.clock.at = DEPARTURE - timedelta(minutes=10)
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    data(await driver.post(f"{path}/end-ride"))
    return await api.admin(Role.FINANCE)


async def report(admin: Person, kind: str, **asked: str) -> Any:
    return data(await admin.get(f"/admin/reports/{kind}", **asked))


async def test_finance_is_what_the_books_say(api: Api) -> None:
    admin = await a_ride(api)
    found = await report(admin, "finance", period="2025-10-01..2025-10-03")
    journal = await api.inside.journal()
    fare = journal[0].francs["escrow"]
    commission = journal[1].francs["commission"]
    assert (found["first_day"], found["last_day"], found["currency"]) == ("2025-10-01", "2025-10-03", "XOF")
    earned = {"paid": fare, "commission": commission, "driver_net": fare - commission}
    assert found["totals"] == dict.fromkeys(FIGURES, 0) | earned
    assert [(day["day"], day["figures"]["paid"], day["figures"]["commission"]) for day in found["days"]] == [
        ("2025-10-01", fare, 0), ("2025-10-02", 0, commission), ("2025-10-03", 0, 0),
    ]  # fmt: skip
    assert found["methods"] == [{"method": "wave", "paid": fare, "topups": 0, "refunded": 0, "paid_out": 0, "cost": 0}]
    accounts = {each.pop("account"): each for each in found["accounts"]}
    assert accounts["clearing"] == {"opening": 0, "debit": fare, "credit": 0, "closing": -fare}
    assert accounts["escrow"] == {"opening": 0, "debit": fare, "credit": fare, "closing": 0}
    assert sum(each["closing"] for each in accounts.values()) == 0


async def test_accounts_open_with_what_they_held_when_the_period_begins_later(api: Api) -> None:
    admin = await a_ride(api)
    found = await report(admin, "finance", period="day")
    fare = (await api.inside.journal())[0].francs["escrow"]
    assert found["first_day"] == found["last_day"] == "2025-10-02"
    escrow = next(each for each in found["accounts"] if each["account"] == "escrow")
    assert escrow == {"account": "escrow", "opening": fare, "debit": fare, "credit": 0, "closing": 0}


async def test_wallets_are_a_liability_when_they_were_filled(api: Api) -> None:
    await a_saver(api, 5_000)
    found = await report(await api.admin(), "finance", period="day")
    assert (found["totals"]["topups"], found["totals"]["paid"]) == (5_000, 0)
    wallets = next(each for each in found["accounts"] if each["account"] == "wallet")
    assert wallets["closing"] == 5_000


async def test_usage_is_what_happened(api: Api) -> None:
    admin = await a_ride(api)
    found = await report(admin, "usage", period="2025-10-01..2025-10-02")
    totals = found["totals"]
    assert (totals["registrations"], totals["requested"], totals["completed"]) == (2, 1, 1)
    assert (totals["trips"], totals["trips_completed"], totals["seats_sold"]) == (1, 1, 2)
    assert found["active"] == {"users": 2, "passengers": 1, "drivers": 1}
    assert (found["rates"]["paid"], found["rates"]["cancelled"]) == (1.0, 0.0)
    assert [day["counts"]["requested"] for day in found["days"]] == [1, 0]


@pytest.mark.parametrize("kind", REPORTS)
async def test_table_has_a_row_for_each_day_when_it_is_taken_as_a_file(api: Api, kind: str) -> None:
    admin = await a_ride(api)
    asked = {"period": "2025-10-01..2025-10-03"}
    names = FIGURES if kind == "finance" else COUNTS
    part = "figures" if kind == "finance" else "counts"
    days = [[day[part][name] for name in names] for day in (await report(admin, kind, **asked))["days"]]
    answer = await admin.get(f"/admin/reports/{kind}", **asked, format="csv")
    assert answer.headers["content-type"] == FORMATS["csv"]
    assert f'filename="{kind}-2025-10-01-2025-10-03.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [[int(row[name]) for name in names] for row in rows] == days
    assert [row["day"] for row in rows] == ["2025-10-01", "2025-10-02", "2025-10-03"]
    book = await admin.get(f"/admin/reports/{kind}", **asked, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    assert [[cell.value for cell in row][-len(names) :] for row in sheet.iter_rows(min_row=2)] == days


@pytest.mark.parametrize("kind", REPORTS)
async def test_paper_is_in_the_readers_language(api: Api, kind: str) -> None:
    admin = await a_ride(api)
    printed = []
    for language in ("fr", "en"):
        answer = await admin.send(
            "GET", f"/admin/reports/{kind}", params={"format": "pdf"}, headers={"Accept-Language": language}
        )
        assert answer.headers["content-type"] == FORMATS["pdf"]
        assert answer.content.startswith(b"%PDF-")
        assert f"/Lang ({language})".encode() in answer.content
        printed.append(answer.content)
    assert printed[0] != printed[1]


@pytest.mark.parametrize("kind", REPORTS)
async def test_report_is_refused_when_it_is_asked_amiss(api: Api, kind: str) -> None:
    admin = await api.admin()
    for asked, where in (
        ({"period": "2024-01-01..2025-01-01"}, "period"),
        ({"period": "never"}, "period"),
        ({"format": "docx"}, "format"),
        ({"form": "pdf"}, "form"),
    ):
        answer = await admin.get(f"/admin/reports/{kind}", **asked)
        assert paths(refusal(answer, 422, "validation_error")) == [where]
    assert len((await report(admin, kind, period="2024-01-01..2024-12-31"))["days"]) == 366


@pytest.mark.parametrize("kind", REPORTS)
async def test_report_is_for_those_who_may_see_it(api: Api, kind: str) -> None:
    for role in Role:
        answer = await (await api.admin(role)).get(f"/admin/reports/{kind}")
        assert answer.status_code == (200 if role in (Role.SUPER, Role.OPS, Role.FINANCE) else 403), role
