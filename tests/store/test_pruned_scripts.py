"""A script is sent without the functions that it does not use, and with all that it does use."""

import re

import pytest
from support.lua import folder_of, script_names

from store.scripts import part_text, parts_of, script_text
from store.scripts.pruning import without_unused

DEFINED = re.compile(r"^local (?:function )?([\w, ]+?)(?: =|\(|$)", re.MULTILINE)
WORDS = re.compile(r"\w+")
PARTS = """-- What parts open with.
local LEAST, MOST = 1, 2  -- bounds
local UNUSED = 3
local now = ARGV[1]
if not now then
  now = 4
end
local function check(value) return value < MOST end
local function unused(value)
  return check(value)
end
"""


def code(text: str) -> str:
    return re.sub(r"--.*", "", text)


def definitions(text: str) -> set[str]:
    """The names that the text defines at its left margin."""
    return {name for names in DEFINED.findall(text) for name in WORDS.findall(names)}


@pytest.mark.parametrize("name", script_names())
def test_what_a_script_uses_is_there_and_nothing_else_is(name: str) -> None:
    folder = folder_of(name)
    whole = definitions("\n".join(part_text(part, folder) for part in parts_of(name, folder)))
    sent = code(script_text(name, folder))
    used = {word for word in WORDS.findall(sent) if word in whole}
    assert used <= definitions(sent)
    functions = re.findall(r"^local function (\w+)", sent, re.MULTILINE)
    assert [function for function in functions if len(re.findall(rf"\b{function}\b", sent)) < 2] == []


def test_a_definition_stays_with_all_that_it_needs() -> None:
    """Also what begins in its own line and ends in another, and what only another definition names."""
    assert without_unused(PARTS, "-- unused\nreturn check(now)").split("\n") == [
        "local LEAST, MOST = 1, 2",
        "local now = ARGV[1]",
        "if not now then",
        "  now = 4",
        "end",
        "local function check(value) return value < MOST end",
    ]
