"""README's table leads to the right file for each usual change, in one guess."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where to change what")[2].partition("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize(
    ("change", "words", "file", "proof"),
    [
        ("a new user attribute", "user attribute", "mapping/tables.py", r"Row\(\"U13\""),
        ("a code of TikTok that is retried", "TikTok's codes", "delivery/codes.py", r"CodeMeaning\(40100,"),
        ("a fifth lane", "number of lanes", "lanes/names.py", r"LANES_PER_CONNECTION: Final = \d"),
        ("a column of relay status", "column of `relay status`", "cli/status/screen.py", r"_Column\(\"waiting\""),
        ("an alert", "an alert", "operations/alerts/rules.py", r"Kind = Literal\["),
        ("a dead-letter reason", "reason for dead letters", "config/dead_letter_reasons.py", r"TOO_OLD = |TOO_OLD: "),
        ("a route", "a route", "config/routes.py", r"\"R7\""),
        ("the lease time", "lease time", "lanes/lanes.py", r"LEASE_MS: Final = "),
        ("a page of the console", "page of the console", "console/pages/", r""),
        ("a setting", "a setting", "config/reading/schema.py", r"\"max_event_age\": KeyRow"),
        ("an environment variable", "environment variable", "config/settings.py", r"max_connections: "),
        ("an identity type", "identity types", "config/vocabulary.py", r"IDENTITY_TYPES = \("),
        ("the default retention", "90 days", "config/model.py", r"dead_letter_retention_s: .* = 90 \* 86_400"),
    ],
)
def test_the_table_leads_to_the_file(change: str, words: str, file: str, proof: str) -> None:
    """One row has the words; the file that it names first has the place to change."""
    [row] = [row for row in ROWS if re.search(rf"\b{re.escape(words)}", row[0])]
    assert re.findall(r"`([\w./]+)`", row[1])[0] == file, change
    path = ROOT / file
    assert path.is_dir() or re.search(proof, path.read_text(encoding="utf-8")), change


@pytest.mark.parametrize("file", sorted({file for row in ROWS for file in re.findall(r"`([\w./-]+)`", row[1])}))
def test_every_file_of_the_table_exists(file: str) -> None:
    """A move must change the table too."""
    assert (ROOT / file).exists()
