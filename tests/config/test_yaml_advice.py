"""Every message about YAML that cannot be read has the line of the fault, and says what to write instead."""

import ast
import inspect

import pytest
from ruamel.yaml import parser, scanner

from config.files.yaml_advice import ADVICE
from config.reading.yaml_tree import read


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        ("a:\n\tb: 1\n", 2, "indent with spaces, not with tabs"),
        ("a: b: c\n", 1, "put text with a colon in quotes, or indent this line as those beside it"),
        ("a: 1\n  b: 2\n", 2, "put text with a colon in quotes, or indent this line as those beside it"),
        ("a:\n  - 1\n b: 2\n", 3, "indent this line as those beside it"),
        ("a: [1, 2\nb: 3\n", 2, "write a comma between the entries, and close the bracket"),
        ("a: 1\n}\n", 2, "remove this bracket, or open it first"),
        ("- a\n\t- b\n", 2, "indent with spaces, not with tabs"),
        ("key: value\n\tother: 1\n", 2, "indent with spaces, not with tabs"),
        ("a:\n    b: 1\n  c: 2\n", 3, "indent this line as those beside it"),
        ("a: 1\n b: 2\n", 2, "indent this line as those beside it"),
        ("a: 1\n- b\n", 2, "indent this line as those beside it"),
        ("a: [1, 2\nb\n", 1, "close the bracket that was opened"),
        ("a: {x: 1\n", 1, "close the bracket that was opened"),
        ("a: [1,,2]\n", 1, "write a value there, or remove the mark before it"),
        ("a: - b\n", 1, "begin the list on the next line, or put text that begins with - in quotes"),
        ("a: ? b\n", 1, "put text that begins with ? in quotes"),
        ("a: 'x\nb: 1\nc: 2\n", 1, "close the quote that was opened"),
        ('a: "x\nb: 1\nc: 2\n', 1, "close the quote that was opened"),
        ("b: 1\na: 'x\n---\nc: 1\n", 2, "close the quote that was opened"),
        ('a: "x" y\n', 1, "put the whole value in one pair of quotes, and write a quote inside it twice"),
        ('a: "\\xZZ"\n', 1, "write it in single quotes, where a backslash is a backslash"),
        ("a: & x\n", 1, "put text that begins with &, * or % in quotes"),
        ("a: *\n", 1, "put text that begins with &, * or % in quotes"),
        ("a: %x\n", 1, "put the value in quotes"),
        ("a: !<tag y\n", 1, "put the value in quotes: ! and & begin what relay does not read"),
        ("a: !x!y z\n", 1, "put the value in quotes: ! and & begin what relay does not read"),
        ("%YAML 2.0\n---\na: 1\n", 1, "remove the line that begins with %"),
        ("a: > text\n  b\n", 1, "write only | or > there, and the text on the next lines, indented by two spaces"),
        ("a: |0\n  b\n", 1, "write only | or > there, and the text on the next lines, indented by two spaces"),
        ("a: 'x\n", 1, "close the quote that was opened"),
        ("a: 'it's'\n", 1, "write a quote inside it twice"),
        ('a: "\\d"\n', 1, "write it in single quotes, where a backslash is a backslash"),
        ("a: @x\n", 1, "put the value in quotes"),
        ("? [\n", 2, "close the bracket that was opened"),
    ],
)
def test_wrong_yaml_has_advice(text: str, line: int, advice: str) -> None:
    """The parser's words say what it found; the advice says what to write."""
    [fault] = read(text.encode())[1]
    assert fault.line == line
    assert fault.message.startswith("is not valid YAML: ")
    assert fault.message.endswith(f"; {advice}") or advice in fault.message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "repeats `a`, already on line 1: keep one of them"),
        ("a: &x 1\n", 1, "defines an anchor (&name): write the value out where it is needed"),
        ("a: *x\n", 1, "uses an alias (*name): write the value out"),
        ("<<: *x\n", 1, "uses an alias (*name): write the value out"),
        ("a: !env X\n", 1, "uses a tag (!name): write the plain value"),
        ("a: 1\n[b]: 2\n", 2, "has a key that is not plain text: write the name of a setting before the colon"),
        ("a: 1\n---\nb: 2\n", 2, "one file is one document, so remove the other"),
        ("a: \x01\n", 1, "contains a character that YAML does not allow: delete it, or type the line again by hand"),
        ("[" * 20, 1, "is nested more than 16 levels deep: see that brackets and indentation end"),
    ],
)
def test_yaml_that_relay_does_not_read_has_advice(text: str, line: int, said: str) -> None:
    """A configuration needs none of it, and two keys of one name would lose one."""
    [fault] = read(text.encode())[1]
    assert fault.line == line
    assert fault.message.endswith(said)


def messages_of_the_parser() -> list[str]:
    """Return each message that ruamel.yaml can raise about a file, without what it inserts."""
    found = []
    for module in (scanner, parser):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and len(node.exc.args) > 2:
                message = node.exc.args[2]
                parts = message.values if isinstance(message, ast.JoinedStr) else [message]
                texts = [part.value if isinstance(part, ast.Constant) else "…" for part in parts]
                found.append("".join(text for text in texts if isinstance(text, str)))
    return sorted({text for text in found if text.strip("…")})


@pytest.mark.parametrize("message", messages_of_the_parser())
def test_every_message_of_the_parser_has_advice(message: str) -> None:
    """A newer parser with another message fails here, not at an operator."""
    assert [row for row in ADVICE if row.part in message]
