"""What a running program says: one line an event, JSON in production, for the eye in development; never a person.

Everybody writes with the standard library (``logging.getLogger(__name__)``), facts apart from words:
``_log.info("request", extra={"status": 200})``. Of an error only its kind and the lines of code are written, for its
own words may hold a recipient's name.
"""

import logging
import logging.config
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.types import Processor

_AT = structlog.processors.TimeStamper(fmt="iso", utc=True)


def _where(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The kind of an error and where it arose, without its words."""
    info: Any = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        kind: type[BaseException] = info[0]
        trace: TracebackType | None = info[2]
        event["error"] = kind.__name__
        event["where"] = "".join(traceback.format_tb(trace))
    return event


_BEFORE: list[Processor] = [merge_contextvars, add_log_level, add_logger_name, ExtraAdder(), _AT, _where]


def _in_words(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """``20:46:54 warning said name=value``, and under it where an error arose."""
    known = {"event", "timestamp", "level", "logger", "where"}
    facts = "".join(f" {name}={value}" for name, value in event.items() if name not in known)
    where = event.get("where", "")
    head = f"{event['timestamp'][11:19]} {event['level']:<8} {event['event']}{facts}"
    return f"{head}\n{where}".rstrip()


class ErrorStream(logging.Handler):
    """Writes to the error stream of the moment, whatever it was when logging was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def line_formatter(production: bool) -> ProcessorFormatter:
    """What makes a line of an event."""
    last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False) if production else _in_words
    return ProcessorFormatter(foreign_pre_chain=_BEFORE, processors=[ProcessorFormatter.remove_processors_meta, last])


def logging_config(production: bool) -> dict[str, Any]:
    """The configuration of the standard library's logging: our own lines from ``info`` on, others' warnings; to the
    error stream. Plain values, so that it can be handed to other processes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "post_logistics.logs.line_formatter", "production": production}},
        "handlers": {"stderr": {"class": "post_logistics.logs.ErrorStream", "formatter": "line"}},
        "loggers": {"api": {"level": "INFO"}, "post_logistics": {"level": "INFO"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
    }


def set_up_logs(production: bool) -> None:
    """Makes this process say what it says in these lines."""
    logging.config.dictConfig(logging_config(production))
