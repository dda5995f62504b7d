"""docs/mapping.md says what the code does: its tables are read and compared with the code's, row by row."""

import re
from pathlib import Path
from typing import get_args

import pytest
from support import bare_digits
from support.mapping_rows import LAST

from config.additional_fields import ADDITIONAL_FIELDS
from config.model import TransformName
from config.routes import ROUTES
from config.vocabulary import EVERY_PARAMETER, PAGE_EVENTS
from mapping.native import NATIVE
from mapping.tables import (
    BRAND,
    COMMERCE,
    CONTENT_IDS,
    CONTENT_TYPE,
    EVERY,
    FIELDS,
    NUM_ITEMS,
    OF_ATTRIBUTES,
    ORDER_ID,
    PARAMETERS,
    Row,
)

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "mapping.md").read_text()
SCOPES_NOT_QUOTED = "product action or custom mapping"


def table_under(heading: str, number: int = 1) -> list[list[str]]:
    """The rows of a table under a heading, cell by cell: of the first, or of another by its number."""
    section = re.split(r"\n##+ ", re.split(rf"\n##+ {heading}\n", DOCUMENT, maxsplit=1)[1], maxsplit=1)[0]
    lines = re.findall(r"(?:^\|.*\n)+", section + "\n", re.MULTILINE)[number - 1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(cell: str) -> str | None:
    """The first name in a cell that stands in backticks."""
    found = re.search(r"`([^`]+)`", cell)
    return found[1] if found else None


def routes_in(cell: str) -> frozenset[str]:
    if cell.startswith("all"):
        return EVERY - set(re.findall("legacy|crm", cell))
    return frozenset(cell.split(", "))


def said_of(row: Row) -> tuple[object, ...]:
    source = None if row.source.name == SCOPES_NOT_QUOTED else row.source.name
    return (row.id, source, row.track, row.legacy if "legacy" in row.routes else None, row.routes)


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("Every event", [row for row in FIELDS if row.id.startswith("E")]),
        ("User attributes", [row for row in FIELDS if row.id.startswith("U")]),
        ("Commerce fields", [*COMMERCE, CONTENT_TYPE]),
    ],
    ids=["E", "U", "P"],
)
def test_fields_are_as_documented(heading, rows):
    """E, U, P: source, both paths and the routes of each row, in order, and that each says its rule."""
    table = table_under(heading)
    assert [
        (ident, quoted(source), quoted(track), quoted(legacy), routes_in(routes))
        for ident, source, track, legacy, routes, _ in table
    ] == [said_of(row) for row in rows]
    assert all(rule for *_, rule in table)


def test_settings_beyond_the_page_are_as_documented():
    """X: the setting of each row too."""
    rows = [*(row for row in FIELDS if row.id.startswith("X")), CONTENT_IDS, ORDER_ID]
    table = table_under("Settings beyond the page")
    assert [
        (quoted(needs_setting), (ident, quoted(source), quoted(track), quoted(legacy), routes_in(routes)))
        for ident, needs_setting, source, track, legacy, routes, _ in table
    ] == [(row.needs_setting, said_of(row)) for row in rows]
    assert all(rule for *_, rule in table)


def test_routes_are_as_documented():
    """R."""

    def setting_of(name: str | None, value: object) -> str | None:
        return name and f"{name}: {str(value).lower()}"

    assert [
        (ident, platforms, quoted(given), quoted(path), quoted(source))
        for ident, platforms, given, path, source in table_under("Routes")
    ] == [
        (row.id, ", ".join(row.platforms), setting_of(row.key, row.value), row.route.path.partition("v1.3/")[2],
         row.route.event_source)
        for row in ROUTES
    ]  # fmt: skip


def test_native_events_are_as_documented():
    """N."""
    assert [(ident, quoted(action), quoted(event)) for ident, action, event in table_under("Native events")] == list(
        NATIVE
    )


def test_parameters_are_as_documented():
    """M2."""
    assert [(name, quoted(path), quoted(kind)) for name, path, kind in table_under("Values")] == [
        (row.name, row.path, getattr(row.rule, "__name__", None)) for row in PARAMETERS if not row.additional
    ]


