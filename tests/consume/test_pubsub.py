"""What is Pub/Sub's own: leases, answers that are not bounded in bytes, credentials, and the emulator's variable."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.pubsub import Emulator
from support.queues import PubSubQueue
from support.waiting import until

from config.sources.address import SourceAddress
from config.sources.model import QueueSource
from consume.sources.interface import Source, SourceUnavailable
from consume.sources.opening import open_source

SUBSCRIPTION = "projects/shop/subscriptions/relay"


@pytest.fixture
def subscription(pubsub: Emulator) -> PubSubQueue:
    """An empty subscription, whose own lease is ten seconds."""
    return PubSubQueue(pubsub.address)


@pytest.fixture
def opened(subscription: PubSubQueue) -> Iterator[Callable[[], Source]]:
    """Open the subscription; close every connection at the end."""
    sources: list[Source] = []

    def open_it() -> Source:
        sources.append(open_source(subscription.source))
        return sources[-1]

    yield open_it
    for source in sources:
        source.close()


def test_messages_are_held_for_longer_than_the_subscription_holds_them(
    subscription: PubSubQueue, opened: Callable[[], Source]
) -> None:
    """And again after `keep`; then one who confirms them does so in time."""
    subscription.publish([b"1", b"2"])
    source, other = opened(), opened()
    messages = source.receive(2, 1 << 20, 20.0)
    until(lambda: len(messages) == 2 or messages.extend(source.receive(1, 1 << 20, 1.0)))
    end = time.monotonic() + 12
    while time.monotonic() < end:
        assert other.receive(2, 1 << 20, 1.0) == []
        source.keep(messages)
    source.confirm(messages)
    assert subscription.ready() == 0


def test_messages_whose_holder_is_gone_come_again(subscription: PubSubQueue, opened: Callable[[], Source]) -> None:
    """When their lease is over, with the same ids."""
    subscription.publish([b"1"])
    first = opened()
    (message,) = first.receive(1, 1 << 20, 60.0)
    first.close()
    other = opened()
    (again,) = until(lambda: other.receive(1, 1 << 20, 4.0))
    assert (again.id, again.body) == (message.id, b"1")


def test_after_large_messages_fewer_are_asked_for(subscription: PubSubQueue, opened: Callable[[], Source]) -> None:
    """So that no more than one goes beyond the bound in bytes, from the second answer on."""
    subscription.publish([b"x" * 100_000] * 12)
    source = opened()
    until(lambda: subscription.ready() == 12)
    source.receive(1, 1, 20.0)
    for _ in range(3):
        received = source.receive(500, 250_000, 20.0)
        assert 1 <= len(received) <= 3


def test_confirming_what_another_holds_now_is_no_error(subscription: PubSubQueue, opened: Callable[[], Source]) -> None:
    subscription.publish([b"1"])
    source = opened()
    messages = source.receive(1, 1 << 20, 20.0)
    source.give_back(messages)
    until(lambda: opened().receive(1, 1 << 20, 4.0))
    source.confirm(messages)
    source.keep(messages)
    source.give_back(messages)


def test_a_refused_handle_costs_only_its_message(subscription: PubSubQueue, opened: Callable[[], Source]) -> None:
    """With exactly-once delivery, a handle is refused when its lease is over."""
    subscription.publish([b"1"])
    source = opened()
    (message,) = source.receive(1, 1 << 20, 20.0)
    refused = dataclasses.replace(message, handle="refused")
    source.keep([refused, message])
    source.confirm([refused, message])
    source.give_back([refused, message])
    assert subscription.ready() == 0


def test_a_subscription_that_is_deleted_is_said(subscription: PubSubQueue, opened: Callable[[], Source]) -> None:
    source = opened()
    subscription.delete()
    with pytest.raises(SourceUnavailable, match=r"has no subscription projects/relay/subscriptions/.*; to do: create"):
        until(lambda: source.receive(1, 1 << 20, 1.0))


def test_the_variable_of_googles_clients_names_the_emulator(
    subscription: PubSubQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", str(subscription.source.address))
    subscription.publish([b"1"])
    source = open_source(dataclasses.replace(subscription.source, address=SourceAddress.parse("pubsub://")))
    assert [message.body for message in until(lambda: source.receive(1, 1 << 20, 1.0))] == [b"1"]
    source.close()


KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"

FILES: dict[str, tuple[str | None, str]] = {
    "no file": (None, "cannot be read"),
    "no JSON": (KEY, "is no key of a service account"),
    "no account": ("{}", "is no key of a service account"),
    "a bad key": (
        json.dumps({"type": "service_account", "client_email": "a@b", "token_uri": "http://c", "private_key": KEY}),
        "is no key of a service account",
    ),
}
"""What a file of credentials may have, and what is said of it."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_credentials_that_cannot_be_used_is_said(name: str, tmp_path: Path) -> None:
    """Without a part of it, and without asking Google."""
    pytest.importorskip("google.pubsub_v1")
    content, words = FILES[name]
    file = tmp_path / "account.json"
    if content is not None:
        file.write_text(content)
    address = SourceAddress.parse(f"pubsub://?credentials={file}")
    with pytest.raises(SourceUnavailable) as refused:
        open_source(QueueSource("batches", address, SUBSCRIPTION, "web"))
    assert words in refused.value.problem
    assert KEY[:8] not in str(refused.value)


def test_a_machine_without_credentials_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("google.pubsub_v1")
    for name, value in (("NO_GCE_CHECK", "true"), ("HOME", str(tmp_path)), ("CLOUDSDK_CONFIG", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(SourceUnavailable, match=r"no usable credentials for Pub/Sub; to do: .*GOOGLE_APPLICATION_CRED"):
        open_source(QueueSource("batches", SourceAddress.parse("pubsub://"), SUBSCRIPTION, "web"))
