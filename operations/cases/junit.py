"""Write results as JUnit XML, which CI systems read."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from operations.cases.judge import Difference, Result

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Sequence[Result]) -> bytes:
    """Return the report: a suite for each case file, in their order."""
    root = Element("testsuites", _counts(results))
    for file in dict.fromkeys(result.case.file for result in results):
        of_file = [result for result in results if result.case.file == file]
        suite = SubElement(root, "testsuite", {"name": _clean(file), **_counts(of_file)})
        for result in of_file:
            _case(suite, result)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(1 for result in results if result.differences)),
        "errors": str(sum(1 for result in results if result.error is not None)),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _case(suite: Element, result: Result) -> None:
    case = result.case
    attributes = {
        "name": _clean(case.name),
        "classname": _clean(case.connection or case.input or ""),
        "file": _clean(case.file),
        "line": str(case.line),
        "time": f"{result.seconds:.3f}",
    }
    element = SubElement(suite, "testcase", attributes)
    if result.error is not None:
        SubElement(element, "error", {"message": _clean(result.error)})
    elif result.differences:
        first = result.differences[0]
        message = f"{first.where}: expected {first.expected}, found {first.found}"
        SubElement(element, "failure", {"message": _clean(message)}).text = _clean(
            "\n".join(lines_of(result.differences))
        )


def lines_of(differences: Iterable[Difference]) -> Iterable[str]:
    """Yield the differences as a diff: the place, then what must be there with `-`, and what is with `+`."""
    for difference in differences:
        yield difference.where
        yield f"  - {difference.expected}"
        yield f"  + {difference.found}"


def _clean(text: str) -> str:
    """Return the text with a visible mark for each character that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
