"""The configuration: what is in force, secrets masked; and what another file would be, and would change."""

import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from starlette.responses import Response

from config.errors import ConfigurationError
from config.file import check_text
from config.model import Configuration
from config.routes import route_of
from console.pages.try_it import PASTED
from console.request import PageRequest
from console.services import Services
from operations.connection_settings import changes, settings_of
from operations.errors import OperatorError
from operations.preview.batch_file import parse_batches
from operations.preview.diff import ABSENT, Comparison, compare_all
from operations.preview.preview import RefusedBatch, pairs_of, preview_all

FILE_NAME: Final = "the pasted file"
LARGEST_FILE: Final = 128 * 1024
"""That has some 400 connections and takes a few seconds to read at most; a file on disk may be larger."""


def show(services: Services, request: PageRequest) -> Response:
    """What the file says now, or why it is refused."""
    return _page(services, request)


def check(services: Services, request: PageRequest) -> Response:
    """What the pasted file would be, and what it would change in the pasted batches."""
    text = request.field("file")
    if len(text.encode()) > LARGEST_FILE:
        size = f"A pasted file may have {LARGEST_FILE >> 10} KiB: check a larger one with relay check."
        return _page(services, request, problems=[size], too_large=True)
    try:
        pasted = check_text(text, FILE_NAME)
    except ConfigurationError as error:
        return _page(services, request, problems=list(map(str, error.problems)))
    try:
        compared = _compared(services, pasted, request.field("batches"))
    except OperatorError as error:
        return _page(services, request, pasted=pasted, problems=[str(error)])
    return _page(services, request, pasted=pasted, compared=compared)


def _compared(services: Services, pasted: Configuration, batches: str) -> list[Comparison] | None:
    """None where no batches were pasted. OperatorError when they are none."""
    if not batches.strip():
        return None
    parts, now_ms = parse_batches(batches.encode(), PASTED).batches, time.time_ns() // 1_000_000
    try:
        sides = (services.configuration(), pasted)
        before, after = (preview_all(parts, pairs_of(side), services.settings.tiktok_url, now_ms) for side in sides)
    except RefusedBatch as error:
        raise OperatorError(f"ingest would refuse the batches: {error}") from None
    except ConfigurationError:
        raise OperatorError("the file in its place is refused now: there is nothing to compare with") from None
    return compare_all(before, after)


def _page(
    services: Services,
    request: PageRequest,
    *,
    pasted: Configuration | None = None,
    compared: list[Comparison] | None = None,
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
        compared=compared,
        problems=problems or [],
        file="" if too_large else request.field("file"),
        batches=request.field("batches"),
        absent=ABSENT,
    )


def _connections(configuration: Configuration) -> Iterator[dict[str, Any]]:
    """Each with its routes, the settings that are not as by default, and its mappings; never its token."""
    for connection in configuration.connections.values():
        routes = [(name, route_of(connection, configuration.inputs[name].platform)) for name in connection.inputs]
        yield {
            "connection": connection,
            "routes": routes,
            "settings": list(settings_of(connection)),
            "mappings": [msgspec.to_builtins(mapping) for mapping in connection.custom_mappings],
        }
