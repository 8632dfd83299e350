"""Tables that the back office takes away: at once, or as files that are there a little later."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import openpyxl

from allonova.application.files.export_table import ExportTable
from allonova.application.files.run_exports import RunExports
from allonova.domain.files.export import KEPT, LEASE, TRIES, ExportKind
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.errors import ServiceUnavailable
from tests.support.api import Api, Person
from tests.support.exports import NumberedSheet, an_export
from tests.support.factories import MINUTE, SECOND
from tests.support.filing import Filing, key_of
from tests.support.purses import a_saver
from tests.support.wire import NOBODY, data, paths, refusal

TXNS, PAYOUTS, ENTRIES = "/admin/wallet/txns/export", "/admin/payouts/export", "/admin/reports/finance/entries"


def take_at_once(api: Api, rows: int) -> None:
    """Above so many rows it is a job, from now on."""
    edge = api.service.edge
    export: Any = edge.use[ExportTable]
    api.app.state.edge = replace(edge, use={**edge.use, ExportTable: replace(export.inner, at_once=rows)})


def the_job(api: Api) -> RunExports:
    watched: Any = next(job.run for job in api.service.jobs if job.name == "exports")
    found = watched.inner
    assert isinstance(found, RunExports)
    return found


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def started(admin: Person, path: str = TXNS, **asked: str) -> Any:
    return data(await admin.get(path, **asked), 202)["export"]


async def shown(admin: Person, export: Any) -> Any:
    return data(await admin.get(f"/admin/exports/{export['id']}"))


async def test_statements_are_sent_at_once_when_they_are_few(api: Api) -> None:
    saver, admin = await a_saver(api, 5_000, 700), await api.admin(Role.FINANCE)
    answer = await admin.get(TXNS, period="day")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = rows_of(answer.content)
    assert [(row["type"], row["source"], row["amount"], row["balance_after"]) for row in rows] == [
        ("credit", "topup", "5000", "5000"), ("credit", "topup", "700", "5700"),
    ]  # fmt: skip
    assert {row["user_id"] for row in rows} == {str(saver.id)}
    assert rows_of((await admin.get(TXNS, period="day", type="debit")).content) == []
    assert len(rows_of((await admin.get(TXNS, source="topup", status="done", type="credit")).content)) == 2
    taken = [line.meta for line in await api.inside.audit() if line.action == "table.exported"]
    assert len(taken) == 3
    assert "wallet_txns" in taken[0]


async def test_books_are_sent_line_by_line(api: Api) -> None:
    saver, admin = await a_saver(api, 5_000), await api.admin(Role.FINANCE)
    rows = rows_of((await admin.get(ENTRIES)).content)
    assert {(row["kind"], row["account"], row["owner"], row["amount"]) for row in rows} == {
        ("wallet_topped_up", "clearing", "wave", "-5000"),
        ("wallet_topped_up", "wallet", str(saver.id), "5000"),
    }
    book = await admin.get(ENTRIES, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    assert {row[7].value for row in sheet.iter_rows(min_row=2)} == {-5_000, 5_000}


async def test_numbers_are_whole_for_those_who_may_pay(api: Api) -> None:
    saver = await a_saver(api, 9_000)
    body = {"amount": 1_000, "method": "wave"}
    data(await saver.post("/wallet/withdraw", body, key="once"))
    for role, phone in ((Role.FINANCE, f"'{saver.phone}"), (Role.OPS, f"***{saver.phone[-4:]}")):
        rows = rows_of((await (await api.admin(role)).get(PAYOUTS)).content)
        assert [(row["kind"], row["amount"], row["phone"]) for row in rows] == [("withdrawal", "1000", phone)]
    admin = await api.admin()
    assert rows_of((await admin.get(PAYOUTS, kind="earnings")).content) == []


async def test_file_is_there_when_the_worker_has_written_it(filing: Filing) -> None:
    api = filing.api
    await a_saver(api, 500, 600, 700)
    admin = await api.admin(Role.FINANCE)
    take_at_once(api, 2)
    export = await started(admin, period="day")
    assert (export["status"], export["progress"], export["url"]) == ("queued", 0, None)
    assert (export["kind"], export["format"]) == ("wallet_txns", "csv")
    await api.run("exports")
    done = await shown(admin, export)
    assert (done["status"], done["progress"], done["rows"], done["failure"]) == ("done", 100, 3, None)
    file = await filing.fetched(done["url"])
    assert (file.status_code, len(file.content)) == (200, done["size"])
    assert "attachment" in file.headers["content-disposition"]
    assert [row["amount"] for row in rows_of(file.content)] == ["500", "600", "700"]
    key = key_of(done["url"])
    assert await filing.holds(key)
    api.clock.advance(KEPT)
    assert (await shown(admin, export))["url"] is None
    await api.run("exports_sweep")
    await api.relay()
    gone = await shown(admin, export)
    assert (gone["status"], gone["url"]) == ("done", None)
    assert not await filing.holds(key)


async def test_same_export_is_shown_when_it_is_asked_for_again(api: Api) -> None:
    await a_saver(api, 500, 600)
    admin = await api.admin()
    take_at_once(api, 1)
    first = await started(admin)
    assert await started(admin) == first
    assert (await started(admin, format="xlsx"))["id"] != first["id"]
    listed = data(await admin.get("/admin/exports"))
    assert [each["format"] for each in listed].count("xlsx") == 1
    assert len(listed) == 2
    assert len(data(await admin.get("/admin/exports", status="done"))) == 0


async def test_fourth_export_is_refused_while_three_are_under_way(api: Api) -> None:
    await a_saver(api, 500, 600)
    admin, other = await api.admin(), await api.admin()
    take_at_once(api, 1)
    for kind in ("day", "week", "month"):
        await started(admin, period=kind)
    details = refusal(await admin.get(TXNS, format="xlsx"), 409, "conflict")
    assert details["limit"] == 3
    await started(other)


async def test_export_is_not_there_for_anybody_else(api: Api) -> None:
    await a_saver(api, 500, 600)
    admin = await api.admin(Role.FINANCE)
    take_at_once(api, 1)
    export = await started(admin)
    for other in (await api.admin(Role.FINANCE), await api.admin(Role.SUPER)):
        refusal(await other.get(f"/admin/exports/{export['id']}"), 404, "not_found")
        assert data(await other.get("/admin/exports")) == []
    refusal(await admin.get(f"/admin/exports/{NOBODY}"), 404, "not_found")


async def test_export_is_not_there_when_its_phones_are_not_for_ones_role_any_more(api: Api) -> None:
    admin = await api.admin(Role.OPS)
    export = an_export(admin.id, kind=ExportKind.PAYOUTS, shows_phones=True, created_at=api.clock.now())
    async with api.service.platform.begin() as unit:
        await unit.exports.add(export)
    refusal(await admin.get(f"/admin/exports/{export.id}"), 404, "not_found")


async def test_export_is_refused_when_it_is_asked_amiss(api: Api) -> None:
    admin = await api.admin()
    for path, asked, where in (
        (TXNS, {"sorce": "topup"}, "sorce"),
        (TXNS, {"type": "both"}, "type"),
        (PAYOUTS, {"format": "pdf"}, "format"),
        (ENTRIES, {"period": "2020-01-01..2025-01-01"}, "period"),
    ):
        assert paths(refusal(await admin.get(path, **asked), 422, "validation_error")) == [where]


async def queued(api: Api, sheet: NumberedSheet) -> tuple[Person, Any, RunExports]:
    """An export of made-up rows, and the job that knows them."""
    admin = await api.admin()
    export = an_export(admin.id, created_at=api.clock.now())
    async with api.service.platform.begin() as unit:
        await unit.exports.add(export)
    return admin, {"id": str(export.id)}, replace(the_job(api), sheets={ExportKind.ENTRIES: sheet})


async def test_progress_is_told_while_rows_are_written(filing: Filing) -> None:
    seen: list[tuple[int, int]] = []
    api = filing.api

    async def look() -> None:
        api.clock.advance(20 * SECOND)
        now = await shown(admin, export)
        seen.append((now["progress"], now["rows"]))

    admin, export, job = await queued(api, NumberedSheet(10, look))
    assert await job() == 1
    assert [progress for progress, _ in seen] == [0, 0, 10, 20, 30, 40, 50, 60, 70, 80] or seen[-1][0] >= 80
    assert [rows for _, rows in seen] == sorted(rows for _, rows in seen)


async def test_another_writer_takes_it_over_when_the_first_was_lost(filing: Filing) -> None:
    api, runs = filing.api, 0

    async def lose() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:  # the first one sleeps for too long, and another one does it all
            api.clock.advance(LEASE)
            assert await replace(job, sheets={ExportKind.ENTRIES: NumberedSheet(4)}, turn=type(job.turn)())() == 1

    admin, export, job = await queued(api, NumberedSheet(4, lose))
    assert await job() == 0
    done = await shown(admin, export)
    assert (done["status"], done["rows"]) == ("done", 40)
    assert len(rows_of((await filing.fetched(done["url"])).content)) == 40


async def test_failure_has_a_code_when_every_try_failed(api: Api) -> None:
    async def fail() -> None:
        raise ServiceUnavailable

    admin, export, job = await queued(api, NumberedSheet(4, fail))
    for _ in range(TRIES):
        assert (await shown(admin, export))["failure"] is None
        assert await job() == 0
        api.clock.advance(MINUTE)
    failed = await shown(admin, export)
    assert (failed["status"], failed["failure"], failed["url"]) == ("failed", {"code": "service_unavailable"}, None)
    assert await job() == 0


async def test_failure_says_no_more_than_that_when_it_was_our_own(api: Api) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("a secret")

    admin, export, job = await queued(api, NumberedSheet(4, fail))
    for _ in range(TRIES):
        await job()
        api.clock.advance(MINUTE)
    assert (await shown(admin, export))["failure"] == {"code": "internal_error"}
