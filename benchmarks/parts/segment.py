"""Measure Segment's published mapping to TikTok and relay's on the same events, in turn; skipped without npm."""

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.report.figures import figure, ratios
from benchmarks.report.result import Result
from benchmarks.support.bed import CONFIGURATION
from benchmarks.support.data import batches
from benchmarks.support.node import SCRIPTS, run_script
from config.file import ConfigurationFile
from ingest.active_configuration import compile_configuration
from mapping.incoming.batch import split_batch
from mapping.plan import Plan
from mapping.results import Mapped

EVENTS: Final = 2_000
EVENTS_A_REQUEST: Final = 1_000
INSTALL_WITHIN_S: Final = 300
NOW_MS: Final = 1_764_000_000_000
SEGMENT_DOES: Final = (
    "Segment: its mapping directives, validation against a schema and a Request object for each event; one event a "
    "body; no batches, no notes on omitted values, city without accents lost"
)


def run(quick: bool) -> list[Result]:
    """Measure JSON text in, request body out: one event with three products a batch; the same input for both."""
    why_not = _install()
    if why_not:
        Console(stderr=True).print(f"segment is skipped: {why_not}")
        return []
    rounds, seconds = (2, 1.0) if quick else (7, 3.0)
    single = batches(EVENTS, 1)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as directory:
        events, plan = Path(directory) / "events.jsonl", _plan(Path(directory) / "relay.yaml")
        events.write_text("\n".join(json.dumps(segment_event(each)) for each in single))
        _relay(plan, single, 0.2)
        for _ in range(rounds):
            ours.append(_relay(plan, single, seconds))
            theirs.append(_segment(events, seconds))
    times = ratios(ours, theirs)
    return [
        figure("segment", "relay", "events/s", ours, better="more", note="bytes to bytes, with every row and check"),
        figure("segment", "Segment", "events/s", theirs, better="more", note=SEGMENT_DOES),
        figure("segment", "relay against Segment", "×", times, better="more", target=20.0),
    ]


def segment_event(batch: bytes) -> dict[str, Any]:
    """Return the event that Segment's libraries would have sent for a batch of one event."""
    source = json.loads(batch)
    data = source["events"][0]["data"]
    who, traits, action = source["user_identities"], source["user_attributes"], data["product_action"]
    purchase = action["action"] == "purchase"
    products = [
        {
            **{name: each[name] for name in ("name", "brand", "category", "variant", "position")},
            "product_id": each["id"],
        }
        | {"price": float(each["price"]), "quantity": each["quantity"]}
        for each in action["products"]
    ]
    callback = data["custom_flags"].get("TikTok.Callback")
    return {
        "type": "track",
        "event": "Order Completed" if purchase else "Checkout Started",
        "messageId": data["source_message_id"],
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(data["timestamp_unixtime_ms"] / 1000)),
        "userId": who["customer_id"],
        "properties": {
            "currency": data["currency_code"],
            "value": action["total_amount"],
            "order_id": action["transaction_id"],
            "products": products,
            "ttp": source["partner_identities"]["tiktok_cookie_id"],
            **({"ttclid": callback} if callback else {}),
        },
        "context": {
            "ip": source["ip"],
            "userAgent": source["device_info"]["http_header_user_agent"],
            "locale": source["device_info"]["locale_language"],
            "page": {"url": data["custom_flags"]["TikTok.URL"], "referrer": data["custom_flags"]["TikTok.Referrer"]},
            "traits": {
                "email": who["email"],
                "phone": who["mobile_number"],
                "first_name": traits["$FirstName"],
                "last_name": traits["$LastName"],
                "address": {
                    "city": traits["$City"],
                    "state": traits["$State"],
                    "country": traits["$Country"],
                    "postal_code": traits["$Zip"],
                },
            },
        },
    }


def _plan(file: Path) -> Plan:
    file.write_text(CONFIGURATION)
    return compile_configuration(ConfigurationFile(file, None).current).plans["web"][0]


def _relay(plan: Plan, single: list[bytes], seconds: float) -> float:
    """Return events a second."""
    events, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for start in range(0, len(single), EVENTS_A_REQUEST):
            mapped = [result for batch in single[start : start + EVENTS_A_REQUEST] for result in _map(plan, batch)]
            plan.request([each.body for each in mapped])
            events += len(mapped)
    return events / (time.perf_counter() - began)


def _map(plan: Plan, batch: bytes) -> list[Mapped]:
    split = split_batch(batch)
    mapper = plan.batch(split.shared, NOW_MS)
    results = [result for event in split.events for result in mapper.map(bytes(event), None, None)]
    return [result for result in results if isinstance(result, Mapped)]


def _segment(events: Path, seconds: float) -> float:
    done = run_script("node", "segment.js", str(events), str(seconds))
    return done.events / done.seconds


def _install() -> str | None:
    """Install the package if needed. Return None, or why it cannot be installed."""
    if (SCRIPTS / "node_modules" / "@segment" / "action-destinations").is_dir():
        return None
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "there is no npm and node on this machine"
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    try:
        done = subprocess.run(  # noqa: S603 - npm from PATH
            command, cwd=SCRIPTS, capture_output=True, timeout=INSTALL_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install its package within {INSTALL_WITHIN_S} s"
    return None if done.returncode == 0 else "npm could not install its package, @segment/action-destinations"
