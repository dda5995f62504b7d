"""The word check finds what the style bans, and passes the same word where it means just that."""

from pathlib import Path

import pytest

from checks.words import check_file, defined_names, load_rules, python_prose

RULES = load_rules()


def violations(tmp_path: Path, name: str, text: str) -> list[str]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(check_file(path, name, RULES))


@pytest.mark.parametrize(
    "text",
    [
        "Send the letter again.",
        "It is sealed with a key.",
        "The valve closed.",
        "It goes on by itself.",
        "Whoever posts a batch gets an answer.",
        "Nobody is told.",
        "The events were buried.",
        "Read the books anew.",
        "An id is minted at ingest.",
    ],
)
def test_a_banned_word_is_found_in_prose(tmp_path: Path, text: str) -> None:
    assert violations(tmp_path, "page.md", text)
    assert violations(tmp_path, "module.py", f'"""{text}"""\n')
    assert violations(tmp_path, "module.py", f"# {text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "A dead letter has its reason.",
        "relay dead-letters list shows them.",
        "Two letters of a country, such as US.",
        "open() returns a file; relay forget erases a person's data.",
        "The circuit breaker pauses the connection.",
    ],
)
def test_the_same_word_passes_where_it_is_right(tmp_path: Path, text: str) -> None:
    assert violations(tmp_path, "page.md", text) == []
    assert violations(tmp_path, "module.py", f'"""{text}"""\n') == []


@pytest.mark.parametrize(
    "source",
    [
        "class LetterBox: ...",
        "def conclude(): ...",
        "class Standing: ...",
        "ASLEEP_MS = 1",
        "class Status:\n    letters: int = 0",
        "def group_of(lane): ...",
        "async def take_turn(): ...",
    ],
)
def test_a_name_from_the_list_is_found_where_it_is_defined(tmp_path: Path, source: str) -> None:
    assert violations(tmp_path, "module.py", source)


@pytest.mark.parametrize(
    "source",
    ["class DeadLetter: ...", "match.group(1)", "class Status:\n    dead_letters: int = 0", "product_group = 1"],
)
def test_the_right_name_passes(tmp_path: Path, source: str) -> None:
    assert violations(tmp_path, "module.py", source) == []


def test_a_module_is_a_name(tmp_path: Path) -> None:
    assert violations(tmp_path, "letter_index.py", "")


@pytest.mark.parametrize("name", ["page.md", "module.py"])
def test_a_term_that_is_broken_across_lines_passes(tmp_path: Path, name: str) -> None:
    """And a banned one is found, in its line."""
    text = '"""Of all the dead\n    letters, one is sealed.\n\n    It goes\n    on by itself.\n    """\n'
    found = violations(tmp_path, name, text)
    assert sorted(line.split(": “")[0] for line in found) == [f"{name}:2", f"{name}:4"]


def test_only_sentences_of_strings_are_prose() -> None:
    assert [text for _, text in python_prose("KEY = 'letters'\nSAY = 'no letters'\n")] == ["'no letters'"]


def test_names_come_with_their_lines() -> None:
    assert list(defined_names("class A:\n    b: int\n", "m")) == [(1, "m"), (1, "A"), (2, "b")]


def test_the_changelog_may_quote_old_names(tmp_path: Path) -> None:
    assert violations(tmp_path, "CHANGELOG.md", "`relay_letters` is `relay_dead_letters` now.") == []


@pytest.mark.parametrize("name", sorted(RULES.exact_names))
@pytest.mark.parametrize("definition", ["class {}: ...", "def {}(): ...", "class Status:\n    {}: int = 0", "{} = 1"])
def test_no_class_function_field_or_constant_has_a_former_name(tmp_path: Path, name: str, definition: str) -> None:
    """Every name of the list is found, however it is defined."""
    assert violations(tmp_path, "module.py", definition.format(name))


@pytest.mark.parametrize(
    ("file", "source"),
    [("mapping/tables.py", "class Row: ..."), ("lanes/settlement.py", "class Refused: ...")],
)
def test_a_former_name_passes_where_it_means_just_that(tmp_path: Path, file: str, source: str) -> None:
    """The list says in which files."""
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    assert list(check_file(module, file, RULES)) == []
    assert list(check_file(module, "cli/main.py", RULES))


@pytest.mark.parametrize(
    "source",
    [
        "def as_object(self): return {'letters': 1}",
        "def as_object(self): return {'forgotten': 1, **others}",
        "DATA = {'books': 1}",
        "METRIC = 'relay_letters_total'",
        "Metric('relay_books_missing', 'gauge')",
    ],
)
def test_a_former_public_key_or_metric_is_found(tmp_path: Path, source: str) -> None:
    """Programs outside read these; tests may have any keys."""
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    assert list(check_file(module, "operations/status/module.py", RULES))
    assert list(check_file(module, "tests/module.py", RULES)) == []


@pytest.mark.parametrize("source", ["DATA = {'dead_letters': 1}", "METRIC = 'relay_dead_letters'", "DATA = {name: 1}"])
def test_the_right_key_passes(tmp_path: Path, source: str) -> None:
    assert violations(tmp_path, "module.py", source) == []
