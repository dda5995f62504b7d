"""`relay check` and `relay status` warn when clocks differ, and say which is ahead."""

import pytest
from support.bench import Bench
from support.terminal import relay

from cli.check import clocks as check_clocks
from cli.check.clocks import findings_of
from store.clocks import Clocks, own_ms

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("clocks", "found"),
    [
        (Clocks(0, 0), []),
        (Clocks(60_000, 0), []),
        (Clocks(5 * HOUR_MS, 0), ["Redis's clock is 5 h ahead of this machine's"]),
        (Clocks(0, 100 * 24 * HOUR_MS), ["Redis's clock is 100 d behind this machine's"]),
    ],
)
def test_which_is_ahead_and_by_how_much(clocks: Clocks, found: list[str]) -> None:
    """Neither clock is known to be right; a minute is tolerated."""
    assert [finding.found for finding in findings_of(clocks)] == found


@pytest.mark.usefixtures("bench")
def test_check_and_status_warn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning with its remedy; nothing where the clocks agree."""
    assert "clocks" not in {finding["check"] for finding in relay("check", "--json").json}
    monkeypatch.setattr(check_clocks, "own_ms", lambda: own_ms() + 2 * HOUR_MS)
    [finding] = [finding for finding in relay("check", "--json").json if finding["check"] == "clocks"]
    assert finding["status"] == "warning"
    assert "NTP" in finding["remedy"]
    assert "behind this machine's" in relay("status").stderr
