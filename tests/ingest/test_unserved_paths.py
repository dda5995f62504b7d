"""Paths that are not served: each is counted, some are logged, and probable batches raise the count of misdirected."""

import time

import pytest
from structlog.testing import capture_logs
from support.events import batch, purchase
from support.site import Site

ONE = batch(purchase(1))


def counted(site: Site, name: str, field: str) -> int:
    """Return the count in Redis now."""
    return int(site.redis.hget(f"counts:{name}", field) or 0)


def until_counted(site: Site, name: str, field: str, number: int) -> int:
    """Return the count in Redis once it is at least `number`, or after 30 s."""
    deadline = time.monotonic() + 30
    while counted(site, name, field) < number and time.monotonic() < deadline:
        time.sleep(0.05)
    return counted(site, name, field)


@pytest.mark.parametrize(
    ("path", "auth", "is_meant"),
    [
        ("/", None, False),
        ("/wp-login.php", None, False),
        ("/v1/events", None, True),
        ("/v2/Events/", None, True),
        ("/mparticle/bulkevents", ("who", "knows"), True),
        ("/v2/batches", ("web-key", "web-secret"), True),
        ("/v2/batches", ("web-key", "wrong"), True),
        ("/v2/batches", ("who", "knows"), False),
        ("/v2/bulkevents/historical", ("web-key", "web-secret"), True),
    ],
)
def test_each_is_counted_and_probable_batches_count_as_misdirected(
    own_site: Site, path: str, auth: tuple[str, str] | None, is_meant: bool
) -> None:
    """The end of the path or the key of an input decides."""
    no_auth = (lambda request: request) if auth is None else auth
    with capture_logs() as lines:
        assert own_site.http.post(path, json=ONE, auth=no_auth).status_code == 404
        assert until_counted(own_site, "answers", "404", 1) == 1
        assert until_counted(own_site, "misdirected", "requests", int(is_meant)) == int(is_meant)
    [line] = [line for line in lines if line["event"] == "request_refused"]
    assert (line["status"], line["log_level"]) == (404, "warning" if is_meant else "info")
    assert ("/v2/events or /v2/bulkevents" in line["reason"]) is is_meant


def test_a_flood_is_counted_and_not_logged_line_by_line(own_site: Site) -> None:
    """One line a second; requests of strangers do not suppress lines about senders."""
    with capture_logs() as lines:
        for _ in range(50):
            own_site.http.get("/stranger", auth=lambda request: request)
        own_site.http.post("/v1/events", json=ONE)
    refused = [line for line in lines if line["event"] == "request_refused"]
    assert len(refused) < 40
    assert any("/v1/events" in line["reason"] for line in refused)
    assert until_counted(own_site, "answers", "404", 51) == 51


@pytest.mark.parametrize("path", ["/v2/jane@shop.example/events", "/" + "x" * 200 + "/events", "/%0Aforged/events"])
def test_a_path_that_may_hold_anything_is_not_logged(own_site: Site, path: str) -> None:
    """It may hold personal data, or a line break."""
    with capture_logs() as lines:
        own_site.http.post(path, json=ONE)
    assert any("a path that is not shown" in line.get("reason", "") for line in lines)
    assert "jane" not in repr(lines)
