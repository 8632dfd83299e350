"""Vehicles, trips, search."""

from __future__ import annotations

from allonova.adapters.local.carpool.ways import LocalWayBook
from allonova.application.carpool.add_vehicle import AddVehicle
from allonova.application.carpool.cancel_trip import CancelTrip
from allonova.application.carpool.change_series import CancelSeries, ChangeSeries, Followers, PublishSeries
from allonova.application.carpool.change_trip import ChangeTrip
from allonova.application.carpool.change_vehicle import ChangeVehicle
from allonova.application.carpool.create_series import CreateSeries
from allonova.application.carpool.create_trip import CreateTrip
from allonova.application.carpool.delete_trip import DeleteTrip
from allonova.application.carpool.find_trips import FindTrips
from allonova.application.carpool.hint_price import HintPrice
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.carpool.publish_trip import PublishTrip
from allonova.application.carpool.replace_stops import ReplaceStops
from allonova.application.carpool.retire_vehicle import RetireVehicle
from allonova.application.carpool.review_vehicle import ReviewVehicle
from allonova.application.carpool.series_queries import SeriesQueries
from allonova.application.carpool.warm_searches import WarmSearches
from allonova.application.kernel.ports import Begin
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {"warm_searches": 4}  # before the five seconds of what it kept are over


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Trips on their adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    clock, ids, planner, places = platform.clock, outside.ids, outside.planner, outside.places
    endings, rules = cash(platform, outside, policies).endings, policies.rides
    queries, searches = platform.carpool, platform.searches
    create = CreateTrip(begin, clock, ids, rules, planner, places)
    publish, change = PublishTrip(begin, clock, rules), ChangeTrip(begin, clock, rules, planner, places, endings)
    cancel, followers = CancelTrip(begin, endings), Followers(begin, clock)
    return Part(
        use={
            SeriesQueries: platform.series,
            CreateSeries: CreateSeries(create),
            ChangeSeries: ChangeSeries(followers, change),
            CancelSeries: CancelSeries(followers, cancel),
            PublishSeries: PublishSeries(followers, publish),
            CarpoolQueries: queries,
            AddVehicle: AddVehicle(begin, clock, ids),
            ChangeVehicle: ChangeVehicle(begin, clock),
            RetireVehicle: RetireVehicle(begin, clock),
            CreateTrip: create,
            PublishTrip: publish,
            ChangeTrip: change,
            ReplaceStops: ReplaceStops(begin, clock, ids, planner, places, endings),
            CancelTrip: cancel,
            DeleteTrip: DeleteTrip(begin, endings),
            FindTrips: FindTrips(queries, searches, clock),
            HintPrice: HintPrice(queries, planner, LocalWayBook(), rules, clock),
            ReviewVehicle: ReviewVehicle(begin, clock),
        },
        jobs={"warm_searches": WarmSearches(queries, searches, clock)},
    )
