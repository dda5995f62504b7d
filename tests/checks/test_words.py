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


def test_only_sentences_of_strings_are_prose() -> None:
    assert [text for _, text in python_prose("KEY = 'letters'\nSAY = 'no letters'\n")] == ["'no letters'"]


def test_names_come_with_their_lines() -> None:
    assert list(defined_names("class A:\n    b: int\n", "m")) == [(1, "m"), (1, "A"), (2, "b")]


def test_the_changelog_may_quote_old_names(tmp_path: Path) -> None:
    assert violations(tmp_path, "CHANGELOG.md", "`relay_letters` is `relay_dead_letters` now.") == []
