"""A changed configuration file is in force within two seconds; a bad one is refused, said, and changes nothing."""

import time
from collections.abc import Callable

from support.events import batch, purchase
from support.site import CONFIGURATION, WEB, Site

ONE = batch(purchase(1))
IN_FORCE_S = 2.0


def within_two_seconds(condition: Callable[[], bool]) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + IN_FORCE_S
    while time.monotonic() < end:
        if condition():
            return True
    return False


def rewrite(site: Site, old: str, new: str) -> None:
    """Change the configuration file as an editor does."""
    site.configuration.write_text(CONFIGURATION.replace(old, new), encoding="utf-8")


def configuration_of(site: Site) -> dict[str, object]:
    """What health says of the configuration."""
    said: dict[str, object] = site.http.get("/health/ready").json()["configuration"]
    return said


def test_a_new_secret(own_site: Site) -> None:
    """The new one opens, the old one does not, though it was remembered."""
    assert own_site.post(ONE).status_code == 202
    rewrite(own_site, "web-secret", "new-secret")
    assert within_two_seconds(lambda: own_site.post(ONE, auth=(WEB[0], "new-secret")).status_code == 202)
    assert own_site.post(ONE).status_code == 403


def test_a_new_connection(own_site: Site) -> None:
    """Events that went nowhere find it."""
    rewrite(own_site, "{id: game, inputs: [app]", "{id: game, inputs: [app, web]")
    rewrite(own_site, "{id: shop, inputs: [web]", "{id: shop, inputs: [web, lonely]")
    lonely = ("lonely-key", "lonely-secret")

    def arrives() -> bool:
        assert own_site.post(ONE, auth=lonely).status_code == 202
        return bool(own_site.chunks("shop"))

    assert within_two_seconds(arrives)


def test_a_connection_taken_out_of_service(own_site: Site) -> None:
    """What arrives from then on is withheld."""
    rewrite(own_site, "event_source_id: PIXEL1,", "event_source_id: PIXEL1, enabled: false,")

    def is_withheld() -> bool:
        assert own_site.post(ONE).status_code == 202
        return own_site.books("shop").get("withheld", 0) > 0

    assert within_two_seconds(is_withheld)


def test_a_bad_file(own_site: Site) -> None:
    """Ready says file and line, and requests go on under the old one; a repaired file is no longer spoken of."""
    rewrite(own_site, "platform: web, api_key: web-key", "platform: fridge, api_key: web-key")
    assert within_two_seconds(lambda: "problems" in configuration_of(own_site))
    assert "relay.yaml:3" in str(configuration_of(own_site)["problems"])
    assert own_site.http.get("/health/ready").status_code == 200
    assert own_site.post(ONE).status_code == 202
    rewrite(own_site, "PIXEL1", "PIXEL9")
    assert within_two_seconds(lambda: configuration_of(own_site) == {"status": "in force"})
