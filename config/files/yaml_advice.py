"""Say what to do about YAML that cannot be read, by the message of the parser."""

from typing import Final, NamedTuple


class Advice(NamedTuple):
    """What to do about a message of the parser that has `part`; `at_start`: the fault is where the construct began."""

    part: str
    advice: str
    at_start: bool = False


_NO_TAG: Final = "put the value in quotes: ! and & begin what relay does not read"
_NO_DIRECTIVE: Final = "remove the line that begins with %"
_BLOCK: Final = "write only | or > there, and the text on the next lines, indented by two spaces"
ADVICE: Final = (
    Advice("character '\\t'", "indent with spaces, not with tabs"),
    Advice("character '%'", "put the value in quotes"),
    Advice("cannot start any token", "put the value in quotes"),
    Advice("mapping values are not allowed", "put text with a colon in quotes, or indent this line as those beside it"),
    Advice("mapping keys are not allowed", "put text that begins with ? in quotes"),
    Advice(
        "sequence entries are not allowed", "begin the list on the next line, or put text that begins with - in quotes"
    ),
    Advice("could not find expected ':'", "write a colon and a space after each key", at_start=True),
    Advice("found unexpected ':'", "write a space after the colon, or put the text in quotes"),
    Advice("but got '<stream end>'", "close the bracket that was opened", at_start=True),
    Advice("expected ',' or", "write a comma between the entries, and close the bracket"),
    Advice("but found '}'", "remove this bracket, or open it first"),
    Advice("but found ']'", "remove this bracket, or open it first"),
    Advice("but found '<scalar>'", "put the whole value in one pair of quotes, and write a quote inside it twice"),
    Advice("unexpected end of stream", "close the quote that was opened", at_start=True),
    Advice("unexpected document separator", "close the quote that was opened", at_start=True),
    Advice("<stream end>", "close the bracket that was opened"),
    Advice("unknown escape character", "write it in single quotes, where a backslash is a backslash"),
    Advice("expected escape sequence", "write it in single quotes, where a backslash is a backslash"),
    Advice("chomping or indentation indicators", _BLOCK),
    Advice("expected indentation indicator", _BLOCK),
    Advice("expected a comment or a line break", _BLOCK),
    Advice("undefined tag handle", _NO_TAG),
    Advice("expected alphabetic or numeric character", "put text that begins with &, * or % in quotes"),
    Advice("expected URI", _NO_TAG),
    Advice("hexdecimal numbers", _NO_TAG),
    Advice("expected '!'", _NO_TAG),
    Advice("expected '>'", _NO_TAG),
    Advice("expected ' ', but found", _NO_TAG),
    Advice("directive", _NO_DIRECTIVE),
    Advice("duplicate tag handle", _NO_DIRECTIVE),
    Advice("expected a digit", _NO_DIRECTIVE),
    Advice("incompatible YAML document", _NO_DIRECTIVE),
    Advice("<document start>", "one file is one document: remove what is before or after the line of ---"),
    Advice("after document end marker", "one file is one document: remove the line of ... and what is after it"),
    Advice("expected the node content", "write a value there, or remove the mark before it"),
    Advice("expected <block end>", "indent this line as those beside it"),
)
"""The first row that fits counts."""
ELSE: Final = "compare this line and those above it with config/relay.example.yaml"


def advice_for(problem: str) -> Advice:
    """Return the first row whose part is in the message; for a message that no row knows, general advice."""
    return next((row for row in ADVICE if row.part in problem), Advice("", ELSE))
