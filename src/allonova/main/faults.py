"""Faults, as Sentry is told of them: which error where, and nothing of what was in anybody's hands then."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from allonova.adapters.http.context import REQUEST_ID
from allonova.adapters.telemetry.traces import current

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

    from allonova.main.settings import Settings

KEPT = (
    "event_id",
    "timestamp",
    "platform",
    "level",
    "logger",
    "release",
    "environment",
    "sdk",
    "modules",
    "fingerprint",
)
FRAME = ("filename", "abs_path", "module", "function", "lineno", "in_app")
FACTS = ("event", "subscriber", "attempts", "given_up", "error", "job", "vendor", "method", "path", "status", "reason")
"""What lines of the log carry that may leave the house; ids stay, since an id leads to a person."""


def report_faults(settings: Settings, *, process: str, transport: Any = None) -> None:
    """Every line of the log at ERROR or above is a fault. The SDK's own curiosity (requests, local variables,
    arguments, breadcrumbs, the host's name) is off, and `scrubbed` lets through what it knows.
    """
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=str(settings.env),
        release=settings.release or None,
        server_name="",
        default_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR),
            ExcepthookIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda _pending, _timeout: None),
        ],
        before_send=scrubbed,
        before_breadcrumb=lambda _crumb, _hint: None,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        transport=transport,
    )
    sentry_sdk.set_tag("process", process)


def scrubbed(event: Event, hint: Hint) -> Event:
    """The event by what is known to be harmless. Messages of exceptions quote what they choked on, so they go; the
    messages of our own log lines are constants.
    """
    told: dict[str, Any] = {name: event[name] for name in KEPT if name in event}  # type: ignore[literal-required]
    entry, extra = event.get("logentry") or {}, event.get("extra") or {}
    told["logentry"] = {"message": str(entry.get("message", ""))[:200]}
    told["extra"] = {name: extra[name] for name in FACTS if isinstance(extra.get(name), str | int | bool)}
    told["tags"] = {**(event.get("tags") or {}), "request_id": REQUEST_ID.get(), "trace": current() or ""}
    told["exception"] = {
        "values": [_kind_and_place(error) for error in (event.get("exception") or {}).get("values", ())]
    }
    found: Event = told  # type: ignore[assignment]
    return found


def _kind_and_place(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", ())
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "value": "",
        "stacktrace": {"frames": [{name: frame[name] for name in FRAME if name in frame} for frame in frames]},
    }
