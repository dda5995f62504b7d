"""The part of “Try it” with cases: make one of the pasted batches, and run pasted ones under the configuration."""

import time
from typing import Any, Final

import msgspec
from starlette.responses import Response

from config.errors import ConfigurationError
from config.model import Connection, Input
from console.dispatch import NotFound
from console.pages.configuration import LARGEST_FILE
from console.pages.try_it import PASTED, form_page, key_of
from console.rendering import sentence
from console.request import PageRequest
from console.services import Services
from operations.cases.judge import run_case
from operations.cases.reading import cases_of
from operations.cases.saving import add_case, save_case, unused_name
from operations.errors import OperatorError
from operations.preview.batch_file import parse_batches
from operations.preview.preview import RefusedBatch, pairs_of

PASTED_CASES: Final = "the pasted cases"
BATCH_HERE: Final = (
    "This is a batch, not a file of cases. Paste it under mParticle batches, choose Preview, and Make a case of it."
)


def save(services: Services, request: PageRequest) -> Response:
    """Add a case of the pasted batches to the pasted cases, with made-up values in place of personal ones."""
    text = request.field("cases")
    source, connection = _pair(services, request.field("to"))
    try:
        batches = parse_batches(request.field("batches").encode(), PASTED).batches
        name, now_ms = unused_name(f"{source.id} to {connection.id}", text), time.time_ns() // 1_000_000
        saved = save_case(name, batches, source, connection, services.settings.tiktok_url, now_ms)
        cases = add_case(text, saved.text)
    except OperatorError as error:
        return _part(services, request, cases=text, case_problems=[sentence(str(error))])
    except RefusedBatch as error:
        return _part(services, request, cases=text, case_problems=[f"Ingest would refuse it: {error}"])
    return _part(services, request, cases=cases, case_warnings=saved.warnings)


def run(services: Services, request: PageRequest) -> Response:
    """Run the pasted cases under the configuration in force, and show where the results differ."""
    text = request.field("cases")
    if len(text.encode()) > LARGEST_FILE:
        problem = f"Pasted cases may have at most {LARGEST_FILE >> 10} KiB. Run a larger file with `relay test`."
        return _part(services, request, cases=text, case_problems=[problem])
    if _is_batch(text):
        return _part(services, request, cases=text, case_problems=[BATCH_HERE])
    try:
        cases = cases_of(text.encode(), PASTED_CASES)
    except ConfigurationError as error:
        return _part(services, request, cases=text, case_problems=list(map(str, error.problems)))
    configuration = services.configuration()
    results = [run_case(case, configuration, services.settings.tiktok_url) for case in cases]
    return _part(services, request, cases=text, case_results=results)


def _is_batch(text: str) -> bool:
    """Return whether the text is JSON with `events` and without `cases`."""
    try:
        value = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and "events" in first and "cases" not in first


def _pair(services: Services, key: str) -> tuple[Input, Connection]:
    for source, connection in pairs_of(services.configuration()):
        if key == key_of(source, connection):
            return source, connection
    raise NotFound("There is no such connection.")


def _part(services: Services, request: PageRequest, **values: Any) -> Response:
    """Return the part of the page with cases; the whole page to a browser that asks for it."""
    if request.partial:
        template = "try_it/cases.html"
        parts = {"cases": "", "case_results": None, "case_problems": (), "case_warnings": (), **values}
        return services.page(request, template, **parts)
    batches = request.field("batches")
    return form_page(services, request, services.configuration(), text=batches, results=None, **values)
