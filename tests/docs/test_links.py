"""Links in the documents, and documents that the product names, lead to a file and a heading that exist."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PAGES = [name for name in TRACKED if name.endswith(".md")]
MENTIONING = [
    name
    for name in TRACKED
    if name.endswith((".py", ".html", ".yaml", ".yml", ".toml")) and name != "tests/docs/test_links.py"
]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
MENTION = re.compile(r"\bdocs/[\w/-]+\.md(?:#[\w-]+)?")


@cache
def headings(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them of headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}


def problem(base: Path, link: str) -> str | None:
    """Return what is wrong with a link that is relative to `base`; None if it leads somewhere."""
    path, _, anchor = link.partition("#")
    target = (base / path) if path else None
    if target is not None and not target.exists():
        return f"{link}: no such file"
    if anchor and target is not None and target.suffix == ".md" and anchor not in headings(target):
        return f"{link}: no such heading"
    return None


def problems(page: str) -> Iterator[str]:
    """Yield what is wrong with the links of a page."""
    file = ROOT / page
    for link in LINK.findall(file.read_text(encoding="utf-8")):
        if found := problem(file.parent, f"{file.name}{link}" if link.startswith("#") else link):
            yield found


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: str) -> None:
    """A renamed heading or a moved file breaks a link in silence otherwise."""
    assert list(problems(page)) == []


def test_documents_that_code_and_rules_name_exist() -> None:
    """With their headings: the runbook's anchors stand in alerts, in rules of Prometheus and in templates."""
    mentions = {link for name in MENTIONING for link in MENTION.findall((ROOT / name).read_text(encoding="utf-8"))}
    assert any("runbook.md#" in link for link in mentions)
    assert [found for link in sorted(mentions) if (found := problem(ROOT, link))] == []


@pytest.mark.parametrize("link", ["docs/runbook.md#valve", "docs/nothing.md", "README.md#nothing"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    """Otherwise the tests above would prove nothing."""
    assert problem(ROOT, link) is not None


def test_every_decision_has_a_number_of_its_own() -> None:
    """The file's name and its heading agree."""
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [int(file.name[:4]) for file in files]
    assert numbers == [int(file.read_text(encoding="utf-8").partition(".")[0].removeprefix("# ")) for file in files]
    assert len(set(numbers)) == len(numbers)
