"""Every option that names a connection, an input, a TikTok event or a reason: an unknown value is named at once."""

from pathlib import Path

import msgspec
import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from config.dead_letter_reasons import REASONS
from config.vocabulary import TIKTOK_EVENTS

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}
SHOP = 'Unknown connection "shpo". Did you mean "shop"? Known: shop.'
WEB = 'Unknown input "wbe". Did you mean "web"? Known: web.'
EVENT = f'Unknown TikTok event "Purchse". Did you mean "Purchase"? Known: {", ".join(TIKTOK_EVENTS)}'
REASON = 'Unknown reason "invalid_ulr". Did you mean "invalid_url"? Known: '
CASES = "cases:\n  - name: a case\n    connection: shop\n    batch: {events: []}\n    expect: {events: []}\n"


@pytest.fixture
def files(bench: Bench, tmp_path: Path) -> dict[str, str]:
    """Return the files that commands read, by name. The bench has a dead letter."""
    bench.put([purchase(1, custom_flags=BAD_URL)])
    bench.drain()
    files = {"BATCH": tmp_path / "batch.json", "CASES": tmp_path / "cases.yaml", "RELAY": bench.path}
    files["BATCH"].write_bytes(msgspec.json.encode(batch(purchase(1))))
    files["CASES"].write_text(CASES, encoding="utf-8")
    return {name: str(path) for name, path in files.items()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("tail --connection shpo", SHOP),
        ("tail --event Purchase --event Purchse", EVENT),
        ("send BATCH --input wbe", WEB),
        ("preview BATCH --input wbe", WEB),
        ("preview BATCH --connection shpo", SHOP),
        ("preview BATCH --diff RELAY RELAY --input wbe", WEB),
        ("preview BATCH --diff RELAY RELAY --connection shpo", SHOP),
        ("test CASES --connection shpo", SHOP),
        ("check --deep --connection shpo", SHOP),
        ("connections pause shpo", SHOP),
        *(
            (f"dead-letters {command} {option}", said)
            for command in ("list", "count", "export", "replay", "replay --dry-run", "discard --yes")
            for option, said in (
                ("--connection shpo", SHOP),
                ("--reason invalid_ulr", REASON),
                ("--tiktok-event Purchse", EVENT),
            )
        ),
    ],
)
def test_an_unknown_value_is_named_with_the_nearest(files: dict[str, str], arguments: str, said: str) -> None:
    """With exit code 2, before anything is done."""
    result = relay(*(files.get(word, word) for word in arguments.split()))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_known_reason_that_no_dead_letter_has_is_no_error(files: dict[str, str]) -> None:
    """Scripts count dead letters of a reason to learn that there are none."""
    for reason in REASONS:
        assert relay("dead-letters", "count", "--json", "--reason", reason).exit_code == 0


def test_a_field_that_no_dead_letter_has_is_noted(files: dict[str, str]) -> None:
    """With the nearest that one has; any field may be right, so this is no error."""
    result = relay("dead-letters", "list", "--json", "--field", "TikTok.Url")
    assert (result.exit_code, result.json) == (0, [])
    said = 'Unknown field of dead letters "TikTok.Url". Did you mean "TikTok.URL"? Known: TikTok.URL.'
    assert said in " ".join(result.stderr.split())
    assert "Unknown" not in relay("dead-letters", "list", "--field", "TikTok.URL").stderr


def test_custom_events_of_the_configuration_are_known(bench: Bench) -> None:
    """To `relay tail`, which then watches."""
    bench.configure("custom_mappings: [{custom_event: Quiz, match: {event_type: custom_event, name: q}}]")
    result = relay("tail", "--event", "quizz")
    assert result.exit_code == 2
    assert 'Did you mean "Quiz"?' in " ".join(result.stderr.split())
