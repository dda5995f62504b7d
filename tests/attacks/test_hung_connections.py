"""Ten connections hang, in four ways, beside one that does not: it is not delayed (issue 13, kind 9)."""

import json

import httpx
from support.attack import SHORT, Attack, Start
from support.events import batch, purchase
from support.rough_tiktok import start_rough_tiktok
from support.server import free_port

WAYS = ("HANG", "HEAD", "INFO", "BODY", "HANG", "HEAD", "INFO", "BODY", "HANG", "HANG")
CONNECTIONS = "\nconnections:\n" + "".join(
    f'  - {{id: hung-{number}, inputs: [web], access_token: "${{TOKEN}}", event_source_id: C{way}{number:015}}}\n'
    for number, way in enumerate(WAYS)
)
HONEST_ANSWERS = 300 if SHORT else 900
MOST_SECONDS = 2.0


def test_ten_connections_that_hang_delay_no_other(attacked: Start) -> None:
    """One worker. All ten begin at once, each with events in all of its lanes, and hang for as long as it takes."""
    url = f"http://127.0.0.1:{free_port()}"
    with attacked(connections=CONNECTIONS, environment={"RELAY_TIKTOK_URL": url}) as relay:
        start_rough_tiktok(relay, url)
        fill(relay)
        heard_before = len(relay.honest())
        relay.wait_for(lambda: len(relay.honest()) >= heard_before + HONEST_ANSWERS, "honest answers", 400)
        rows = [row for row in relay.honest()[heard_before:-20] if row["status"] == "202"]
        relay.wait_for(lambda: all(row["id"] in arrivals(url) for row in rows), "honest events at TikTok", 60)
        arrived = arrivals(url)
        delays = sorted(arrived[row["id"]] - row["at"] for row in rows)
        late = max(row["late"] for row in rows)
        requests = httpx.get(f"{url}/_rough/log", trust_env=False).json()["requests"]
        relay.figure("requests that hung", sum(requests.get(way, 0) for way in set(WAYS)))
        relay.figure("median delay of the others, s", round(delays[len(delays) // 2], 3))
        relay.figure("slowest of the others, s", round(delays[-1], 2))
        assert all(requests.get(way) for way in WAYS), requests
        assert delays[-1] <= MOST_SECONDS + late, f"the machine itself was up to {late:.2f} s late"


def fill(relay: Attack) -> None:
    """A few hundred events for each of the ten, in many requests, so that they spread over all lanes."""
    with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=30) as http:
        for start in range(0, 400, 10):
            posted = batch(*(purchase(number) for number in range(start, start + 10)), user=start)
            http.post(f"{relay.url}/v2/events", content=json.dumps(posted)).raise_for_status()


def arrivals(url: str) -> dict[str, float]:
    """When each honest event came to TikTok."""
    arrived: dict[str, float] = httpx.get(f"{url}/_rough/log", trust_env=False).json()["arrived"]
    return arrived
