"""What boards and phones of companies show."""

from __future__ import annotations

from allonova.application.dispatch.enter_screens import EnterDesk, EnterPhone
from allonova.application.dispatch.presences import Presences
from allonova.application.dispatch.report_position import ReportPosition
from allonova.application.dispatch.screen_queries import ScreenQueries
from allonova.application.dispatch.show_changes import (
    ShowCommande,
    ShowDemandes,
    ShowIntervention,
    ShowNotification,
    ShowTaxi,
)
from allonova.application.dispatch.track_taxis import TaxiKeeper, TaxiScreen, TaxiTracks, TrackTaxi
from allonova.application.kernel.tracks import Tracks
from allonova.domain.dispatch.events import (
    AdminTold,
    CommandeChanged,
    DemandesChanged,
    InterventionOpened,
    TaxiChanged,
)
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
SHOWN: dict[type[Event], tuple[str, ...]] = {
    CommandeChanged: ("show_commande",),
    DemandesChanged: ("show_demandes",),
    TaxiChanged: ("show_taxi",),
    AdminTold: ("show_notification",),
    InterventionOpened: ("show_intervention",),
}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    dispatch, channels, clock, ids = platform.dispatch, platform.channels, platform.clock, outside.ids
    screens = dispatch.screens
    tracks: TaxiTracks = Tracks(TaxiScreen(channels), TaxiKeeper(dispatch.begin_for))
    track = TrackTaxi(tracks, screens, clock, ids)
    presences = Presences(platform.presences, screens, channels)
    return Part(
        use={
            ScreenQueries: screens,
            EnterDesk: EnterDesk(screens),
            EnterPhone: EnterPhone(screens),
            Presences: presences,
            TaxiTracks: tracks,
            TrackTaxi: track,
            ReportPosition: ReportPosition(dispatch.begin_for, clock, ids, tracks),
        },
        showers={
            "show_commande": ShowCommande(screens, channels, clock),
            "show_demandes": ShowDemandes(screens, channels, clock),
            "show_taxi": ShowTaxi(screens, channels),
            "show_notification": ShowNotification(screens, channels),
            "show_intervention": ShowIntervention(screens, channels, clock),
        },
        running=(tracks.running, presences.running),
    )
