"""Which tables stand behind what use cases touch: the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping

_TRIP = ("carpool.trips", "carpool.trip_stops", "carpool.vehicles", "carpool.users", "carpool.kyc_documents")
_BOOKING = (
    "carpool.bookings",
    "carpool.booking_events",
    "carpool.trips",
    "carpool.trip_stops",
    "carpool.users",
    "carpool.kyc_documents",
)

_CARD = ("dispatch.commandes", "dispatch.clients", "dispatch.taxis", "dispatch.demandes")

UNIT_TABLES: Mapping[str, tuple[str, ...]] = {
    "attempts": ("platform.attempts",),
    "audit": ("platform.audit_logs",),
    "keys": ("platform.idempotency_keys",),
    "outbox": ("platform.outbox",),
    "users": ("carpool.users",),
    "admins": ("carpool.admin_users",),
    "otps": ("platform.otp_codes",),
    "sessions": ("platform.sessions",),
    "refresh_tokens": ("platform.refresh_tokens",),
    "links": ("platform.link_tokens",),
    "contact_changes": ("carpool.contact_changes",),
    "devices": ("carpool.devices",),
    "uploads": ("carpool.uploads",),
    "papers": ("carpool.kyc_documents",),
    "vehicles": ("carpool.vehicles",),
    "trips": ("carpool.trips", "carpool.trip_stops", "carpool.trip_legs"),
    "bookings": ("carpool.bookings", "carpool.booking_events"),
    "payments": ("carpool.payments",),
    "personal": (
        "carpool.contact_changes",
        "carpool.devices",
        "platform.link_tokens",
        "platform.otp_codes",
    ),
    "wallets": ("carpool.wallets", "carpool.wallet_txns"),
    "journal": ("platform.accounts", "platform.journal_entries", "platform.postings"),
    "webhook_events": ("platform.webhook_events",),
    "reads": (),
    "job_runs": ("platform.job_runs",),
    "societes": ("dispatch.societes", "dispatch.compteurs"),
    "staff": ("dispatch.users",),
    "taxis": ("dispatch.taxis",),
    "clients": ("dispatch.clients",),
    "commandes": ("dispatch.commandes",),
    "demandes": ("dispatch.demandes",),
    "deplacements": ("dispatch.deplacements",),
    "interventions": ("dispatch.interventions",),
    "notices": ("dispatch.notifications",),
    "staff_devices": ("dispatch.devices",),
    "positions": ("dispatch.positions", "dispatch.taxi_positions"),
    "semaines": ("dispatch.semaines",),
    "trail": ("dispatch.audit_log",),
    "board": _CARD,
}
"""By the attribute of a unit."""

QUERY_TABLES: Mapping[str, tuple[str, ...]] = {
    "IdentityQueries.user": ("carpool.users",),
    "IdentityQueries.admin": ("carpool.admin_users",),
    "IdentityQueries.revoked_sessions": ("platform.sessions",),
    "IdentityQueries.sessions": ("platform.sessions", "platform.refresh_tokens"),
    "IdentityQueries.devices": ("carpool.devices",),
    "KycQueries.papers_of": ("carpool.kyc_documents",),
    "KycQueries.waiting": ("carpool.kyc_documents", "carpool.users"),
    "CarpoolQueries.vehicle": ("carpool.vehicles",),
    "CarpoolQueries.vehicles": ("carpool.vehicles",),
    "CarpoolQueries.approved_papers": ("carpool.kyc_documents",),
    "CarpoolQueries.trip": _TRIP,
    "CarpoolQueries.trips": _TRIP,
    "CarpoolQueries.search": (*_TRIP, "carpool.trip_legs"),
    "CarpoolQueries.find": (*_TRIP, "carpool.trip_legs"),
    "CarpoolQueries.booking": _BOOKING,
    "CarpoolQueries.bookings": _BOOKING,
    "CarpoolQueries.booking_news": _BOOKING,
    "CarpoolQueries.payment": ("carpool.payments",),
    "CarpoolQueries.payments": ("carpool.payments",),
    "CarpoolQueries.open_matters": (
        "carpool.bookings",
        "carpool.payments",
        "carpool.trips",
        "carpool.wallets",
        "platform.accounts",
        "platform.postings",
    ),
    "CarpoolQueries.overdue_bookings": ("carpool.bookings",),
    "CarpoolQueries.unsettled_rides": ("carpool.bookings", "carpool.trips"),
    "CarpoolQueries.empty_trips": ("carpool.bookings", "carpool.trips"),
    "CarpoolQueries.wallet": ("carpool.wallets",),
    "CarpoolQueries.wallet_txns": ("carpool.wallets", "carpool.wallet_txns"),
    "BooksQueries.verify": (
        "platform.accounts",
        "platform.journal_entries",
        "platform.postings",
        "carpool.bookings",
        "carpool.payments",
    ),
}
"""By the port and method of a query."""
