"""`relay check` names each connection that delivers nothing, with what to do."""

from typing import Any

import pytest
from support.bench import Bench
from support.events import purchase
from support.terminal import relay


def of_shop() -> dict[str, Any]:
    """Return what check says of the connection."""
    [found] = [finding for finding in relay("check", "--json").json if finding["check"] == "connection shop"]
    return found


@pytest.mark.usefixtures("bench")
def test_a_healthy_connection_has_no_finding() -> None:
    """Only what needs a look is named."""
    assert "connection shop" not in [finding["check"] for finding in relay("check", "--json").json]


def test_a_refused_token_is_wrong_with_who_must_act(bench: Bench) -> None:
    """As in status."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    bench.drain()
    found = of_shop()
    assert (found["status"], found["found"].partition(";")[0]) == (
        "wrong",
        "paused: TikTok refuses it, its events are kept",
    )
    assert "token refused (40105): an admin of the TikTok advertiser account: put a valid" in found["remedy"]
    assert "access_token is a variable (${NAME}), correct that and restart the workers" in found["remedy"]


def test_a_token_that_only_this_command_has_asks_for_a_restart(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that was changed in .env does not reach workers that run."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    bench.drain()
    monkeypatch.setenv("TOKEN", "another-token")
    found = of_shop()
    assert found["status"] == "wrong"
    assert found["remedy"].startswith("The workers still have the former settings")
    assert found["remedy"].endswith("Restart the workers.")


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(("options", "is_noted"), [([], True), (["--deep"], False)], ids=["settings", "deep"])
def test_a_connection_that_was_not_tried_is_not_called_working(options: list[str], is_noted: bool) -> None:
    """Settings alone are ok; --deep also sends a test event."""
    [found] = [each for each in relay("check", *options, "--json").json if each["check"] == "connection to TikTok"]
    assert ("tried with --deep only" in found["found"]) == is_noted


def test_a_connection_that_backs_off_is_a_warning(bench: Bench) -> None:
    """relay retries without an operator."""
    bench.put([purchase(1)])
    bench.sandbox.fault("code", code=40100)
    bench.drain()
    assert (of_shop()["status"], of_shop()["found"][:11]) == ("warning", "backing off")


def test_a_pause_by_an_operator_is_a_warning(bench: Bench) -> None:
    """With the command that ends it."""
    bench.put([purchase(1)])
    relay("connections", "pause", "shop")
    found = of_shop()
    assert (found["status"], found["remedy"]) == ("warning", "relay connections resume shop")
