"""The client of a kind of queue is optional: without it, the sentence names what installs it."""

import sys

import pytest

from config.sources.address import SourceAddress
from config.sources.model import QueueSource
from consume.sources.interface import SourceUnavailable
from consume.sources.opening import KINDS, open_source

CLIENTS = {
    "kafka": ("confluent_kafka", "kafka://localhost"),
    "pubsub": ("google.pubsub_v1", "pubsub://"),
    "sqs": ("botocore.exceptions", "sqs://"),
}
"""What is missing where the extra of a kind is not installed, and a URL of the kind."""


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_missing_client_is_said_with_what_installs_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client, url = CLIENTS[kind]
    for name in [name for name in sys.modules if name.startswith(KINDS[kind].module)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, client, None)
    with pytest.raises(SourceUnavailable) as refused:
        open_source(QueueSource("batches", SourceAddress.parse(url), "mparticle", "web"))
    assert refused.value.problem == f"the client of {kind} is not installed"
    assert f"pip install 'tiktok-events-relay[{kind}]'" in refused.value.what_to_do
    assert "the image" in refused.value.what_to_do
