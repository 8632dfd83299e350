"""Trips for women alone, and who may see a trip at all."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import KycRequired


@dataclass(eq=False)
class WomenOnlyRefused(KycRequired):
    """A trip for women alone takes a driver whose identity paper says that she is one."""

    missing: tuple[str, ...] = ("gender",)


def require_confirmed_woman(driver: User) -> None:
    """Refuse a trip for women alone of anybody else."""
    if not driver.is_confirmed_woman:
        raise WomenOnlyRefused


def may_ride(trip: Trip, driver: User, passenger: User | None) -> bool:
    """Whether a trip takes somebody: one for women alone only among women whose papers say so."""
    if not trip.women_only:
        return True
    return passenger is not None and driver.is_confirmed_woman and passenger.is_confirmed_woman


def is_open_to(trip: Trip, driver: User, viewer: User | None) -> bool:
    """Whether a stranger (None: nobody knows who) may find, see and book a trip; not when its driver is suspended."""
    return driver.is_active and may_ride(trip, driver, viewer)
