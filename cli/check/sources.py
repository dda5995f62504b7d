"""Check the sources: whether each queue can be reached, and with --deep what its next message is."""

from collections.abc import Iterator
from contextlib import closing, suppress

from cli.check.findings import Finding
from cli.context import configuration_of
from config.errors import ConfigurationError
from config.settings import Settings
from config.sources.model import QueueSource
from consume.sources.interface import Message, Source, SourceUnavailable
from consume.sources.opening import open_source
from mapping.incoming.batch import NotABatch
from mapping.incoming.invalid_batch import split_element
from mapping.incoming.message import decode
from operations.format import plural

PEEK_WAIT_S = 2.0


def findings_of_sources(settings: Settings, *, deep: bool) -> list[Finding]:
    """Return what was found of each source that is enabled; nothing where the configuration cannot be read."""
    with suppress(ConfigurationError):
        sources = configuration_of(settings).sources.values()
        return [found for source in sources for found in _findings_of(source, settings.max_request_bytes, deep=deep)]
    return []


def _findings_of(source: QueueSource, largest: int, *, deep: bool) -> Iterator[Finding]:
    name = f"source {source.id}"
    if not source.enabled:
        yield Finding(name, "ok", "disabled")
        return
    try:
        with closing(open_source(source)) as queue:
            backlog = queue.backlog()
            waiting = "" if backlog is None else f", {plural(backlog, 'message')} waiting"
            yield Finding(name, "ok", f"{source.address} answers, queue {source.queue}{waiting}")
            if deep:
                yield _peek(name, source, queue, largest)
    except SourceUnavailable as unavailable:
        yield Finding(name, "wrong", unavailable.problem, f"{unavailable.what_to_do}.")


def _peek(name: str, source: QueueSource, queue: Source, largest: int) -> Finding:
    """Look at the next message and give it back; nothing of it is shown but its form."""
    message = queue.peek(PEEK_WAIT_S)
    if message is None:
        return Finding(name, "ok", "no message to look at")
    problem, events = _look(message, largest)
    input_id = source.input_of(message.headers)
    if problem:
        remedy = "It will become a dead letter: correct what puts messages on this queue."
        return Finding(name, "warning", f"the next message, of input {input_id}, is no batch: {problem}", remedy)
    return Finding(
        name, "ok", f"the next message has {plural(events, 'event')}, of input {input_id}; it was given back"
    )


def _look(message: Message, largest: int) -> tuple[str, int]:
    """Return why a message is no batch, or "", and how many events it has."""
    problem, events = "", 0
    for element in decode(message.body, largest):
        try:
            events += len(split_element(element).events)
        except NotABatch as error:
            problem = problem or str(error)
    return problem, events
