"""Every figure that `/metrics` shows. Labels have few values: never an id, never anything about a person."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

SOON_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Bounds for what somebody waits for; 0.3 and 2 are the targets of the source document."""

LONG_S = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
"""Bounds for what runs by itself."""

HTTP_REQUESTS = Counter("http_requests", "Answers.", ["method", "route", "status"])
HTTP_SECONDS = Histogram(
    "http_request_seconds", "From a request's head to its answer's end.", ["method", "route"], buckets=SOON_S
)
USE_CASE_SECONDS = Histogram(
    "allonova_use_case_seconds", "Deeds that routes asked for.", ["name", "outcome"], buckets=SOON_S
)
DELIVERY_SECONDS = Histogram(
    "allonova_delivery_seconds", "Events handed to who hears of them.", ["name", "outcome"], buckets=SOON_S
)
JOB_SECONDS = Histogram("allonova_job_seconds", "Runs of jobs.", ["name", "outcome"], buckets=LONG_S)
PROVIDER_SECONDS = Histogram(
    "allonova_provider_call_seconds", "Calls to providers.", ["name", "outcome"], buckets=SOON_S
)
