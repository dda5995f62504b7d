"""Check words: fail on banned words and on synonyms of glossary terms, in prose, in defined names and in public keys.

Prose is every Markdown, HTML, YAML and Lua file, and each comment, docstring and sentence in a Python string.
Names are those that the code defines: modules, classes, functions, fields and constants. Keys are those of dictionaries
that the product writes, and its metrics. The rules are `words.toml`.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeGuard

RULES: Final = Path(__file__).with_name("words.toml")
PROSE_SUFFIXES: Final = frozenset({".md", ".html", ".yaml", ".yml", ".lua", ".example"})
_SNAKE_OR_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IN_BACKTICKS: Final = re.compile(r"``?[^`\n]+``?")
_METRIC: Final = re.compile(r"relay_[a-z_]+")
_NOT_PUBLIC: Final = ("tests/", "benchmarks/", "checks/")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it finds, what to write instead, and the texts in which the word is right."""

    find: re.Pattern[str]
    say: str
    passes: tuple[re.Pattern[str], ...]

    def violations(self, text: str) -> Iterator[re.Match[str]]:
        """Yield each match in `text` that no passing text covers."""
        matches = list(self.find.finditer(text))
        if not matches:
            return
        allowed = [found.span() for passing in self.passes for found in passing.finditer(text)]
        yield from (m for m in matches if not any(start <= m.start() and m.end() <= end for start, end in allowed))


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name that is no longer used: what to write instead, and the files in which it is right."""

    say: str
    where: tuple[str, ...] = ()

    def is_right_in(self, shown: str) -> bool:
        """Return whether the file may define the name."""
        return any(re.fullmatch(pattern, shown) for pattern in self.where)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of `words.toml`."""

    prose: tuple[Rule, ...]
    names: tuple[Rule, ...]
    exact_names: dict[str, FormerName]
    keys: dict[str, FormerName]
    skip: tuple[str, ...]


def load_rules(path: Path = RULES) -> Rules:
    """Return the rules of the file at `path`. Raise re.error or KeyError for a rule that cannot be read."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return Rules(
        prose=tuple(_rule(row, rf"\b(?:{row['find']})\b") for row in content["prose"]),
        names=tuple(_rule(row, rf"(?<![a-z])(?:{row['find']})(?![a-z])") for row in content["name"]),
        exact_names=_former_names(content["exact"]),
        keys=_former_names(content["key"]),
        skip=tuple(content["skip"]),
    )


def _rule(row: dict[str, str | list[str]], pattern: str) -> Rule:
    passes = tuple(re.compile(text, re.IGNORECASE) for text in row.get("pass", []))
    return Rule(re.compile(pattern, re.IGNORECASE), str(row["say"]), passes)


def _former_names(rows: list[dict[str, Any]]) -> dict[str, FormerName]:
    return {old: FormerName(row["say"], tuple(row.get("where", ()))) for row in rows for old in row["names"]}


def check_file(path: Path, shown: str, rules: Rules) -> Iterator[str]:
    """Yield one sentence for each violation in the file; `shown` is its name in messages."""
    if path.suffix == ".py":
        source = path.read_text(encoding="utf-8")
        yield from _check_prose(shown, python_prose(source), rules)
        yield from _check_names(shown, defined_names(source, path.stem), "name", rules.exact_names, rules)
        if not shown.startswith(_NOT_PUBLIC):
            yield from _check_names(shown, public_keys(source), "key", rules.keys, rules)
    elif path.suffix in PROSE_SUFFIXES:
        text = path.read_text(encoding="utf-8")
        quoted = path.name == "CHANGELOG.md"  # its entries name what was renamed
        yield from _check_prose(shown, [(1, _IN_BACKTICKS.sub("", text) if quoted else text)], rules)


def python_prose(source: str) -> Iterator[tuple[int, str]]:
    """Yield (first line, text) of each comment and of each string that holds a space, docstrings included."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (
            token.type in (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)) and " " in token.string
        ):
            yield token.start[0], token.string


def defined_names(source: str, module: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of the module, its classes, functions, fields and constants."""
    yield 1, module
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case _:
                continue
        if isinstance(node, ast.ClassDef):
            yield from _assigned(node.body)
    yield from _assigned(ast.parse(source).body)


def public_keys(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, key) of each dictionary's literal keys, and of each string that is the name of a metric."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Dict(keys=keys):
                yield from ((key.lineno, str(key.value)) for key in keys if _is_text(key))
            case ast.Constant(value=str(text)) if _METRIC.fullmatch(text):
                yield node.lineno, text


def _is_text(node: ast.expr | None) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[int, str]]:
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from ((statement.lineno, target.id) for target in targets if isinstance(target, ast.Name))


def _check_prose(shown: str, texts: Iterable[tuple[int, str]], rules: Rules) -> Iterator[str]:
    """Check each text, which begins in the line of that number; a term may be broken across lines."""
    for first, text in texts:
        lines = [" ".join(line.split()) + " " for line in text.splitlines()]
        numbers = [number for number, line in enumerate(lines, first) for _ in line]
        joined = "".join(lines)
        for rule in rules.prose:
            for found in rule.violations(joined):
                yield f"{shown}:{numbers[found.start()]}: “{found.group()}”: write {rule.say}"


def _check_names(
    shown: str, names: Iterable[tuple[int, str]], kind: str, former: Mapping[str, FormerName], rules: Rules
) -> Iterator[str]:
    for number, name in names:
        if name.startswith("test_"):
            name = name.removeprefix("test_")  # noqa: PLW2901 - a test's name is a sentence about the product
        if name in former and not former[name].is_right_in(shown):
            yield f"{shown}:{number}: {kind} “{name}”: write {former[name].say}"
        words = "_".join(word.lower() for word in _SNAKE_OR_CAMEL.findall(name))
        for rule in rules.names:
            for found in rule.violations(words):
                yield f"{shown}:{number}: {kind} “{name}” ({found.group()}): write {rule.say}"


def main(arguments: list[str]) -> int:
    """Check the files named, or every tracked file; print the violations and return 1 if there are any."""
    rules = load_rules()
    listed = arguments or subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split()  # noqa: S607
    files = [name for name in listed if not any(re.fullmatch(pattern, name) for pattern in rules.skip)]
    violations = [line for name in files if Path(name).is_file() for line in check_file(Path(name), name, rules)]
    print("\n".join(violations) or f"words: {len(files)} files, no violation")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
