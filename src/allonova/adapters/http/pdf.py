"""Reports on paper: totals, a chart by day, tables; A4 across, each page numbered."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, Table
from reportlab.platypus.tables import TableStyle

from allonova.adapters.http.paper import Chart, Document, Sheet

PRINTED_ROWS = 1_000  # of a table; more are for spreadsheets
PAGE = landscape(A4)
MARGIN = 15 * mm
WIDTH = PAGE[0] - 2 * MARGIN
INK, MUTED, LINE, BAND = HexColor("#14213D"), HexColor("#5C677D"), HexColor("#D5DAE1"), HexColor("#F4F6F9")
SERIES: tuple[Color, ...] = (HexColor("#0B7A75"), HexColor("#E07A2F"))
REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
FACTS_ACROSS = 5
LABELS_ACROSS = 16
FEW = 5  # up to so many an axis has a line for each
WIDE = 8  # columns; more of them are printed smaller

TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=20, leading=24, textColor=INK)
SUBTITLE = ParagraphStyle("subtitle", fontName=REGULAR, fontSize=10, leading=14, textColor=MUTED)
HEADING = ParagraphStyle(
    "heading", fontName=BOLD, fontSize=12, leading=16, textColor=INK, spaceBefore=6, spaceAfter=3, keepWithNext=1
)
NOTE = ParagraphStyle("note", fontName=REGULAR, fontSize=8.5, leading=11, textColor=MUTED)
LABEL = ParagraphStyle("label", fontName=REGULAR, fontSize=8, leading=10, textColor=MUTED)
VALUE = ParagraphStyle("value", fontName=BOLD, fontSize=13, leading=17, textColor=INK)

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "page": "Page {page} of {pages}",
        "made": "Made on {at} (UTC). Amounts are whole francs (F CFA); days are Abidjan's.",
        "cut": "The first {shown} of {total} rows. The CSV and XLSX files hold all of them.",
        "nothing": "Nothing in this period.",
    },
    "fr": {
        "page": "Page {page} sur {pages}",
        "made": "Établi le {at} (UTC). Montants en francs entiers (F CFA), journées d'Abidjan.",
        "cut": "Les {shown} premières lignes sur {total}. Les fichiers CSV et XLSX les contiennent toutes.",
        "nothing": "Rien sur cette période.",
    },
}


def render(document: Document) -> bytes:
    """The PDF. Takes a while: call it in a thread."""
    words, printed = WORDS[document.language], io.BytesIO()
    period = f"{shown(document.first_day, document.language)} – {shown(document.last_day, document.language)}"
    parts: list[Flowable] = [
        Paragraph(document.title, TITLE),
        Paragraph(period, SUBTITLE),
        Paragraph(words["made"].format(at=_instant(document.made_at, document.language)), NOTE),
        Spacer(0, 5 * mm),
        _facts(document),
        Spacer(0, 5 * mm),
        KeepTogether([Paragraph(document.chart.title, HEADING), _chart(document.chart, document.language)]),
    ]
    for sheet in document.sheets:
        parts += [Spacer(0, 4 * mm), *_sheet(sheet, document.language)]
    _Template(printed, document, period).build(parts, canvasmaker=_numbered(words["page"]))
    return printed.getvalue()


def shown(value: object, language: str) -> str:
    """A value as it is printed: thousands apart, days as they are written there, nothing as a dash."""
    match value:
        case None:
            return "–"
        case int():
            return f"{value:,}".replace(",", "\u00a0" if language == "fr" else ",")
        case float():
            text = f"{value:.1%}"
            return text.replace(".", ",").replace("%", "\u00a0%") if language == "fr" else text
        case date():
            return f"{value:%d/%m/%Y}" if language == "fr" else f"{value:%Y-%m-%d}"
        case _:
            return str(value)


def _instant(at: datetime, language: str) -> str:
    return f"{at:%d/%m/%Y %H:%M}" if language == "fr" else f"{at:%Y-%m-%d %H:%M}"


class _Template(SimpleDocTemplate):
    """Pages with a line at their foot."""

    def __init__(self, printed: io.BytesIO, document: Document, period: str) -> None:
        super().__init__(
            printed,
            pagesize=PAGE,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN + 4 * mm,
            title=f"{document.title} – {period}",
            author="AlloCar",
            lang=document.language,
        )
        self._foot = f"AlloCar · {document.title} · {period}"

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        """See BaseDocTemplate."""
        canvas: Any = self.canv
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN, MARGIN, PAGE[0] - MARGIN, MARGIN)
        canvas.setFillColor(MUTED)
        canvas.setFont(REGULAR, 8)
        canvas.drawString(MARGIN, MARGIN - 4 * mm, self._foot)


def _numbered(words: str) -> type[Canvas]:
    """A canvas that knows at its end how many pages there are, and writes it on each of them."""

    class Numbered(Canvas):
        def __init__(self, *args: Any, **given: Any) -> None:
            super().__init__(*args, **given)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self.setFillColor(MUTED)
                self.setFont(REGULAR, 8)
                text = words.format(page=number, pages=len(self._pages))
                self.drawRightString(PAGE[0] - MARGIN, MARGIN - 4 * mm, text)
                super().showPage()
            super().save()

    return Numbered


def _facts(document: Document) -> Flowable:
    """The totals, as cards."""
    cards = [
        [Paragraph(label, LABEL), Paragraph(shown(value, document.language), VALUE)] for label, value in document.facts
    ]
    cards += [[]] * (-len(cards) % FACTS_ACROSS)
    rows = [cards[start : start + FACTS_ACROSS] for start in range(0, len(cards), FACTS_ACROSS)]
    style = TableStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), BAND),
            ("GRID", (0, 0), (-1, -1), 3, white),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ]
    )
    return Table(rows, colWidths=[WIDTH / FACTS_ACROSS] * FACTS_ACROSS, style=style)


def _chart(chart: Chart, language: str) -> Flowable:
    """Bars, with a day's name under some of them."""
    height, top = 62 * mm, 8 * mm
    drawing, bars = Drawing(WIDTH, height), VerticalBarChart()
    bars.x, bars.y = round(22 * mm), round(8 * mm)
    bars.width, bars.height = round(WIDTH - 24 * mm), round(height - top - 12 * mm)
    bars.data = [tuple(values) for values in chart.series.values()]
    step = max(1, -(-len(chart.days) // LABELS_ACROSS))
    bars.categoryAxis.categoryNames = [
        (f"{day:%d/%m}" if language == "fr" else f"{day:%m-%d}") if number % step == 0 else ""
        for number, day in enumerate(chart.days)
    ]
    bars.categoryAxis.labels.fontName = bars.valueAxis.labels.fontName = REGULAR
    bars.categoryAxis.labels.fontSize = bars.valueAxis.labels.fontSize = 7
    bars.categoryAxis.labels.fillColor = bars.valueAxis.labels.fillColor = MUTED
    bars.categoryAxis.strokeColor = bars.valueAxis.strokeColor = bars.valueAxis.gridStrokeColor = LINE
    bars.categoryAxis.visibleTicks, bars.valueAxis.visibleGrid = 0, 1
    bars.valueAxis.labelTextFormat = lambda value: shown(round(value), language)
    bars.valueAxis.valueMin = min(0, *(min(values, default=0) for values in chart.series.values()))
    highest = max((max(values, default=0) for values in chart.series.values()), default=0)
    if highest < FEW:
        bars.valueAxis.valueMax, bars.valueAxis.valueStep = max(1, highest), 1
    bars.barSpacing, bars.groupSpacing = 0, 3
    for number, (name, colour) in enumerate(zip(chart.series, SERIES, strict=False)):
        bars.bars[number].fillColor = colour
        bars.bars[number].strokeColor = None
        left = (22 + number * 55) * mm
        mark = Rect(left, height - 5 * mm, 3 * mm, 3 * mm)
        mark.fillColor, mark.strokeColor = colour, None
        drawing.add(mark)
        drawing.add(String(left + 5 * mm, height - 4.6 * mm, name, fontName=REGULAR, fontSize=8, fillColor=INK))
    drawing.add(bars)
    return drawing


def _sheet(sheet: Sheet, language: str) -> list[Flowable]:
    """A table over as many pages as it takes, its head on each of them."""
    words, heading = WORDS[language], Paragraph(sheet.title, HEADING)
    if not sheet.rows:
        return [heading, Paragraph(words["nothing"], NOTE)]
    rows = [[shown(value, language) for value in row] for row in sheet.rows[:PRINTED_ROWS]]
    is_wide = len(sheet.columns) > WIDE
    size, side = (7, 2) if is_wide else (8, 6)
    head = ParagraphStyle("head", fontName=BOLD, fontSize=size - 1, leading=size + 0.5, textColor=white, alignment=2)
    first = ParagraphStyle("first", parent=head, alignment=0)
    names = [Paragraph(name, head if number else first) for number, name in enumerate(sheet.columns)]
    start: float = WIDTH * max(0.065, 1 / len(sheet.columns))
    others = (WIDTH - start) / max(1, len(sheet.columns) - 1)
    commands: list[tuple[Any, ...]] = [
        ("BACKGROUND", (0, 0), (-1, 0), INK),
        ("FONT", (0, 1), (-1, -1), REGULAR, size),
        ("LEFTPADDING", (0, 0), (-1, -1), side),
        ("RIGHTPADDING", (0, 0), (-1, -1), side),
        ("TEXTCOLOR", (0, 1), (-1, -1), INK),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [white, BAND]),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    is_cut = len(sheet.rows) > PRINTED_ROWS
    if sheet.ends_in_sum and not is_cut:
        commands += [("FONT", (0, -1), (-1, -1), BOLD, size), ("LINEABOVE", (0, -1), (-1, -1), 1, INK)]
    widths = [start, *[others] * (len(sheet.columns) - 1)]
    table = LongTable([names, *rows], colWidths=widths, repeatRows=1, style=TableStyle(commands))
    counts = {"shown": shown(PRINTED_ROWS, language), "total": shown(len(sheet.rows), language)}
    note = [Paragraph(words["cut"].format(**counts), NOTE)] if is_cut else []
    return [heading, *note, table]
