"""Exports: who holds one, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from allonova.domain.files.export import (
    GIVEN_UP,
    KEPT,
    LEASE,
    RETRY,
    TRIES,
    XLSX_ROWS,
    ExportKind,
    ExportStatus,
    FileFormat,
    require_room,
)
from allonova.domain.kernel.errors import ValidationError
from tests.support.exports import an_export
from tests.support.factories import NOW, SECOND, new_id


def test_export_is_held_when_it_was_taken() -> None:
    export = an_export(new_id(), rows=7, progress=12)
    assert export.take(NOW)
    assert (export.status, export.attempts, export.lease_until) == (ExportStatus.RUNNING, 1, NOW + LEASE)
    assert (export.rows, export.progress) == (0, 0)


def test_lease_is_renewed_when_rows_are_written() -> None:
    export = an_export(new_id())
    export.take(NOW)
    export.go_on(50, of=200, at=NOW + SECOND)
    assert (export.rows, export.progress, export.lease_until) == (50, 25, NOW + SECOND + LEASE)
    export.go_on(200, of=200, at=NOW)
    assert export.progress == 99
    export.go_on(200, of=0, at=NOW)
    assert export.progress == 99


def test_file_has_a_week_when_it_is_there() -> None:
    export = an_export(new_id())
    export.take(NOW)
    export.finish("exports/a.csv", rows=3, size=90, at=NOW)
    assert (export.status, export.progress, export.rows, export.size) == (ExportStatus.DONE, 100, 3, 90)
    assert (export.lease_until, export.expires_at) == (None, NOW + KEPT)
    assert export.forget(NOW + KEPT) == "exports/a.csv"
    assert export.forget(NOW + KEPT) is None


def test_export_is_tried_again_when_a_try_fails() -> None:
    export = an_export(new_id())
    for _ in range(TRIES - 1):
        export.take(NOW)
        export.fail("service_unavailable", NOW)
        assert (export.status, export.lease_until) == (ExportStatus.QUEUED, NOW + RETRY)
        assert export.failure_code is None
    export.take(NOW)
    export.fail("service_unavailable", NOW)
    assert (export.status, export.failure_code) == (ExportStatus.FAILED, "service_unavailable")
    assert export.lease_until is None


def test_export_is_given_up_when_every_writer_died() -> None:
    export = an_export(new_id(), attempts=TRIES, status=ExportStatus.RUNNING)
    assert not export.take(NOW)
    assert (export.status, export.failure_code) == (ExportStatus.FAILED, GIVEN_UP)


def test_two_exports_are_the_same_when_nothing_differs_that_was_asked() -> None:
    export = an_export(new_id(), filters={"type": "credit"})
    again = replace(export, id=new_id(), status=ExportStatus.RUNNING, rows=5)
    assert export.asks_the_same(again)
    changes: tuple[dict[str, Any], ...] = (
        {"admin_id": new_id()},
        {"kind": ExportKind.PAYOUTS},
        {"format": FileFormat.XLSX},
        {"since": NOW - SECOND},
        {"until": NOW},
        {"filters": {}},
        {"shows_phones": True},
    )
    for change in changes:
        assert not export.asks_the_same(replace(again, **change))


def test_sheet_is_refused_when_it_would_be_too_long() -> None:
    require_room(FileFormat.XLSX, XLSX_ROWS)
    require_room(FileFormat.CSV, 10 * XLSX_ROWS)
    with pytest.raises(ValidationError):
        require_room(FileFormat.XLSX, XLSX_ROWS + 1)
