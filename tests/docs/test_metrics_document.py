"""docs/metrics.md has the catalogue's table, row by row."""

import re
from pathlib import Path

from operations.metrics.catalogue import CATALOGUE

ROW = re.compile(r"\| `(\w+)` \| (\w+) \| (.+?) \| (.+) \|")


def test_the_document_has_the_catalogue() -> None:
    """Name, kind, labels and what it tells, in the same order."""
    text = (Path(__file__).parents[2] / "docs/metrics.md").read_text(encoding="utf-8")
    rows = [
        (name, kind, tuple(re.findall(r"`(\w+)`", labels)), tells) for name, kind, labels, tells in ROW.findall(text)
    ]
    assert rows == [(row.name, row.kind, row.labels, row.help) for row in CATALOGUE]
