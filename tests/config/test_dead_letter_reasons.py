"""The catalogue of reasons for dead letters: complete, used by every layer, and shown in docs/dead-letters.md."""

import ast
from collections.abc import Iterator

import pytest
from support.product import PACKAGES, ROOT

from checks.documents import reasons_table
from config.dead_letter_reasons import REASONS, DeadLetterReason

PRODUCT = ("benchmarks", *PACKAGES)
NOT_REASONS = {("config/dead_letter_reasons.py", code) for code in REASONS} | {
    ("config/reading/schema.py", "invalid_ttclid")
}
"""The catalogue itself, and a key of the configuration file with the same name."""


def literals() -> Iterator[tuple[str, str]]:
    """Yield (file, text) of every string literal in the product that is exactly a reason."""
    for package in PRODUCT:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and node.value in REASONS:
                    yield path.relative_to(ROOT).as_posix(), node.value


def test_no_module_writes_a_reason_as_a_bare_string() -> None:
    """Each names it by its constant, so that a reason cannot be misspelt or missing from the catalogue."""
    assert sorted(set(literals()) - NOT_REASONS) == []


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_every_reason_is_raised_somewhere(reason: DeadLetterReason) -> None:
    """A reason that no module uses would be documented and never seen."""
    constant = reason.code.upper()
    modules = [
        path for name in PRODUCT for path in (ROOT / name).rglob("*.py") if path.name != "dead_letter_reasons.py"
    ]
    assert any(constant in path.read_text(encoding="utf-8") for path in modules)


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_every_reason_says_what_is_wrong_what_to_do_and_who_does_it(reason: DeadLetterReason) -> None:
    """Whole sentences, and a person."""
    assert reason.sentence.endswith(".")
    assert reason.remedy.endswith(".")
    assert reason.who.startswith("the ")


def test_the_document_has_the_catalogue() -> None:
    """docs/dead-letters.md is generated from it; this fails when it has grown stale."""
    assert reasons_table() in (ROOT / "docs/dead-letters.md").read_text(encoding="utf-8")
