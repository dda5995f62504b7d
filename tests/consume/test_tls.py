"""TLS to a real RabbitMQ: certificates are verified, relay shows its own, and what does not fit is said plainly."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.queues import RabbitQueue
from support.rabbitmq import QUEUE, RabbitMq, Tls
from support.tls import Authority, tls_in_front

from config.sources.address import SourceAddress
from config.sources.model import QueueSource
from consume.sources.interface import SourceUnavailable
from consume.sources.opening import open_source

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signs for broker and relay."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def broker(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    """Run a broker that takes only clients with a certificate."""
    broker = RabbitMq(tmp_path_factory.mktemp("broker") / "node", Tls(authority.file, *authority.issue("server", HOST)))
    broker.declare()
    yield broker
    broker.close()


def source(port: int, queue: str = QUEUE, scheme: str = "amqps", **parameters: Path) -> QueueSource:
    """Return the source with the files that its URL names."""
    query = "&".join(f"{name}={path}" for name, path in parameters.items())
    address = SourceAddress.parse(f"{scheme}://guest:guest@{HOST}:{port}" + (f"?{query}" if query else ""))
    return QueueSource("batches", address, queue, "web")


def problem_of(source: QueueSource) -> str:
    """Return both sentences of a source that cannot be used; neither shows a path or a password."""
    with pytest.raises(SourceUnavailable) as unavailable:
        open_source(source)
    sentence = str(unavailable.value)
    assert not re.search(r"guest|\.pem|\.key|/tmp", sentence)
    return sentence


def test_messages_come_by_tls_with_a_certificate_of_relay(authority: Authority, broker: RabbitMq) -> None:
    certificate, key = authority.issue("relay")
    broker.publish(b"a batch")
    with closing(
        open_source(source(broker.tls_port, ca_certs=authority.file, certfile=certificate, keyfile=key))
    ) as queue:
        [message] = queue.receive(1, 1, 20)
        assert message.body == b"a batch"
        queue.confirm([message])
        assert queue.backlog() == 0


def test_a_broker_that_wants_a_certificate_says_so(authority: Authority, broker: RabbitMq) -> None:
    """With none, and with one of another authority."""
    assert "certfile=FILE" in problem_of(source(broker.tls_port, ca_certs=authority.file))
    certificate, key = Authority(authority.directory, "stranger").issue("intruder")
    other = source(broker.tls_port, ca_certs=authority.file, certfile=certificate, keyfile=key)
    assert "certificate of relay" in problem_of(other)


def test_the_certificate_of_the_broker_is_verified(rabbitmq: RabbitMq, authority: Authority, tmp_path: Path) -> None:
    """Its authority, its name and its time; only what fits is used."""
    queue = RabbitQueue(rabbitmq).source.queue
    cases = {
        "of an authority that is not trusted": (Authority(tmp_path).issue("good", HOST), authority.file),
        "is for another": (authority.issue("elsewhere", "queue.example"), authority.file),
        "has expired": (authority.issue("old", HOST, expired=True), authority.file),
        "is not valid yet": (authority.issue("early", HOST, early=True), authority.file),
    }
    for words, (files, trusted) in cases.items():
        with tls_in_front(rabbitmq.port, *files) as port:
            assert words in problem_of(source(port, queue, ca_certs=trusted))
    with tls_in_front(rabbitmq.port, *authority.issue("right", HOST)) as port:
        assert "not trusted" in problem_of(source(port, queue))  # the machine's own authorities
        with closing(open_source(source(port, queue, ca_certs=authority.file))) as found:
            assert found.backlog() == 0


def test_a_wrong_port_or_scheme_is_said(rabbitmq: RabbitMq, broker: RabbitMq, authority: Authority) -> None:
    assert "does not speak TLS" in problem_of(source(rabbitmq.port, ca_certs=authority.file))
    assert "amqp:// or amqps://" in problem_of(source(broker.tls_port, scheme="amqp"))


@pytest.mark.parametrize(("scheme", "name"), [("amqps", "RabbitMQ"), ("kafkas", "Kafka")])
def test_a_file_that_cannot_be_used_is_named(authority: Authority, tmp_path: Path, scheme: str, name: str) -> None:
    """By its parameter, before anything is connected, whatever the queue."""
    certificate, key = authority.issue("one")
    _, other_key = authority.issue("two")
    text, closed = tmp_path / "text.pem", tmp_path / "closed.pem"
    text.write_text("no certificate")
    closed.mkdir()
    cases = {
        f"ca_certs in `url` for {name} at 127.0.0.1:1 cannot be used: No such file": {
            "ca_certs": tmp_path / "none.pem"
        },
        f"certfile or keyfile in `url` for {name} at 127.0.0.1:1 cannot be used: No such": {
            "certfile": certificate,
            "keyfile": tmp_path / "none.key",
        },
        "ca_certs in `url`": {"ca_certs": closed, "certfile": certificate, "keyfile": key},
        "it is no PEM file": {"ca_certs": text},
        "keyfile in `url`": {"certfile": certificate, "keyfile": text},
        "do not fit": {"certfile": certificate, "keyfile": other_key},
        "names keyfile and no certfile": {"keyfile": other_key},
    }
    for words, files in cases.items():
        assert words in problem_of(source(1, scheme=scheme, **files))
