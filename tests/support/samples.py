"""Batches of real senders: captures of SDKs, and samples from published documents."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "samples"


def batches_of(name: str) -> list[bytes]:
    """Return the batches in a file: one batch, a list, one on each line, one event, or an SDK's captured body."""
    text = (SAMPLES / name).read_text()
    try:
        documents = [json.loads(text)]
    except json.JSONDecodeError:
        documents = [json.loads(line) for line in text.splitlines() if line.strip()]
    batches: list[Any] = []
    for document in documents:
        body = json.loads(document["body_raw"] or "[]") if "body_raw" in document else document
        batches.extend(body if isinstance(body, list) else [body])
    return [json.dumps({"events": [batch]} if "event_type" in batch else batch).encode() for batch in batches]
