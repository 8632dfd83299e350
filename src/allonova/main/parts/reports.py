"""Reports, and tables that are taken away."""

from __future__ import annotations

from allonova.adapters.http.exports import write_table
from allonova.application.carpool.usage_report import ReportUsage
from allonova.application.files.export_ports import ExportQueries, ExportUnit
from allonova.application.files.export_table import ExportTable
from allonova.application.files.run_exports import RunExports
from allonova.application.files.sheets import Sheet
from allonova.application.files.show_export import ShowExport
from allonova.application.files.sweep_exports import SweepExports
from allonova.application.kernel.ports import Begin
from allonova.application.money.finance_report import ReportFinance
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.sheets import EntriesSheet, PayoutsSheet, WalletSheet
from allonova.domain.files.export import ExportKind
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S = {"exports": 5, "exports_sweep": 600}
LIMIT_S = {"exports": 3600}  # one after the other, each of some million rows at most


def build(platform: Platform, outside: Outside) -> Part:
    """Reports on their adapters."""
    begin: Begin[ExportUnit] = platform.begin
    clock, ids, files = platform.clock, outside.ids, outside.files
    desk = PayoutDesk(clock, ids, outside.sealer)
    sheets: dict[ExportKind, Sheet] = {
        ExportKind.ENTRIES: EntriesSheet(platform.reports),
        ExportKind.WALLET_TXNS: WalletSheet(platform.reports),
        ExportKind.PAYOUTS: PayoutsSheet(platform.reports, desk),
    }
    return Part(
        use={
            ReportFinance: ReportFinance(platform.reports),
            ReportUsage: ReportUsage(platform.usage),
            ExportTable: ExportTable(begin, clock, ids, sheets),
            ExportQueries: platform.exports,
            ShowExport: ShowExport(platform.exports, files, clock),
        },
        jobs={
            "exports": RunExports(begin, clock, ids, files, sheets, write_table),
            "exports_sweep": SweepExports(begin, clock),
        },
    )
