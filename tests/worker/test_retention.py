"""Dead letters past their retention are removed, a page at a time, and counted; a warning is logged a week before."""

from typing import Any

import pytest
from structlog.testing import capture_logs
from support.bench import Bench
from support.events import purchase
from support.terminal import relay

from lanes import dead_letters as letters
from store.clocks import now_ms, own_ms
from worker.retention import Retention

DAY_MS = 86_400_000


def dead_letter_events(bench: Bench, count: int) -> None:
    """Deliver `count` events that are dead-lettered."""
    bench.put([purchase(number, custom_flags={}) for number in range(count)])
    bench.drain()
    assert len(bench.dead_letters()) == count


def walk(bench: Bench, days: float, steps: int = 30) -> list[dict[str, Any]]:
    """Return what a worker logs in a number of steps, a number of days later."""
    later = int(days * DAY_MS)
    retention = Retention(bench.url, lambda client: now_ms(client) + later, lambda: own_ms() + later)
    with capture_logs() as logs:
        for _ in range(steps):
            retention.step(bench.runtime)
    return [log for log in logs if log["log_level"] == "warning"]


def test_dead_letters_are_removed_in_time_after_a_warning_a_week_before(bench: Bench) -> None:
    """Once a day by one worker; removed dead letters count as discarded."""
    dead_letter_events(bench, 3)
    assert walk(bench, 82) == []
    [warning] = walk(bench, 84)
    assert warning["event"] == "dead_letters_expiring"
    assert (
        warning["warning"] == "3 dead letters of shop will be removed within 7 days, 90 d after they were dead-lettered"
    )
    assert "relay dead-letters export --connection shop" in warning["what_to_do"]
    assert walk(bench, 89.9) == [], "another worker has said it today"
    [removed] = walk(bench, 90.1)
    assert (removed["connection"], removed["dead_letters"]) == ("shop", 3)
    assert bench.dead_letters() == []
    assert bench.count("dead_lettered", "dead_letters_discarded") == (3, 3)


def test_it_removes_a_page_at_a_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step must not take long."""
    monkeypatch.setattr(letters, "_PAGE", 50)
    dead_letter_events(bench, 700)
    [one, *_] = walk(bench, 100, steps=2)
    assert 0 < one["dead_letters"] < 700
    walk(bench, 100)
    assert bench.count("dead_letters_discarded") == (700,)


def test_each_connection_has_its_own_retention(bench: Bench) -> None:
    """Dead letters of a connection that is not in the file stay."""
    dead_letter_events(bench, 1)
    bench.configure("enable_web_migration: true", "dead_letter_retention: forever")
    assert walk(bench, 10_000) == []
    bench.path.write_text(bench.path.read_text().replace("id: shop", "id: other").replace("forever", "1d"))
    bench.reload()
    assert walk(bench, 10_000) == []
    bench.configure("enable_web_migration: true", "dead_letter_retention: 1d")
    walk(bench, 1.1)
    assert bench.count("dead_letters_discarded") == (1,)


def test_check_and_status_say_what_will_be_removed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a warning and no error; nothing is said while there is enough time."""
    monkeypatch.setenv("RELAY_CONFIG", str(bench.path))
    monkeypatch.setenv("RELAY_REDIS_URL", bench.url)
    dead_letter_events(bench, 2)
    warnings = [finding for finding in relay("check", "--json").json if finding["check"] == "dead letters"]
    assert warnings == []
    assert "removed" not in relay("status").stderr
    bench.configure("enable_web_migration: true", "dead_letter_retention: 7d")
    [finding] = [finding for finding in relay("check", "--json").json if finding["check"] == "dead letters"]
    assert finding["status"] == "warning"
    assert finding["found"] == "2 dead letters of shop will be removed within 7 days, 7 d after they were dead-lettered"
    assert finding["found"] in relay("status").stderr
