"""What a report on paper says; pdf.py prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars by day, one colour a series."""

    title: str
    days: Sequence[date]
    series: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its first column is words or days, all others are figures. The last row may be a sum."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    ends_in_sum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report, its words in the reader's language (`en`, `fr`)."""

    language: str
    title: str
    first_day: date
    last_day: date
    made_at: datetime
    facts: Sequence[tuple[str, object]]
    chart: Chart
    sheets: Sequence[Sheet]
