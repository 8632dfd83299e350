"""What is shown of a company and its staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.fleet_views import TaxiView
from allonova.application.dispatch.views import ClientView
from allonova.application.dispatch.wire import wire
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.identity.session import TokenPair


@wire
class StaffView:
    """An account of staff."""

    id: UUID
    email: str
    role: StaffRole
    name: str
    phone: str | None
    taxi_id: UUID | None
    active: bool
    created_at: datetime


@wire
class StaffTokens:
    """A pair of tokens; `expires_in` seconds is the access token's life."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name of the scheme
    expires_in: int
    user: StaffView


@wire
class SocieteView:
    """A company, to its staff."""

    id: UUID
    nom: str
    slug: str
    siret: str | None
    adresse: str
    telephone: str
    email: str
    pays: str
    fuseau: str
    sla_minutes: int
    dispatch_auto: bool
    demande_secondes: int
    version_obligatoire: bool
    version: int


@wire
class FoundedView:
    """A company with all that came with it, each list in the order of the body; its admin is logged in."""

    societe: SocieteView
    admin: StaffView
    taxis: tuple[TaxiView, ...]
    chauffeurs: tuple[StaffView, ...]
    clients: tuple[ClientView, ...]
    tokens: StaffTokens


@wire
class StaffLinkSent:
    """Seconds for which the link works, if one was sent."""

    expires_in: int


def staff_view(user: StaffUser) -> StaffView:
    """As colleagues see it."""
    return StaffView(
        id=user.id,
        email=user.email,
        role=user.role,
        name=user.name,
        phone=user.phone,
        taxi_id=user.taxi_id,
        active=user.active,
        created_at=user.created_at,
    )


def staff_tokens(pair: TokenPair, user: StaffUser) -> StaffTokens:
    """A pair on the wire."""
    return StaffTokens(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        user=staff_view(user),
    )


def societe_view(societe: Societe) -> SocieteView:
    """As its staff sees it."""
    return SocieteView(
        id=societe.id,
        nom=societe.nom,
        slug=societe.slug,
        siret=societe.siret,
        adresse=societe.adresse,
        telephone=societe.telephone,
        email=societe.email,
        pays=societe.pays,
        fuseau=societe.fuseau,
        sla_minutes=societe.sla_minutes,
        dispatch_auto=societe.dispatch_auto,
        demande_secondes=societe.demande_secondes,
        version_obligatoire=societe.version_obligatoire,
        version=societe.version,
    )
