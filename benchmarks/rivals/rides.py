"""Trips, search and bookings on the source document's stack: `gunicorn benchmarks.rivals.rides:create_app()`."""

from __future__ import annotations

from flask import Flask

from benchmarks.rivals import bookings, trips
from benchmarks.rivals.models import db
from benchmarks.rivals.stack import put_together


def create_app() -> Flask:
    """All that is measured of them."""
    return put_together(db, trips.blueprint, bookings.blueprint, audience="allocar")
