"""JSON logs: one object a line, with request and user; errors by type and place, never by message."""

from __future__ import annotations

import logging
import logging.config
import traceback
from types import TracebackType

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from allonova.adapters.http.context import REQUEST_ID, USER_ID

type ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(JsonFormatter):
    """Messages of exceptions quote what they choked on (a row, a phone): frames and types tell enough."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        """Type and frames, innermost last, through the chain of causes."""
        lines = []
        error: BaseException | None = ei[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
            lines.append(f"{type(error).__module__}.{type(error).__qualname__} at " + " > ".join(places))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return " | caused by ".join(lines)


class WithContext(logging.Filter):
    """Adds the request that is being served."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing is left out."""
        if request_id := REQUEST_ID.get():
            record.request_id = request_id
        if user_id := USER_ID.get():
            record.user_id = user_id
        return True


def set_up_logs(level: str, *, process: str) -> None:
    """One handler on standard output for everything, the server's own lines included."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"context": {"()": WithContext}},
            "formatters": {
                "json": {
                    "()": Formatter,
                    "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
                    "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
                    "reserved_attrs": [*RESERVED_ATTRS, "color_message"],
                    "static_fields": {"process": process},
                    "datefmt": "%Y-%m-%dT%H:%M:%S%z",
                }
            },
            "handlers": {
                "out": {
                    "class": "logging.StreamHandler",
                    "stream": "ext://sys.stdout",
                    "formatter": "json",
                    "filters": ["context"],
                }
            },
            "root": {"level": level, "handlers": ["out"]},
            "loggers": {
                # request lines are ours, with the route instead of the path: query strings never reach a log
                "uvicorn.access": {"level": "CRITICAL"},
                "uvicorn.error": {"level": "INFO"},
                # uvicorn's lines about handshakes have the whole URL: the ticket, and the token of a ride's link
                "allonova.sockets.protocol": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
                "arq": {"level": "WARNING"},
            },
        }
    )
