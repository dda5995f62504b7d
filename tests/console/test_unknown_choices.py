"""Pages name what their filter asks for and relay does not know; their empty lists alone would mislead."""

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import purchase

SHOP = 'Unknown connection "shpo". Did you mean "shop"? Known: shop.'
EVENT = 'Unknown TikTok event "Purchse". Did you mean "Purchase"? Known: '
UNSENT = "Login: no event becomes this for any connection with the present configuration."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/console?connection=shpo", SHOP),
        ("/console/days/2026-11-24?connection=shpo", SHOP),
        ("/console/match-keys?connection=shpo", SHOP),
        ("/console/live?connection=shpo", SHOP),
        ("/console/live?event=Purchse", EVENT),
        ("/console/live?event=login", UNSENT.replace("Login", "login")),
        ("/console/live?outcome=deliverd", 'Unknown outcome "deliverd". Did you mean "delivered"? Known: delivered,'),
        ("/console/dead-letters?connection=shpo", SHOP),
        ("/console/dead-letters?tiktok_event=Purchse", EVENT),
        ("/console/dead-letters?reason=invalid_ulr", 'Unknown reason "invalid_ulr". Did you mean "invalid_url"?'),
        ("/console/dead-letters?field=TikTok.Url", 'Did you mean "TikTok.URL"? Known: TikTok.URL.'),
        ("/console/dead-letters?received=yesterday", '"yesterday" is no day. Write a day as 2026-11-24.'),
        ("/console/dead-letters?newer_than=7days", '"7days" is no age. Write an age as 7d, 36h or 90m.'),
    ],
)
def test_an_unknown_value_is_named(bench: Bench, operator: ConsoleClient, path: str, said: str) -> None:
    """With the nearest that exists."""
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.no-scheme.example"})])
    bench.drain()
    assert said in visible_text(operator.get(path))


@pytest.mark.parametrize(
    "path",
    [
        "/console?connection=shop",
        "/console/live?event=placeanorder&outcome=delivered&connection=shop",
        "/console/dead-letters?reason=missing_url&connection=shop&tiktok_event=Purchase&received=2026-11-24",
    ],
)
def test_what_is_known_is_not_remarked(operator: ConsoleClient, path: str) -> None:
    """Even if nothing is found."""
    text = visible_text(operator.get(path))
    assert "Unknown" not in text
    assert "no event becomes" not in text
