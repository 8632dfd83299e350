"""Money that leaves to people's phones."""

from __future__ import annotations

from allonova.application.kernel.ports import Begin
from allonova.application.money.check_payouts import CheckPayouts
from allonova.application.money.decide_payouts import ApprovePayouts, RejectPayouts
from allonova.application.money.export_payouts import ExportPayouts
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_ports import PayoutQueries, PayoutUnit
from allonova.application.money.run_payouts import JOB, RunPayouts, RunScheduledPayouts
from allonova.application.money.send_payout import SendPayout
from allonova.application.money.show_payouts import ShowPayouts
from allonova.domain.kernel.events import Event
from allonova.domain.money.events import PayoutDue
from allonova.main.parts import Outside, Part, Platform, Policies

HEARD: dict[type[Event], tuple[str, ...]] = {PayoutDue: ("send_payout",)}
EVERY_S = {JOB: 600, "payouts_check": 120}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Payouts on their adapters."""
    begin: Begin[PayoutUnit] = platform.begin
    clock, ids, gateways, queries = platform.clock, outside.ids, outside.payout_gateways, platform.payouts
    desk = PayoutDesk(clock, ids, outside.sealer)
    run, sending = RunPayouts(begin, desk, gateways, policies.money), SendPayout(begin, desk, gateways)
    return Part(
        use={
            PayoutQueries: queries,
            PayoutDesk: desk,
            RunPayouts: run,
            ApprovePayouts: ApprovePayouts(begin, clock),
            RejectPayouts: RejectPayouts(begin, clock, ids),
            ShowPayouts: ShowPayouts(queries, desk),
            ExportPayouts: ExportPayouts(begin, queries, desk),
        },
        handlers={"send_payout": sending},
        jobs={JOB: RunScheduledPayouts(begin, run), "payouts_check": CheckPayouts(queries, sending, clock)},
    )
