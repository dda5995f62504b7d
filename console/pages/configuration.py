"""The configuration: what is in force, without secrets, and what a pasted file would change."""

import time
from collections.abc import Iterator
from typing import Any, Final

from starlette.responses import Response

from config.errors import ConfigurationError
from config.file import check_text
from config.model import Configuration
from config.routes import route_of
from console.pages.try_it import PASTED
from console.rendering import sentence
from console.request import PageRequest
from console.services import Services
from operations.configuration.connection_settings import changes, mapping_text, settings_of
from operations.errors import OperatorError
from operations.preview.batch_file import parse_batches
from operations.preview.diff import ABSENT, Comparison, compare_all
from operations.preview.preview import RefusedBatch, pairs_of, preview_all

FILE_NAME: Final = "the pasted file"
LARGEST_FILE: Final = 128 * 1024
"""About 400 connections, which take a few seconds to read at most. A file on disk may be larger."""


def show(services: Services, request: PageRequest) -> Response:
    """Show the configuration file, or why it is refused."""
    return _page(services, request)


def check(services: Services, request: PageRequest) -> Response:
    """Check the pasted file, and show what it would change in the settings and in the pasted batches."""
    text = request.field("file")
    if len(text.encode()) > LARGEST_FILE:
        problem = f"A pasted file may have at most {LARGEST_FILE >> 10} KiB. Check a larger one with relay check."
        return _page(services, request, problems=[problem], too_large=True)
    try:
        pasted = check_text(text, FILE_NAME)
    except ConfigurationError as error:
        return _page(services, request, problems=list(map(str, error.problems)))
    try:
        comparisons = _compare(services, pasted, request.field("batches"))
    except OperatorError as error:
        return _page(services, request, pasted=pasted, problems=[sentence(str(error))])
    return _page(services, request, pasted=pasted, comparisons=comparisons)


def _compare(services: Services, pasted: Configuration, batches: str) -> list[Comparison] | None:
    """Compare previews under both files; None if no batches were pasted. Raise OperatorError if they are invalid."""
    if not batches.strip():
        return None
    parts, now_ms = parse_batches(batches.encode(), PASTED).batches, time.time_ns() // 1_000_000
    try:
        sides = (services.configuration(), pasted)
        before, after = (preview_all(parts, pairs_of(side), services.settings.tiktok_url, now_ms) for side in sides)
    except RefusedBatch as error:
        raise OperatorError(f"ingest would refuse the batches: {error}") from None
    except ConfigurationError:
        raise OperatorError("the batches cannot be compared: the present configuration file is refused") from None
    return compare_all(before, after)


def _page(
    services: Services,
    request: PageRequest,
    *,
    pasted: Configuration | None = None,
    comparisons: list[Comparison] | None = None,
    problems: list[str] | None = None,
    too_large: bool = False,
) -> Response:
    refused: list[str] = []
    configuration: Configuration | None = None
    try:
        configuration = services.configuration()
    except ConfigurationError as error:
        refused = list(map(str, error.problems))
    return services.page(
        request,
        "configuration/check_results.html" if request.partial else "configuration/page.html",
        path=services.settings.config,
        configuration=configuration,
        connections=list(_connections(configuration)) if configuration else [],
        refused=refused,
        pasted=pasted,
        changes=list(changes(configuration, pasted)) if configuration and pasted else [],
        comparisons=comparisons,
        problems=problems or [],
        file="" if too_large else request.field("file"),
        batches=request.field("batches"),
        absent=ABSENT,
    )


def _connections(configuration: Configuration) -> Iterator[dict[str, Any]]:
    """Yield each connection with its routes, settings and mappings, without its token."""
    for connection in configuration.connections.values():
        routes = [(name, route_of(connection, configuration.inputs[name].platform)) for name in connection.inputs]
        yield {
            "connection": connection,
            "routes": routes,
            "settings": list(settings_of(connection)),
            "mappings": [(mapping.tiktok_event, mapping_text(mapping)) for mapping in connection.custom_mappings],
        }
