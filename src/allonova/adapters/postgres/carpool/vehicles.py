"""Vehicles."""

from __future__ import annotations

from allonova.adapters.postgres.carpool.rows import VEHICLE
from allonova.adapters.postgres.store import Shelf
from allonova.application.carpool.ports import REFUSALS

VEHICLE_SHELF = Shelf(VEHICLE, REFUSALS)
