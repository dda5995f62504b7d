"""A damaged dead letter breaks no page: a sentence describes it, and the others are shown."""

import json

from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.damaged_dead_letters import put_dead_letters


def test_every_page_shows_damaged_and_other_dead_letters(bench: Bench, operator: ConsoleClient) -> None:
    """Pages: the list, the overview, the export, and each dead letter, masked and revealed."""
    ids = put_dead_letters(bench)
    listed = operator.get("/console/dead-letters")
    assert listed.status_code == 200
    assert [damage for damage, dead_letter_id in ids.items() if dead_letter_id not in listed.text] == []
    assert "unreadable" in visible_text(listed)
    exported = operator.get("/console/dead-letters/export")
    assert {json.loads(line)["id"] for line in exported.text.splitlines()} == set(ids.values())
    for damage, dead_letter_id in ids.items():
        path = f"/console/dead-letters/{dead_letter_id}"
        page = operator.get(path)
        assert page.status_code == 200, damage
        assert operator.post(path).status_code == 200, damage
        assert operator.post(f"{path}/edit").status_code in (200, 400, 409, 422), damage
    assert operator.get("/console").status_code == 200
