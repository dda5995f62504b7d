"""Logs go to stderr, in the configured format, and never contain the text of an exception."""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from celery import Celery

from config.settings import Settings
from process.log_events import LOG_EVENTS
from process.log_output import LineWriter
from process.logs import configure_logging, describe_exception

SECRET = "jane@shop.example"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Restore the root logger for other tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def fail() -> None:
    """Raise an error that quotes an event, caused by another that quotes it."""
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(f"cannot read {SECRET}") from error


def log_everything() -> None:
    """Log through either library, with an exception each."""
    structlog.get_logger("relay.test").info("started", port=8080)
    logging.getLogger("some.library").warning("slow: %s s", 3)
    try:
        fail()
    except ValueError:
        structlog.get_logger("relay.test").exception("failed")
        logging.getLogger("some.library").exception("failed")
        structlog.get_logger("relay.test").warning("failed", exc_info=True)


def test_each_line_is_json_and_names_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, from structlog and the standard library alike."""
    configure_logging(Settings(log_format="json"), "ingest")
    log_everything()
    printed = capsys.readouterr()
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed.err.splitlines()]
    assert printed.out == ""
    assert [(line["event"], line["level"], line["logger"]) for line in lines[:2]] == [
        ("started", "info", "relay.test"),
        ("slow: 3 s", "warning", "some.library"),
    ]
    assert {line["process"] for line in lines} == {"ingest"}
    assert lines[0]["port"] == 8080


@pytest.mark.parametrize(("process", "logger"), [("consume", "relay.consume"), ("ingest", "relay.ingest")])
def test_shared_code_logs_under_the_process_that_runs_it(
    capsys: pytest.CaptureFixture[str], process: str, logger: str
) -> None:
    """Consume appends with ingest's code; its lines do not look like those of an ingest. As text and as JSON."""
    configure_logging(Settings(log_format="json"), process)
    structlog.get_logger("relay.ingest").info("configuration_reloaded")
    line = json.loads(capsys.readouterr().err)
    assert (line["logger"], line["process"]) == (logger, process)
    configure_logging(Settings(log_format="text"), process)
    structlog.get_logger("relay.ingest").info("configuration_reloaded")
    assert f"[{logger}]" in capsys.readouterr().err


def test_a_named_event_has_its_sentence_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs search for the name, people read the sentence."""
    configure_logging(Settings(log_format="json"), "worker")
    structlog.get_logger("relay.test").info("alert_sent")
    logging.getLogger("some.library").warning("alert sent")
    named, foreign = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (named["event"], named["message"]) == ("alert_sent", LOG_EVENTS["alert_sent"].sentence)
    assert "message" not in foreign


def test_the_sentence_follows_the_name_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    """As text, name and sentence open the line, before the facts."""
    configure_logging(Settings(log_format="text"), "worker")
    structlog.get_logger("relay.test").info("alert_sent", alert="paused")
    assert f"alert_sent: {LOG_EVENTS['alert_sent'].sentence}" in capsys.readouterr().err


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_is_logged_by_type_and_place(log_format: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Its text may quote an event, so it is not logged."""
    configure_logging(Settings(log_format=log_format), "worker")
    log_everything()
    printed = capsys.readouterr().err
    assert SECRET not in printed
    assert printed.count("ValueError < KeyError at test_logs.py:") == 3


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_job_with_an_unexpected_error_is_logged_by_type_and_place(
    log_format: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Celery's line would quote the exception and its traceback; the text of both is removed."""
    configure_logging(Settings(log_format=log_format), "worker")
    app = Celery("test", set_as_current=False)
    app.task(fail, name="test.fail").apply()
    printed = capsys.readouterr().err
    assert "Task test.fail[" in printed
    assert "ValueError < KeyError at test_logs.py:" in printed
    assert SECRET not in printed
    assert "Traceback" not in printed


def test_an_error_that_was_never_raised_has_no_place() -> None:
    """Only its type is logged."""
    assert describe_exception(OSError(SECRET)) == "OSError at unknown"


def test_urls_of_requests_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """httpx logs each request at INFO."""
    configure_logging(Settings(), "worker")
    logging.getLogger("httpx").info("HTTP Request: POST https://example.com")
    assert capsys.readouterr().err == ""


def test_lines_that_a_stalled_reader_misses_are_counted() -> None:
    """No call waits for the reader; the lines that it reads are in order, and the dropped ones are counted."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as reader, os.fdopen(writing, "w", encoding="utf-8") as stream:
        writer = LineWriter(stream)
        for number in range(5000):
            writer.write(f"{number} {'x' * 1500}")
        assert writer.take_dropped() == 0, "there is no room yet to say so"
        writer.flush(0.01)
        text = b""
        while writer.has_more:
            text += reader.read(1 << 16)
        stream.flush()
        os.set_blocking(reading, False)
        text += reader.read(1 << 20) or b""
        numbers = [int(line.split()[0]) for line in text.splitlines()]
        assert numbers == sorted(numbers)
        assert writer.take_dropped() == 5000 - len(numbers) > 0
