"""Taxis, clients, positions, devices and figures."""

from __future__ import annotations

from allonova.adapters.http.fields import read_phone
from allonova.application.dispatch.add_client import AddClient
from allonova.application.dispatch.add_staff_device import AddStaffDevice
from allonova.application.dispatch.add_taxi import AddTaxi
from allonova.application.dispatch.change_client import ChangeClient
from allonova.application.dispatch.change_taxi import ChangeTaxi
from allonova.application.dispatch.erase_client import EraseClient
from allonova.application.dispatch.export_client import ExportClient
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.forget_positions import ForgetPositions
from allonova.application.dispatch.keep_weeks import KeepWeeks
from allonova.application.dispatch.remove_client import RemoveClient
from allonova.application.dispatch.remove_staff_device import RemoveStaffDevice
from allonova.application.dispatch.remove_taxi import RemoveTaxi
from allonova.application.dispatch.report_chauffeur import ReportChauffeur
from allonova.application.dispatch.report_fleet import ReportFleet
from allonova.application.dispatch.stats_queries import StatsQueries
from allonova.application.dispatch.taxi_desk import TaxiDesk
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform
from allonova.main.parts.desks import desks

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {"weekly": 300, "positions": 3600}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    dispatch, clock, ids = platform.dispatch, platform.clock, outside.ids
    return Part(
        use={
            **_fleet(platform, outside),
            StatsQueries: dispatch.stats,
            ReportFleet: ReportFleet(dispatch.stats, clock),
            ReportChauffeur: ReportChauffeur(dispatch.stats, clock),
        },
        jobs={
            "weekly": KeepWeeks(dispatch.begin_for, dispatch.doors, dispatch.facts, clock, ids),
            "positions": ForgetPositions(dispatch.doors, clock),
        },
    )


def _fleet(platform: Platform, outside: Outside) -> dict[object, object]:
    begin_for, clock, ids = platform.dispatch.begin_for, platform.clock, outside.ids
    shared = desks(platform, outside)
    taxis = TaxiDesk(clock, shared.offers, shared.trail)
    return {
        FleetQueries: platform.dispatch.fleet,
        AddTaxi: AddTaxi(begin_for, clock, ids, taxis),
        ChangeTaxi: ChangeTaxi(begin_for, clock, taxis),
        RemoveTaxi: RemoveTaxi(begin_for, clock, taxis),
        AddClient: AddClient(begin_for, clock, ids, shared.trail, read_phone),
        ChangeClient: ChangeClient(begin_for, clock, shared.trail, read_phone),
        RemoveClient: RemoveClient(begin_for, clock, shared.trail),
        ExportClient: ExportClient(begin_for, clock, shared.trail),
        EraseClient: EraseClient(begin_for, clock, shared.trail),
        AddStaffDevice: AddStaffDevice(begin_for, clock, ids, outside.sealer, shared.trail),
        RemoveStaffDevice: RemoveStaffDevice(begin_for, shared.trail),
    }
