"""Try it: show what batches would become for each connection, and send them to TikTok's Test Events tab on request."""

from collections import defaultdict
from typing import Any, Final

from starlette.responses import Response

from config.model import Configuration, Connection, Input
from console.dispatch import NotFound
from console.rendering import sentence
from console.request import PageRequest
from console.sample_batches import SAMPLES, sample_text
from console.services import Services
from mapping.results import Note
from operations.errors import OperatorError
from operations.preview.batch_file import parse_batches
from operations.preview.match_keys import matching_of
from operations.preview.preview import Preview, RefusedBatch, pairs_of, preview_all
from operations.preview.test_events import send_test, why_not

PASTED: Final = "what you pasted"
SHOWN_EVENTS: Final = 20

Pair = tuple[Input, Connection]


def show(services: Services, request: PageRequest) -> Response:
    """Show the form, with a sample batch in it if the URL names one."""
    configuration = services.configuration()
    return form_page(services, request, configuration, text=sample_text(request.field("sample")), results=None)


def preview(services: Services, request: PageRequest) -> Response:
    """Show what the batches would become for the chosen connections."""
    configuration = services.configuration()
    text = request.field("batches")
    try:
        results = [_result(preview, pair[1]) for preview, pair in _previews(services, request, configuration, text)]
    except OperatorError as error:
        return form_page(services, request, configuration, text=text, results=None, problem=sentence(str(error)))
    return form_page(services, request, configuration, text=text, results=results)


def send(services: Services, request: PageRequest) -> Response:
    """Post the requests of one connection to TikTok with its test code, and show TikTok's answers."""
    configuration = services.configuration()
    for preview, (source, connection) in _previews(services, request, configuration, request.field("batches")):
        if request.field("to") == key_of(source, connection):
            replies = send_test(services.tiktok, preview, connection)
            template = "try_it/test_replies.html" if request.partial else "try_it/test_replies_page.html"
            return services.page(request, template, replies=replies, connection=connection)
    raise NotFound("There is no such connection.")


def _previews(
    services: Services, request: PageRequest, configuration: Configuration, text: str
) -> list[tuple[Preview, Pair]]:
    """Return a preview for each chosen pair. Raise OperatorError if the text is not a batch."""
    if text.lstrip().startswith("cases:"):
        raise OperatorError("this is a file of cases, not a batch: paste it under Cases, and Run the cases")
    batches = parse_batches(text.encode(), PASTED).batches
    pairs = [pair for pair in pairs_of(configuration) if key_of(*pair) in _chosen(request, configuration)]
    if not pairs:
        raise OperatorError("choose at least one connection")
    try:
        return list(zip(preview_all(batches, pairs, services.settings.tiktok_url), pairs, strict=True))
    except RefusedBatch as error:
        raise OperatorError(f"ingest would refuse it: {error}") from None


def _chosen(request: PageRequest, configuration: Configuration) -> set[str]:
    """Return the keys of the ticked pairs; of all pairs before the form was sent."""
    if request.form:
        return set(request.form.get("pair", ()))
    return {key_of(*pair) for pair in pairs_of(configuration)}


def key_of(source: Input, connection: Connection) -> str:
    return f"{source.id} {connection.id}"


def _result(preview: Preview, connection: Connection) -> dict[str, Any]:
    """Return what the template needs to show one preview; notes that the match keys show are omitted.

    `notes` has each note once, with the events that it is about.
    """
    matching = matching_of(preview, connection)
    notes: dict[Note, list[int]] = defaultdict(list)
    for index, note in preview.notes:
        if note not in matching.notes:
            notes[note].append(index)
    return {
        "preview": preview,
        "key": f"{preview.input} {preview.connection}",
        "connection": connection,
        "matching": matching,
        "notes": list(notes.items()),
        "why_no_test": why_not(preview, connection),
    }


def form_page(
    services: Services,
    request: PageRequest,
    configuration: Configuration,
    *,
    text: str,
    results: list[dict[str, Any]] | None,
    problem: str = "",
    **cases: Any,
) -> Response:
    """Return the page or its results; `cases` are values of the part with cases."""
    pairs = [(key_of(*pair), *pair) for pair in pairs_of(configuration)]
    return services.page(
        request,
        "try_it/results.html" if request.partial else "try_it/form.html",
        text=text,
        results=results,
        problem=problem,
        pairs=pairs,
        chosen=_chosen(request, configuration),
        samples=SAMPLES,
        shown_events=SHOWN_EVENTS,
        **{"cases": "", "case_results": None, "case_problems": (), "case_warnings": (), **cases},
    )
