"""docs/coming-from.md: its batch maps as it says, its settings and flags exist, and its files are there."""

import json
import re
from pathlib import Path

from config.model import Connection, Input
from config.reading.schema import connection_record
from mapping.incoming.batch import split_batch
from mapping.plan import compile_plan
from mapping.results import Mapped

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "coming-from.md").read_text(encoding="utf-8")


def test_the_batch_becomes_the_order_that_it_stands_for() -> None:
    """With its id unchanged, so that TikTok knows it again."""
    [written] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    batch = split_batch(written.encode())
    connection = Connection(
        id="shop",
        inputs=("web",),
        access_token="t",
        event_source_id="P",
        enable_web_migration=True,
        native_events={"purchase": "CompletePayment"},
    )
    plan = compile_plan(connection, Input("web", "web", "k", "s"))
    [item] = plan.batch(batch.shared, 1_795_000_000_000).map(bytes(batch.events[0]), None)
    assert isinstance(item, Mapped)
    assert (item.tiktok_event, item.event_id) == ("CompletePayment", "022bb90c-bbac-11e4-8dfc-aa07a5b093db")
    body = json.loads(item.body)
    assert (body["properties"]["value"], body["properties"]["contents"][0]["content_id"]) == (39.8, "sku-1")
    assert (body["user"]["ttclid"], body["page"]["url"]) == ("E.C.P.CtMBabcdef", "https://shop.example/thanks")
    assert item.notes == ()


def test_the_settings_it_names_are_settings() -> None:
    """Of a connection."""
    rows = connection_record(lambda text: text, ["web"]).rows
    table = TEXT.partition("What differs, on purpose")[0].partition("| mParticle's")[2]
    cells = [line.split("|")[2] for line in table.splitlines()[2:] if line.startswith("|")]
    named = [name for cell in cells for name in re.findall(r"`([a-z_]+)", cell)]
    assert len(named) >= 7
    assert not [name for name in named if name not in rows]


def test_its_links_lead_somewhere() -> None:
    """Relative ones."""
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / "docs" / link).exists(), link
