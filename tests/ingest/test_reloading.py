"""A changed configuration file is used within two seconds; a bad one is refused, reported, and changes nothing."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.events import batch, purchase
from support.site import CONFIGURATION, WEB, Site

import config.file
from ingest.active_configuration import InputsInUse

ONE = batch(purchase(1))
IN_FORCE_S = 2.0


def within_two_seconds(condition: Callable[[], bool]) -> bool:
    """Return whether the condition holds in time."""
    end = time.monotonic() + IN_FORCE_S
    while time.monotonic() < end:
        if condition():
            return True
    return False


def rewrite(site: Site, old: str, new: str) -> None:
    """Change the configuration file as an editor does."""
    site.configuration.write_text(CONFIGURATION.replace(old, new), encoding="utf-8")


def configuration_of(site: Site) -> dict[str, object]:
    """Return what health reports about the configuration."""
    state: dict[str, object] = site.http.get("/health/ready").json()["configuration"]
    return state


def test_a_new_secret(own_site: Site) -> None:
    """The new one is accepted; the old one is refused, although it was accepted before."""
    assert own_site.post(ONE).status_code == 202
    rewrite(own_site, "web-secret", "new-secret")
    assert within_two_seconds(lambda: own_site.post(ONE, auth=(WEB[0], "new-secret")).status_code == 202)
    assert own_site.post(ONE).status_code == 403


def test_a_new_connection(own_site: Site) -> None:
    """Events that had no connection go to it."""
    rewrite(own_site, "{id: game, inputs: [app]", "{id: game, inputs: [app, web]")
    rewrite(own_site, "{id: shop, inputs: [web]", "{id: shop, inputs: [web, lonely]")
    lonely = ("lonely-key", "lonely-secret")

    def arrives() -> bool:
        assert own_site.post(ONE, auth=lonely).status_code == 202
        return bool(own_site.chunks("shop"))

    assert within_two_seconds(arrives)


def test_a_connection_taken_out_of_service(own_site: Site) -> None:
    """Events that arrive afterwards are withheld."""
    rewrite(own_site, "event_source_id: PIXEL1,", "event_source_id: PIXEL1, enabled: false,")

    def is_withheld() -> bool:
        assert own_site.post(ONE).status_code == 202
        return own_site.counts("shop").get("withheld", 0) > 0

    assert within_two_seconds(is_withheld)


CUT_SHORT = CONFIGURATION[: CONFIGURATION.index("  - {id: mirror")]
"""A valid configuration without all connections but the first."""


def test_a_file_cut_short_removes_nothing(own_site: Site) -> None:
    """The missing connection still gets its events; the whole file, a moment later, is used at once."""
    assert own_site.post(ONE).status_code == 202
    before = own_site.counts("mirror")["accepted"]
    own_site.configuration.write_text(CUT_SHORT, encoding="utf-8")
    assert within_two_seconds(lambda: "in use" in str(configuration_of(own_site)))
    assert own_site.post(ONE).status_code == 202
    assert own_site.counts("mirror")["accepted"] == before + 1
    rewrite(own_site, "PIXEL1", "PIXEL9")
    assert within_two_seconds(lambda: configuration_of(own_site) == {"status": "in force"})
    assert own_site.post(ONE).status_code == 202
    assert own_site.counts("mirror")["accepted"] == before + 2


def test_a_connection_taken_out_for_good_gets_no_more_events(own_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the file stayed unchanged."""
    monkeypatch.setattr(config.file, "STANDS_NS", 500_000_000)
    assert own_site.post(ONE).status_code == 202
    own_site.configuration.write_text(CUT_SHORT, encoding="utf-8")

    def gets_none() -> bool:
        before = own_site.counts("mirror")["accepted"]
        assert own_site.post(ONE).status_code == 202
        return own_site.counts("mirror")["accepted"] == before

    assert within_two_seconds(gets_none)


def test_an_input_is_in_use_if_events_came_in_the_last_minutes(tmp_path: Path) -> None:
    """An input without events loses nothing, nor does one that only gains connections."""
    (tmp_path / "former.yaml").write_text(CONFIGURATION)
    moved = CONFIGURATION.replace("{id: mirror, inputs: [web]", "{id: mirror, inputs: [lonely]")
    (tmp_path / "new.yaml").write_text(moved)
    former, new = (config.file.load(tmp_path / f"{name}.yaml") for name in ("former", "new"))
    now = [1000.0]
    in_use = InputsInUse(lambda: now[0])
    in_use.record("lonely")
    assert not in_use.would_lose_connections(former, new)
    in_use.record("web")
    assert in_use.would_lose_connections(former, new)
    assert not in_use.would_lose_connections(former, former)
    now[0] += 301
    assert not in_use.would_lose_connections(former, new)


def test_a_bad_file(own_site: Site) -> None:
    """Ready shows file and line, and the old one stays in use; after a repair the error is gone."""
    rewrite(own_site, "platform: web, api_key: web-key", "platform: fridge, api_key: web-key")
    assert within_two_seconds(lambda: "problems" in configuration_of(own_site))
    assert "relay.yaml:3" in str(configuration_of(own_site)["problems"])
    assert own_site.http.get("/health/ready").status_code == 200
    assert own_site.post(ONE).status_code == 202
    rewrite(own_site, "PIXEL1", "PIXEL9")
    assert within_two_seconds(lambda: configuration_of(own_site) == {"status": "in force"})
