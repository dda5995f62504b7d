"""Compile every connection's mapping, so that a source that relay does not know is found before the first event."""

from collections.abc import Iterator
from pathlib import Path

from cli.check.findings import Finding
from config.errors import Problem
from config.model import Configuration
from mapping.compile.check import UnknownSourceError
from mapping.plan import compile_plan

REMEDY = "This is a defect of relay: report it. Until it is corrected, leave the row's setting or parameter out."


def findings_of_mappings(configuration: Configuration, file: Path) -> Iterator[Finding]:
    """Yield a finding with file and line for each connection and input whose mapping cannot be compiled."""
    for connection in configuration.connections.values():
        for source in map(configuration.inputs.__getitem__, connection.inputs):
            try:
                compile_plan(connection, source)
            except UnknownSourceError as error:
                what = f"connection `{connection.id}`, input `{source.id}`: {error}"
                problem = Problem(str(file), configuration.lines.get(connection.id), what)
                yield Finding("configuration", "wrong", str(problem), REMEDY)
