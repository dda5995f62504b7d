"""Pages are wrapped at 120 columns, and wrapping changes nothing that a reader sees."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.lines import WIDTH, main, wrapped

LONG = "A sentence of some words, with `inline code that stays whole` and [a link](page.md#a-heading). " * 4
words = st.sampled_from(["word", "`a b`", "[a b](c d)", "-", "1.", "|", "#", "é", "+", "…", "x" * 130])


@pytest.mark.parametrize("start", ["", "- ", "1. ", "  - ", "  "])
def test_long_prose_is_wrapped_and_keeps_its_indentation(start: str) -> None:
    """An item's further lines stand below its text."""
    lines = wrapped(f"{start}{LONG}\n").splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[0].startswith(start)
    assert all(line.startswith(" " * len(start)) and line[len(start)] != " " for line in lines[1:])


@pytest.mark.parametrize(
    "text",
    [f"| {LONG} |\n", f"# {LONG}\n", f"```\n{LONG}\n```\n", f"<!-- {LONG} -->\n", f"> {LONG}\n", "short\nlines\n"],
)
def test_tables_code_headings_and_short_prose_stay(text: str) -> None:
    """Their line breaks have a meaning, or do no harm."""
    assert wrapped(text) == text


@given(st.lists(words, min_size=1, max_size=80), st.sampled_from(["", "- ", "3. ", "  "]))
def test_wrapping_changes_white_space_only_and_settles_at_once(content: list[str], start: str) -> None:
    """No word moves, none begins a line where it would mean something else, and a second pass changes nothing."""
    text = f"{start}first {' '.join(content)}\n"
    once = wrapped(text)
    assert re.sub(r"\s+", " ", once) == re.sub(r"\s+", " ", text)
    assert wrapped(once) == once
    assert not any(re.match(r"\s*(?:[-+|#]|\d+\.)(?:\s|$)", line) for line in once.splitlines()[1:])


def test_a_page_with_long_lines_is_named(tmp_path, capsys) -> None:
    """With --check nothing is written."""
    page = tmp_path / "page.md"
    page.write_text(LONG + "\n")
    assert main(["--check", str(page)]) == 1
    assert "has lines of more than 120 columns" in capsys.readouterr().out
    assert page.read_text() == LONG + "\n"
    assert main([str(page)]) == 0
    assert main(["--check", str(page)]) == 0
