"""The report on usage as a document, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from allonova.adapters.http.paper import Chart, Document, Sheet
from allonova.application.carpool.usage_report import UsageReport
from allonova.domain.carpool.usage import COUNTS

NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Usage report",
        "chart": "Bookings requested and completed, by day of request",
        "days": "Day by day",
        "day": "Day",
        "total": "Total",
        "users": "Active people",
        "active": "Active",
        "fill": "Seats sold of those offered",
        "paid_share": "Bookings that were paid",
        "cancelled_share": "Bookings cancelled",
        "mean": "Mean rating",
        "registrations": "Registrations",
        "trips": "Trips",
        "trips_completed": "Trips completed",
        "trips_cancelled": "Trips cancelled",
        "seats_offered": "Seats offered",
        "seats_sold": "Seats sold",
        "requested": "Bookings",
        "pending": "Pending",
        "accepted": "Accepted",
        "paid": "Paid",
        "completed": "Completed",
        "cancelled": "Cancelled",
        "converted": "Ever paid",
        "ratings": "Ratings",
        "stars": "Stars",
    },
    "fr": {
        "title": "Rapport d'usage",
        "chart": "Réservations demandées et terminées, par jour de demande",
        "days": "Jour par jour",
        "day": "Jour",
        "total": "Total",
        "users": "Personnes actives",
        "active": "Actifs",
        "fill": "Places vendues sur places offertes",
        "paid_share": "Réservations payées",
        "cancelled_share": "Réservations annulées",
        "mean": "Note moyenne",
        "registrations": "Inscriptions",
        "trips": "Trajets",
        "trips_completed": "Trajets terminés",
        "trips_cancelled": "Trajets annulés",
        "seats_offered": "Places offertes",
        "seats_sold": "Places vendues",
        "requested": "Réservations",
        "pending": "En attente",
        "accepted": "Acceptées",
        "paid": "Payées",
        "completed": "Terminées",
        "cancelled": "Annulées",
        "converted": "Payées un jour",
        "ratings": "Notes",
        "stars": "Étoiles",
    },
}
_FACTS = ("registrations", "trips", "seats_offered", "seats_sold", "requested")


def usage_document(report: UsageReport, language: str, made_at: datetime) -> Document:
    """What is printed of it."""
    names, rates = NAMES[language], report.rates
    days = [[each.day, each.active.users, *(getattr(each.counts, name) for name in COUNTS)] for each in report.days]
    days.append([names["total"], report.active.users, *(getattr(report.totals, name) for name in COUNTS)])
    mean = None if rates.rating_mean is None else f"{rates.rating_mean:.2f} / 5"
    return Document(
        language=language,
        title=names["title"],
        first_day=report.first_day,
        last_day=report.last_day,
        made_at=made_at,
        facts=[
            (names["users"], report.active.users),
            *((names[name], getattr(report.totals, name)) for name in _FACTS),
            (names["fill"], rates.fill),
            (names["paid_share"], rates.paid),
            (names["cancelled_share"], rates.cancelled),
            (names["mean"], mean.replace(".", ",") if mean and language == "fr" else mean),
        ],
        chart=Chart(
            names["chart"],
            [each.day for each in report.days],
            {names[name]: [getattr(each.counts, name) for each in report.days] for name in ("requested", "completed")},
        ),
        sheets=[
            Sheet(
                names["days"],
                [names["day"], names["active"], *(names[name] for name in COUNTS)],
                days,
                ends_in_sum=True,
            )
        ],
    )
