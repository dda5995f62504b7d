"""The statements of docs/archive.md on a real DuckDB: receipts of a worker, joined with a shop's orders."""

import re
from typing import Any

import pytest
from support.archive import ArchiveBench
from support.events import batch, purchase
from support.product import ROOT

duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install -e '.[servers-test]'")

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}
STATEMENTS = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "archive.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def archive_url(tmp_path: Any) -> str:
    """Only a directory: DuckDB reads S3 by an extension that it downloads."""
    return f"file://{tmp_path}/archive"


def test_a_shop_sees_what_tiktok_got(bench: ArchiveBench, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivered, not delivered and why, replayed and then delivered, and not seen; the share of a match key."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)], shared=batch(user=1))
    bench.drain()
    bench.write(hours=3)
    bench.put([purchase(3)], shared={**batch(user=1), "user_identities": {"customer_id": "c-1"}})
    bench.drain()
    bench.write(hours=2)
    monkeypatch.chdir(tmp_path)
    database = duckdb.connect()
    database.execute("CREATE TABLE orders (order_id TEXT, total INT)")
    database.execute("INSERT INTO orders VALUES ('e1', 10), ('e2', 20), ('e3', 30), ('e9', 40)")
    views, each, missing, share = STATEMENTS
    database.execute(views)
    orders = database.execute(each).fetchall()
    assert [order[:4] for order in orders] == [
        ("e1", 10, "delivered", None),
        ("e2", 20, "dead_lettered", "invalid_url"),
        ("e3", 30, "delivered", None),
        ("e9", 40, "not seen", None),
    ]
    sent = {event["event_id"]: event["request_id"] for event in bench.sandbox.events()}
    assert [order[4] for order in orders] == [sent["e1"], None, sent["e3"], None]
    assert database.execute(missing).fetchall() == [
        ("not seen", None, 1, 40),
        ("dead_lettered", "invalid_url", 1, 20),
    ]
    shares = database.execute(share).fetchall()
    assert sum(day[1] for day in shares) == 2
    assert sum(day[1] * day[2] for day in shares) == 1


def test_the_columns_are_those_of_the_document(bench: ArchiveBench) -> None:
    """Names and their order."""
    bench.put([purchase(1)])
    bench.drain()
    bench.write()
    [row] = bench.rows()
    text = (ROOT / "docs" / "archive.md").read_text(encoding="utf-8")
    table = text.partition("| column | type | holds |")[2].partition("\n\n")[0]
    names = [name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.partition(" | ")[0])]
    assert list(row) == names
