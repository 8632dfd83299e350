"""JSON logs: one object a line, with request and user; errors by type and place, never by message.

Our own lines are constants with facts beside them. What libraries say has values in it, so theirs are kept without.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
import threading
import traceback
import warnings
from types import TracebackType
from typing import Any

from opentelemetry import trace
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from allonova.adapters.http.context import REQUEST_ID, USER_ID

log = logging.getLogger(__name__)

OURS = ("allonova", "uvicorn.error")
VALUES = re.compile(r"[\n(<\[{'\":=]")  # with one of these a value begins
TRACE = "Traceback (most recent call last)"
FRAME = re.compile(r'File "(?:[^"]*/)?([^"/]+)", line (\d+), in (\S+)')

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
    """Adds the request that is being served, and the trace."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing is left out."""
        if request_id := REQUEST_ID.get():
            record.request_id = request_id
        if user_id := USER_ID.get():
            record.user_id = user_id
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            record.trace_id = trace.format_trace_id(span.trace_id)
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
            "root": {"level": "WARNING", "handlers": ["out"]},
            "loggers": {
                "allonova": {"level": level},
                # request lines are ours, with the route instead of the path: query strings never reach a log
                "uvicorn.access": {"level": "CRITICAL"},
                "uvicorn.error": {"level": "INFO"},
                # uvicorn's lines about handshakes have the whole URL: the ticket, and the token of a ride's link
                "allonova.sockets.protocol": {"level": "WARNING"},
            },
        }
    )
    # Nobody reads in which thread or task a line was written: a quarter of what it costs was to find that out.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # the stubs do not know it yet
    logging.setLogRecordFactory(_Plain)
    warnings.showwarning = _warned
    sys.excepthook = _died
    threading.excepthook = lambda args: _died(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _died(args.exc_type, args.exc_value, args.exc_traceback)


class _Plain(logging.LogRecord):
    """A line as it is born, so that whoever is told of it (Sentry too) is told this: asyncio, arq and drivers put
    arguments and words of exceptions into theirs.
    """

    def __init__(self, name: str, level: int, pathname: str, lineno: int, msg: Any, args: Any, *rest: Any) -> None:
        if not name.startswith(OURS):
            msg, args = _plain(msg, args), ()
        elif isinstance(msg, str) and TRACE in msg:  # uvicorn, of a start that failed
            msg = _places(msg)
        super().__init__(name, level, pathname, lineno, msg, args, *rest)


def _plain(msg: object, args: object) -> str:
    """What was said, with numbers for numbers, and for anything else a sign that there was something."""
    text = msg if isinstance(msg, str) else type(msg).__name__
    if not isinstance(args, tuple) or not args:
        return VALUES.split(text, maxsplit=1)[0].strip()
    try:
        return text % tuple(value if isinstance(value, int | float) else "…" for value in args)
    except (TypeError, ValueError):
        return text


def _places(text: str) -> str:
    frames = [f"{file}:{line} {name}" for file, line, name in FRAME.findall(text)]
    kind = VALUES.split(text.strip().rpartition("\n")[2], maxsplit=1)[0]
    return f"{kind} at {' > '.join(frames)}"


def _warned(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object
) -> None:
    """What is warned of quotes what it is about."""
    log.warning("warned", extra={"kind": category.__name__, "place": f"{filename.rpartition('/')[2]}:{lineno}"})


def _died(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    """Nobody caught it."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("not caught", exc_info=(kind, error or kind(), at))
