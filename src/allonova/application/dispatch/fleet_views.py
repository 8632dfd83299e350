"""What is shown of taxis and phones."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.views import CommandeView
from allonova.application.dispatch.wire import wire
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.device import StaffDevice, TokenKind
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Taxi, TaxiStatut
from allonova.domain.identity.device import PushPlatform
from allonova.domain.kernel.geo import Point


@wire
class TaxiDriver:
    """Who drives a taxi."""

    id: UUID
    name: str


@wire
class TaxiPlace:
    """Where a taxi was seen last, and when."""

    lat: float
    lon: float
    at: datetime


@wire
class TaxiView:
    """A taxi of the company."""

    id: UUID
    numero: str
    plaque: str
    vignette: str
    statut: TaxiStatut
    chauffeur: TaxiDriver | None
    position: TaxiPlace | None
    active: bool
    version: int
    created_at: datetime


@wire
class TaxiDetail(TaxiView):
    """A taxi with the courses that begin on it today, in the company's zone, by time; without the cancelled ones."""

    courses_du_jour: tuple[CommandeView, ...]


@wire
class PromiseView:
    """A course that a taxi still has before it: its chauffeur has taken it, or is being asked."""

    commande_id: UUID
    reference: str
    date_iso: datetime
    statut: CommandeStatut


@wire
class StaffDeviceView:
    """A phone that takes push messages; its token is never shown."""

    id: UUID
    platform: PushPlatform
    kind: TokenKind
    created_at: datetime
    updated_at: datetime


def taxi_view(taxi: Taxi, *, driver: StaffUser | None, point: Point | None, seen_at: datetime | None) -> TaxiView:
    """As dispatchers see it. `driver` is its active chauffeur; `point` and `seen_at` come together."""
    place = None if point is None or seen_at is None else TaxiPlace(lat=point.lat, lon=point.lon, at=seen_at)
    return TaxiView(
        id=taxi.id,
        numero=taxi.numero,
        plaque=taxi.plaque,
        vignette=taxi.vignette,
        statut=taxi.statut,
        chauffeur=None if driver is None else TaxiDriver(id=driver.id, name=driver.name),
        position=place,
        active=taxi.active,
        version=taxi.version,
        created_at=taxi.created_at,
    )


def taxi_detail(taxi: TaxiView, courses: list[CommandeView]) -> TaxiDetail:
    """With its day."""
    return TaxiDetail(
        id=taxi.id,
        numero=taxi.numero,
        plaque=taxi.plaque,
        vignette=taxi.vignette,
        statut=taxi.statut,
        chauffeur=taxi.chauffeur,
        position=taxi.position,
        active=taxi.active,
        version=taxi.version,
        created_at=taxi.created_at,
        courses_du_jour=tuple(courses),
    )


def promise_views(commandes: list[Commande]) -> tuple[PromiseView, ...]:
    """As a dispatcher sees them, by time."""
    return tuple(
        PromiseView(commande_id=each.id, reference=each.reference, date_iso=each.date_iso, statut=each.statut)
        for each in sorted(commandes, key=lambda commande: (commande.date_iso, commande.reference))
    )


def staff_device_view(device: StaffDevice) -> StaffDeviceView:
    """As its owner sees it."""
    return StaffDeviceView(
        id=device.id,
        platform=device.platform,
        kind=device.kind,
        created_at=device.created_at,
        updated_at=device.updated_at,
    )
