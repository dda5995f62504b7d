"""TikTok out of reach: status, the log and an alert say who must do what; no event is lost."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from structlog.testing import capture_logs
from support.bench import Bench
from support.events import purchase
from support.network import HOST, http_proxy, tls_server
from support.receiver import Receiver, receiving
from support.server import free_port

from cli.check.tokens import proofs
from config.settings import Settings
from delivery.client import Client
from operations.status.connections import overview
from operations.status.describe import describe_status
from worker.alerts.watcher import Alerts

MINUTE = 60_000
START = 1_795_000_000_000


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def no_network_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the machine's own proxy and certificate settings."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def break_network(how: str, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Return the URL to post to, and the expected reason."""
    match how:
        case "dns":
            return "https://relay.invalid", "its name does not resolve"
        case "refused":
            return f"https://localhost:{free_port()}", "connection refused"
        case "unknown authority":
            return stack.enter_context(tls_server()).url, "certificate of an unknown authority"
        case "expired" | "another host" as kind:
            names = ("elsewhere.example",) if kind == "another host" else ()
            server = stack.enter_context(tls_server(*names, expired=kind == "expired"))
            file = stack.enter_context(server.authority.cert_pem.tempfile())
            monkeypatch.setenv("SSL_CERT_FILE", file)
            return server.url, "certificate not valid now" if kind == "expired" else "certificate of another host"
        case "proxy down":
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{(port := free_port())}")
            return f"https://{HOST}", f"the proxy at 127.0.0.1:{port} cannot be reached"
        case _:
            proxy = stack.enter_context(http_proxy(password="user:right"))
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{proxy.port}")
            return f"https://{HOST}", f"the proxy at 127.0.0.1:{proxy.port} asks for a password (407)"


@pytest.mark.parametrize(
    "how", ["dns", "refused", "unknown authority", "expired", "another host", "proxy down", "proxy wants a password"]
)
def test_each_way_of_being_out_of_reach_is_named_everywhere(
    how: str, bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its remedy and without a proxy's password. The alert is sent after a minute."""
    bench.put([purchase(1), purchase(2)])
    with ExitStack() as stack:
        url, reason = break_network(how, stack, monkeypatch)
        with Client(url) as client:
            monkeypatch.setattr(bench.runtime, "client", client)
            with capture_logs() as logs:
                failure = bench.drain().failure("job-1")
        settings = Settings(config=bench.path, redis_url=bench.url, tiktok_url=url, alert_webhook=receiver.url)  # type: ignore[arg-type]
        alerts = Alerts(settings, bench.url)
        for now in (START, START + MINUTE // 2, START + MINUTE, START + 2 * MINUTE):
            alerts.check(now)
        [status] = overview(settings, bench.redis).statuses
    assert failure is not None
    assert f"TikTok is out of reach: {reason}" in failure
    assert status.state == "backing_off"
    assert reason in describe_status(status, START)
    assert status.what_to_do is not None
    assert "the operator of this relay: " in status.what_to_do
    [line] = [entry for entry in logs if entry["event"] == "tiktok_unreachable"]
    assert reason in line["error"]
    assert line["what_to_do"] in status.what_to_do
    assert receiver.alerts == [("shop", "out_of_reach")]
    [told] = receiver.taken
    assert reason in told["text"]
    assert told["relay"]["what_to_do"] == line["what_to_do"]
    assert "hunter2" not in str((failure, logs, told, status.what_to_do))
    assert bench.count("delivered", "dead_lettered", "waiting") == (0, 0, 2)


def test_delivery_resumes_automatically_and_an_alert_says_so(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next attempt that reaches TikTok ends it; nothing was sent, so nothing expires."""
    working = bench.runtime.client
    bench.put([purchase(1)])
    with Client(f"https://localhost:{free_port()}") as client:
        monkeypatch.setattr(bench.runtime, "client", client)
        bench.drain()
        bench.drain()
    settings = Settings(config=bench.path, redis_url=bench.url, alert_webhook=receiver.url)  # type: ignore[arg-type]
    alerts = Alerts(settings, bench.url)
    alerts.check(START)
    alerts.check(START + MINUTE)
    monkeypatch.setattr(bench.runtime, "client", working)
    bench.drain()
    for minutes in (2, 3, 4):
        alerts.check(START + minutes * MINUTE)
    assert receiver.alerts == [("shop", "out_of_reach"), ("shop", "resumed")]
    assert bench.count("delivered", "waiting") == (1, 0)
    assert "state" not in bench.reading().status


def test_check_deep_uses_the_same_proxy_as_workers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the same fault."""
    bench.configure("enable_web_migration: true", "test_event_code: TEST1")
    with http_proxy(refuses=b"403 Forbidden") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("RELAY_TIKTOK_URL", f"https://{HOST}")
        monkeypatch.setenv("RELAY_CONFIG", str(bench.path))
        monkeypatch.setenv("RELAY_REDIS_URL", bench.url)
        [finding] = proofs((), None)
    assert finding.status == "wrong"
    assert f"the proxy at 127.0.0.1:{proxy.port} does not connect to TikTok (403)" in finding.found
    assert "CONNECT" in finding.remedy
    assert proxy.asked == [f"{HOST}:443"]