def test_the_parameters_of_each_event_are_as_documented():
    """M2: the events of mParticle's page by name."""
    rows = {
        name: parameters for names, parameters in table_under("Which event") for name in re.findall("`(.+?)`", names)
    }
    assert rows.keys() == PAGE_EVENTS.keys()
    for name, parameters in rows.items():
        assert PAGE_EVENTS[name] == set(re.findall("`(.+?)`", parameters)) <= EVERY_PARAMETER


@pytest.mark.parametrize(
    "line", table_under("mParticle's custom mapping engine, line by line"), ids=lambda line: line[0]
)
def test_each_line_of_mparticles_engine_has_a_test(line):
    """The table that sets it beside custom mappings names a test that exists."""
    file, name = re.findall("`(.+?)`", line[2])
    assert f"\ndef {name}(" in (ROOT / "tests" / "mapping" / "rows" / file).read_text()


def test_transforms_are_as_documented():
    """M2."""
    steps = [re.findall(r"`\{?(\w+)", step) for step, _ in table_under("Values", 2)]
    assert sorted(name for names in steps for name in names) == sorted(get_args(TransformName))


def test_crm_rows_are_as_documented():
    """L."""
    rows = [row for row in FIELDS if row.id.startswith("L")]
    table = table_under("CRM events")
    assert [(ident, quoted(source), quoted(path)) for ident, source, path, _ in table] == [
        (row.id, row.source.name, row.track) for row in rows
    ]
    assert all(row.routes == {"crm"} for row in rows)


def test_fields_on_request_are_those_of_the_tables():
    """A, T, V: the rows that map a field have its id, path and routes."""
    rows = [*(row for row in FIELDS if row.additional), BRAND, NUM_ITEMS, *OF_ATTRIBUTES]
    assert {(row.id, row.track, row.routes) for row in rows} == {
        (field.id, field.path, field.routes) for field in ADDITIONAL_FIELDS.values()
    }
    assert len(rows) == len(ADDITIONAL_FIELDS)


def test_bare_digits_are_counted_as_documented():
    """E9: by country; the countries of the table, and some that are not in it."""
    rows = DOCUMENT.split(bare_digits.START, 1)[1].split("\n## ", 1)[0].strip().splitlines()[2:]
    regions = [row.split("|")[1].strip() for row in rows]
    assert bare_digits.rows_of([*regions, "US", "GB", "FR", "IT"]) == rows


PLACES = table_under("Where each row is")


def ids_of(cell: str) -> list[str]:
    """`R1–R7` as its seven ids."""
    first, _, last = cell.partition("–")
    letter = first[0]
    return [f"{letter}{number}" for number in range(int(first[1:]), int((last or first)[1:]) + 1)]


@pytest.mark.parametrize(("ids", "code", "test"), PLACES, ids=[place[0] for place in PLACES])
def test_each_row_is_where_the_document_says(ids, code, test):
    """The code has that name, and the test names the row, alone or as one of a range."""
    path, name = re.findall(r"`([^`]+)`", code)
    assert re.search(rf"^(\s*def {name}\(|class {name}\b|{name} = )", (ROOT / path).read_text(), re.MULTILINE)
    source = (ROOT / (quoted(test) or "")).read_text()
    ranges = [ids_of(found) for found in re.findall(r"\b[A-Z]\d+–[A-Z]\d+", source)]
    for one in ids_of(ids):
        assert re.search(rf"\b{one}\b", source) or any(one in some for some in ranges), one


def test_every_row_of_the_specification_has_its_place():
    """No id is passed over; C1, M3 and Z are other packages'."""
    placed = [each_id for ids, *_ in PLACES for each_id in ids_of(ids)]
    rows = {f"{series}{number}" for series, last in LAST.items() if series != "Z" for number in range(1, last + 1)}
    expected = rows - {"C1", "M3"}
    assert set(placed) == expected
    assert len(placed) == len(set(placed))
