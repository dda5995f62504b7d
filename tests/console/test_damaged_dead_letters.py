"""One bad dead letter breaks no page: it is told in a sentence, and the others are shown."""

import json

from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.damaged_dead_letters import put_dead_letters


def test_every_page_shows_the_others(bench: Bench, operator: ConsoleClient) -> None:
    """The list, the day, the export; and each letter's own page, revealed as well."""
    ids = put_dead_letters(bench)
    listed = operator.get("/console/dead-letters")
    assert listed.status_code == 200
    assert [what for what, letter_id in ids.items() if letter_id not in listed.text] == []
    assert "unreadable" in visible_text(listed)
    exported = operator.get("/console/dead-letters/export")
    assert {json.loads(line)["id"] for line in exported.text.splitlines()} == set(ids.values())
    for what, letter_id in ids.items():
        path = f"/console/dead-letters/{letter_id}"
        page = operator.get(path)
        assert page.status_code == 200, what
        assert operator.post(path).status_code == 200, what
        assert operator.post(f"{path}/edit").status_code in (200, 400, 409, 422), what
    assert operator.get("/console").status_code == 200
