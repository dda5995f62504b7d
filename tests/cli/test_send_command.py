"""`relay send` posts as mParticle would, and prints ingest's answer."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from config.settings import load_settings
from ingest.server import serving


@pytest.fixture
def url(bench: Bench) -> Iterator[str]:
    """Run an ingest on the bench; give its URL."""
    with serving(load_settings()) as url:
        yield url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of the file with batches."""
    return tmp_path / "batches.json"


def test_a_batch_is_accepted(bench: Bench, url: str, file: Path) -> None:
    """With the input's credentials."""
    file.write_text(json.dumps(batch(purchase(1), purchase(2))))
    result = relay("send", str(file), "--input", "web", "--url", url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("202 Accepted: 1 batch")
    assert bench.count("accepted", "waiting") == (2, 2)


def test_the_only_input_is_the_default(bench: Bench, url: str, file: Path) -> None:
    """Of several inputs, one has to be chosen, and all are named."""
    file.write_text(json.dumps(batch(purchase(1))))
    assert relay("send", str(file), "--url", url).stdout.startswith("202 Accepted: 1 batch")
    bench.path.write_text(
        bench.path.read_text().replace(
            "inputs:\n", "inputs:\n  - {id: app, platform: ios, api_key: k, api_secret: s}\n"
        )
    )
    result = relay("send", str(file), "--url", url)
    assert result.exit_code == 2
    assert "Say with --input which input to send as. Inputs: app, web." in " ".join(result.stderr.split())


def test_an_array_goes_to_the_bulk_route(bench: Bench, url: str, file: Path) -> None:
    """And so do lines."""
    batches = [json.dumps(batch(purchase(number), user=number)) for number in range(3)]
    for content in (f"[{','.join(batches)}]", "\n".join(batches)):
        file.write_text(content)
        assert relay("send", str(file), "--input", "web", "--url", f"{url}/").stdout.startswith(
            "202 Accepted: 3 batches"
        )
    assert bench.count("accepted") == (6,)


def test_a_refusal_is_printed_in_ingests_words(url: str, file: Path) -> None:
    """Exit code 1."""
    file.write_text('[{"events": 3}]')
    result = relay("send", str(file), "--input", "web", "--url", url)
    assert result.exit_code == 1
    assert "400 Bad Request: 1 batch" in result.stdout
    assert result.stderr.startswith('BAD_REQUEST: Batch 1: "events"')


def test_where_nothing_listens_one_sentence_says_so(bench: Bench, file: Path) -> None:
    """Exit code 1, no traceback."""
    file.write_text("{}")
    result = relay("send", str(file), "--input", "web", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "Nothing listens on http://127.0.0.1:1. " in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_input_is_wrong_use(bench: Bench, file: Path) -> None:
    """The error names the known ones."""
    file.write_text("{}")
    result = relay("send", str(file), "--input", "ios")
    assert result.exit_code == 2
    assert 'Unknown input "ios". Known: web.' in result.stderr
    assert relay("send", str(file), "--input", "web", "--url", "shop").exit_code == 2
