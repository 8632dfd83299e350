"""The request that is being served, known to logs and answers."""

from __future__ import annotations

from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
USER_ID: ContextVar[str] = ContextVar("user_id", default="")
