"""Configure logging for every process: structlog and the standard library, to stderr, as text or JSON.

An exception is logged as its types and places only: its text may quote an event, and events hold personal data.
"""

import logging
import logging.config
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import Settings
from process.log_events import LOG_EVENTS
from process.log_output import LineHandler, LineWriter

QUIET: Final = (
    "httpcore",
    "httpx",
    "uvicorn",
    "asyncio",
    "kombu",
    "amqp",
    "celery.worker.strategy",
    "celery.app.trace",
)
"""Libraries whose INFO lines do not help an operator: connections, posted URLs, received tasks."""
SHOWN_PLACES: Final = 6
"""The most types and the most places of an exception in a line."""


_OWN_LOGGERS: Final[Mapping[str, Mapping[str, str]]] = {"consume": {"relay.ingest": "relay.consume"}}
"""Loggers of code that processes share, by process, and the logger that its lines have there."""


def configure_logging(settings: Settings, process: str = "relay") -> LineWriter:
    """Send all logs of this process to stderr in the format of the settings; `process` is its name in JSON lines.

    Return the writer, for lines that are complete already.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _own_logger(process),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_sentence,
        _places_of_exception,
    ]
    renderers = _json(process) if settings.log_format == "json" else _text()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )
    handler = LineHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_shorten_job_lines)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return handler.writer


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Log the exception that ended a process or a thread, without its text."""
    if not issubclass(kind, (SystemExit, KeyboardInterrupt)):
        info = (kind, error or kind(), trace)
        structlog.get_logger("relay").critical("unexpected_error", exc_info=info)


def _shorten_job_lines(record: logging.LogRecord) -> bool:
    """Remove what Celery repeats about a job's end, and the text of an unexpected exception."""
    if record.name.startswith("celery."):
        vars(record).pop("data", None)
    if record.name == "celery.app.trace" and record.exc_info and isinstance(record.args, Mapping):
        kind = record.exc_info[0]
        record.args = {**record.args, "exc": kind.__name__ if kind else "an exception"}
    return True


def _json(process: str) -> list[Processor]:
    def name_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    return [name_process, structlog.processors.JSONRenderer()]


def _text() -> list[Processor]:
    return [
        _join_sentence,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=32,
            pad_level=False,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _own_logger(process: str) -> Processor:
    """Return a processor that names the loggers of shared code after this process."""
    own = _OWN_LOGGERS.get(process, {})

    def rename(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["logger"] = own.get(event["logger"], event["logger"])
        return event

    return rename


def _add_sentence(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add the sentence of the table as `message`, where `event` is one of its names and not a library's line."""
    if row := LOG_EVENTS.get(event["event"]):
        event["message"] = row.sentence
    return event


def _join_sentence(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Move `message` behind the name: `job_ended: The job is done with some events.`"""
    if sentence := event.pop("message", ""):
        event["event"] = f"{event['event']}: {sentence}"
    return event


def _places_of_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` with `exception`: types from the outermost to the cause, and where the cause was raised."""
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = describe_exception(error)
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:  # from the standard library, whose formatter would print the whole traceback
        record.exc_info = record.exc_text = record.stack_info = None
    return event


def describe_exception(error: BaseException) -> str:
    """Return `OuterError < CauseError at drain.py:83 < jobs.py:22`, never the text of the exceptions."""
    types, current = [], error
    while True:
        types.append(type(current).__name__)
        cause = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if cause is None or len(types) == SHOWN_PLACES:
            break
        current = cause
    return f"{' < '.join(types)} at {_places(current.__traceback__)}"


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-SHOWN_PLACES:]
    return " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)) or "unknown"


def _exception(info: Any) -> BaseException | None:
    """Return the exception that a log call passed as `exc_info`."""
    match info:
        case None | False:
            return None
        case BaseException():
            return info
        case (_, BaseException() as error, _):
            return error
        case _:
            return sys.exc_info()[1]
