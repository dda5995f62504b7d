"""What stopped without an error: judged from real counts, alerted once, shown everywhere, and over when it is."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.bench import Bench
from support.events import purchase
from support.receiver import Receiver, receiving
from support.terminal import relay

from config.settings import Settings
from lanes.hourly_counts import hour_of
from mapping.match_keys import MATCH_KEYS
from operations.alerts.drift.state import read_watches
from operations.metrics.exposition import exposition
from store.clocks import now_ms
from worker.alerts.watcher import Alerts
from worker.drift import DriftJudge

MINUTE = 60_000
CONFIGURED = "enable_web_migration: true"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def stopped(bench: Bench) -> Bench:
    """Two weeks of 90 purchases and 200 views an hour; purchases stopped two hours ago."""
    bench.configure(CONFIGURED)
    last = hour_of(now_ms(bench.redis))
    with bench.redis.pipeline() as pipeline:
        for hour in range(last - 15 * 24 + 1, last + 1):
            counts = {"sent\tViewContent": packed(200)}
            if hour < last - 1:
                counts["sent\tPlaceAnOrder"] = packed(90)
            pipeline.hset(f"hours:shop:{hour}", mapping=counts)
        pipeline.execute()
    return bench


def packed(sent: int) -> bytes:
    """Return one event's numbers as settlements write them."""
    return msgspec.msgpack.encode([sent, *[0] * len(MATCH_KEYS)])


def judge(bench: Bench, minutes: int = 0, ends: int = 0) -> None:
    """Judge every ten minutes, from this number of minutes ago to `ends`, which is in the future if negative."""
    for ago in range(minutes, ends - 1, -10):
        DriftJudge(bench.url, lambda client, ago=ago: now_ms(client) - ago * MINUTE).judge(bench.runtime)  # type: ignore[misc]


def alert(bench: Bench, receiver: Receiver) -> None:
    """Let another worker check the alerts."""
    bench.redis.delete("alerts:leader")
    settings = Settings(config=bench.path, redis_url=bench.url, alert_webhook=receiver.url)  # type: ignore[arg-type]
    Alerts(settings, bench.url).check()


def drift_metric(bench: Bench) -> dict[tuple[str, str], float]:
    """Return relay_drift of the connection, by detector and subject."""
    text = exposition(Settings(config=bench.path, redis_url=bench.url), bench.redis).decode()  # type: ignore[arg-type]
    [family] = [family for family in text_string_to_metric_families(text) if family.name == "relay_drift"]
    return {(sample.labels["detector"], sample.labels["subject"]): sample.value for sample in family.samples}


def test_what_stopped_is_alerted_once_and_its_return_once(stopped: Bench, receiver: Receiver) -> None:
    """Whichever worker judges and alerts; the return is counted by a real settlement."""
    judge(stopped, 110)
    for _ in range(3):
        judge(stopped)
        alert(stopped, receiver)
    assert receiver.alerts == [("shop", "drift_silence")]
    [sent] = receiver.taken
    assert sent["relay"]["subject"] == "PlaceAnOrder"
    assert sent["relay"]["runbook"] == "docs/runbook.md#silence"
    assert "relay: shop: PlaceAnOrder has stopped since about" in sent["text"]
    assert "none came, usually at least 90 come in an hour at this time of the week." in sent["text"]
    assert drift_metric(stopped)["silence", "PlaceAnOrder"] == 1
    stopped.put([purchase(number) for number in range(20)])
    stopped.drain()
    judge(stopped, -2, -2)  # the last minute is not judged yet, and it may be all there is of this hour
    alert(stopped, receiver)
    alert(stopped, receiver)
    assert receiver.alerts == [("shop", "drift_silence"), ("shop", "drift_over")]
    assert receiver.taken[1]["text"].startswith("relay: shop: PlaceAnOrder comes again.")
    assert drift_metric(stopped) == {("silence", ""): 0, ("match_keys", ""): 0, ("jumps", ""): 0}


def test_status_shows_it(stopped: Bench) -> None:
    """As a sentence, and as fields."""
    judge(stopped, 110)
    environ = {"RELAY_CONFIG": str(stopped.path), "RELAY_REDIS_URL": stopped.url}
    shown = relay("status", environ=environ)
    assert "shop: PlaceAnOrder has stopped since about" in " ".join((shown.stdout + shown.stderr).split())
    [found] = json.loads(relay("status", "--json", environ=environ).stdout)["drift"]
    assert (found["connection"], found["detector"], found["subject"]) == ("shop", "silence", "PlaceAnOrder")


def test_while_events_wait_nothing_is_silent(stopped: Bench) -> None:
    """Those that wait may be the missing ones: the time since the oldest of them was received is not judged."""
    stopped.put([purchase(1)], days_ago=1)
    judge(stopped, 110)
    assert read_watches(stopped.redis)["shop"].findings == []


@pytest.mark.parametrize("line", ["drift_alerts: [match_keys, jumps]", "drift_muted: [PlaceAnOrder]", "enabled: false"])
def test_it_can_be_switched_off(stopped: Bench, line: str, receiver: Receiver) -> None:
    """A detector, a name, or the connection; in force without a restart, and without an alert that it is over."""
    judge(stopped, 110)
    alert(stopped, receiver)
    stopped.configure(CONFIGURED, line)
    judge(stopped)
    alert(stopped, receiver)
    watches = read_watches(stopped.redis)
    assert "shop" not in watches or watches["shop"].findings == []
    assert receiver.alerts == [("shop", "drift_silence")]


def test_one_worker_judges_at_a_time(stopped: Bench) -> None:
    """Another one within five minutes does nothing."""
    DriftJudge(stopped.url).step(stopped.runtime)
    first = read_watches(stopped.redis)["shop"].judged_ms
    DriftJudge(stopped.url).step(stopped.runtime)
    assert read_watches(stopped.redis)["shop"].judged_ms == first
