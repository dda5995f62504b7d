"""`relay status --days`: how the events of each day ended, by TikTok event and reason."""

from datetime import UTC, datetime, timedelta

from support.bench import Bench
from support.events import purchase
from support.terminal import relay

from delivery.dead_letter import DeadLetter

DAY_MS = 86_400_000
BAD_URL = {"TikTok.URL": "www.shop.com/x"}


def day(days_ago: int) -> dict[str, object]:
    """Return the bench's connection on that day, as `--json` has it."""
    found = relay("status", "--days", "3", "--json").json
    wanted = (datetime.now(UTC).date() - timedelta(days=days_ago)).isoformat()
    (one,) = [one for one in found if one["day"] == wanted]
    return dict(one)


def test_each_day_has_the_events_received_on_it_and_how_they_ended(bench: Bench) -> None:
    """Whenever they ended; a day without events has zeros."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), {"event_type": "screen_view"}], days_ago=1)
    bench.put([purchase(3)])
    assert (day(1)["accepted"], day(1)["waiting"]) == (3, 3)
    bench.drain()
    assert day(1) == {
        "connection": "shop",
        "day": day(1)["day"],
        **dict.fromkeys(("extra", "replayed", "erased", "discarded"), 0),
        "withheld": {},
        "accepted": 3,
        "unsupported": 1,
        "delivered": {"PlaceAnOrder": 1},
        "dead_lettered": {"PlaceAnOrder": {"invalid_url": 1}},
        "waiting": 0,
    }
    assert day(0)["delivered"] == {"PlaceAnOrder": 1}
    assert (day(2)["accepted"], day(2)["delivered"], day(2)["dead_lettered"]) == (0, {}, {})


def test_a_replay_counts_on_the_day_its_event_was_received(bench: Bench) -> None:
    """As replayed, and then as it ended."""
    bench.put([purchase(2, custom_flags=BAD_URL)], days_ago=1)
    bench.drain()
    assert relay("dead-letters", "replay", "--all").exit_code == 0
    waiting = day(1)
    bench.drain_all()
    assert (waiting["replayed"], waiting["waiting"]) == (1, 1)
    assert (day(1)["dead_lettered"], day(1)["waiting"]) == ({"PlaceAnOrder": {"invalid_url": 2}}, 0)
    assert day(0)["replayed"] == 0


def test_an_unreadable_event_has_no_tiktok_event(bench: Bench) -> None:
    """Its name is empty."""
    bench.put([7])
    bench.drain()
    assert day(0)["dead_lettered"] == {"": {"invalid_value": 1}}
    assert DeadLetter.decode(bench.redis.hvals("dead_letters:shop")[0]).tiktok_event is None


def test_people_see_the_days_with_events(bench: Bench) -> None:
    """With names and reasons, and a sentence where there are none."""
    assert "no events in these days" in relay("status", "--days", "7").stdout
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    bench.put([7])
    bench.drain()
    shown = " ".join(relay("status", "--days", "7").stdout.split())
    assert "1 PlaceAnOrder delivered" in shown
    assert "1 PlaceAnOrder dead-lettered: invalid_url" in shown
    assert "1 unreadable event dead-lettered: invalid_value" in shown


def test_a_day_does_not_expire_and_at_most_ninety_are_shown(bench: Bench) -> None:
    """The worker removes old days, not Redis's clock."""
    bench.put([purchase(1)])
    (key,) = bench.redis.keys("days:shop:*")
    assert bench.redis.ttl(key) == -1
    assert relay("status", "--days", "91").exit_code == 2
    assert relay("status", "--days", "7", "--verify").exit_code == 2


def test_withheld_events_are_counted_by_rule(bench: Bench) -> None:
    """In JSON, and in the table for people."""
    bench.configure("native_events: {purchase: off}")
    bench.put([purchase(1), purchase(2)])
    bench.drain()
    assert day(0)["withheld"] == {"native_events: purchase off": 2}
    assert day(0)["waiting"] == 0
    assert "2 withheld: native_events: purchase off" in " ".join(relay("status", "--days", "1").stdout.split())
