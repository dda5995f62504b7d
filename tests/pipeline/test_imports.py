"""What processes import: a module that a process never uses is memory that each of them takes."""

import re
from collections.abc import Iterator

import httpx
import pytest
from support.chaos import CONFIGURATION
from support.events import batch, purchase
from support.plant import Plant
from support.waiting import until

IMPORTED = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """Give a relay without an encryption key that has delivered an event, and whose processes log what they import."""
    directory = tmp_path_factory.mktemp("plant")
    environment = {"PYTHONPROFILEIMPORTTIME": "1"}
    with Plant(directory, CONFIGURATION, ingests=1, workers=1, environment=environment, token="good") as plant:
        plant.wait_until_ready()
        answer = httpx.post(
            f"{plant.ingest_urls[0]}/v2/events", json=batch(purchase()), auth=("key", "secret"), trust_env=False
        )
        assert answer.status_code == 202
        until(plant.sandbox.events)
        yield plant
