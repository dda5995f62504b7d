"""`relay test`: run cases against the configuration file. It needs no Redis and no secrets, and sends nothing."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from cli.terminal.output import BAD, GOOD, MUTED, console, note, plain, print_json
from cli.terminal.usage_errors import unknown_id
from config.errors import ConfigurationError, Problem
from config.file import read_without_secrets
from config.settings import load_settings
from operations.cases.judge import Difference, Result, concerns, run_case
from operations.cases.junit import junit_xml
from operations.cases.model import Case
from operations.cases.reading import read_cases
from operations.errors import OperatorError
from operations.format import plural

SUFFIXES: Final = (".yaml", ".yml")
"""The files of a folder that hold cases; JSON files beside them are batches."""


def test(paths: tuple[Path, ...], connection_id: str | None, junit: str | None, *, as_json: bool) -> None:
    """Run the cases in FILE against the configuration; FILE may be a folder of YAML files."""
    settings = load_settings()
    configuration = read_without_secrets(settings.config)
    found = _read(paths, settings.config)
    cases = [case for case in found if connection_id is None or concerns(case, connection_id, configuration)]
    if not cases and connection_id is not None and connection_id not in configuration.connections:
        raise unknown_id("connection", connection_id, configuration.connections)
    if not cases:
        raise OperatorError(
            f"No case in the files{'' if connection_id is None else f' is of connection {connection_id}'}."
        )
    results = [run_case(case, configuration, settings.tiktok_url) for case in cases]
    if junit is not None:
        Path(junit).write_bytes(junit_xml(results))
    if as_json:
        print_json([as_object(result) for result in results])
    else:
        _show(results)
    if not all(result.passed for result in results):
        raise SystemExit(1)


def _read(paths: Sequence[Path], configuration: Path) -> list[Case]:
    """Return the cases of all files. Raise ConfigurationError with the problems of all."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in _files(paths, configuration):
        try:
            cases.extend(read_cases(path))
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return cases


def _files(paths: Sequence[Path], configuration: Path) -> Iterator[Path]:
    """Yield the files, and of each folder its YAML files but the configuration itself."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.suffix in SUFFIXES and file.is_file() and not file.samefile(configuration)
            )
        else:
            yield path


def as_object(result: Result) -> dict[str, Any]:
    """Return the object of `--json`."""
    case = result.case
    return {
        "name": case.name,
        "file": case.file,
        "line": case.line,
        "connection": case.connection,
        "input": case.input,
        "passed": result.passed,
        "error": result.error,
        "differences": [
            {"where": difference.where, "expected": difference.expected, "found": difference.found}
            for difference in result.differences
        ],
    }


def _show(results: Sequence[Result]) -> None:
    out = console()
    for result in results:
        mark, style = ("ok  ", GOOD) if result.passed else ("FAIL", BAD)
        place = f"{result.case.file}:{result.case.line}"
        out.print(Text.assemble((mark, style), f"  {plain(result.case.name)}  ", (place, MUTED)))
        if result.error is not None:
            out.print(Text(f"      {result.error}", style=BAD))
        for difference in result.differences:
            out.print(_difference(difference))
    failed = sum(1 for result in results if not result.passed)
    summary = f"{plural(len(results), 'case')}: {len(results) - failed} passed, {failed} failed"
    note(summary)


def _difference(difference: Difference) -> Text:
    return Text.assemble(
        f"      {plain(difference.where)}\n",
        (f"        - {plain(difference.expected)}\n", GOOD),
        (f"        + {plain(difference.found)}", BAD),
    )
