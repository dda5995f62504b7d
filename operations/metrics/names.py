"""The names under which processes bring their counts to Redis (`store/records/counter_batches.py`)."""

from typing import Final

ANSWERS: Final = "answers"
"""Counts of ingest's HTTP answers."""
MISDIRECTED: Final = "misdirected"
"""Counts of requests to ingest that meant to bring batches, to paths that are not served."""
SOURCES: Final = "sources"
"""Counts of messages, which `relay consume` brings as `<source>:<what>`."""
