"""`sources:` of relay.yaml: what is read, and one sentence for each mistake."""

from pathlib import Path
from typing import NamedTuple

import pytest

from config.errors import ConfigurationError
from config.file import load, read_without_secrets
from config.reading.draft import MINIMAL_FILE
from config.sources.address import SourceAddress

ENVIRON = {
    "WEB_KEY": "key",
    "WEB_SECRET": "secret",
    "TIKTOK_TOKEN": "token",
    "QUEUE_URL": "amqp://joe:pa%2Fss@rabbit.example:5673,other.example/shop",
}
SECRET = "pa%2Fss"
FIRST_LINE = MINIMAL_FILE.count("\n") + 1
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/batches"


def file_with(tmp_path: Path, *lines: str) -> Path:
    """Write a file with one source, whose first line is line FIRST_LINE + 1."""
    first, *others = lines
    text = f"{MINIMAL_FILE}sources:\n  - {first}\n" + "".join(f"    {line}\n" for line in others)
    path = tmp_path / "relay.yaml"
    path.write_text(text)
    return path


def test_a_source_is_read_with_its_secret_by_reference(tmp_path: Path) -> None:
    file = file_with(tmp_path, "id: batches", "url: ${QUEUE_URL}", "queue: mparticle", "input: web")
    source = load(file, ENVIRON).sources["batches"]
    assert source.address.kind == "rabbitmq"
    assert [str(host) for host in source.address.hosts] == ["rabbit.example:5673", "other.example:5672"]
    assert (source.address.username, source.address.password, source.address.path) == ("joe", "pa/ss", "shop")
    assert (source.queue, source.inputs, source.enabled) == ("mparticle", ("web",), True)
    assert "pa/ss" not in repr(source)


def test_a_header_says_which_input_a_message_is_of(tmp_path: Path) -> None:
    by_header = "input_by: {header: app, inputs: {shop: web}, otherwise: web}"
    file = file_with(tmp_path, "id: batches", "url: amqp://localhost", "queue: mparticle", by_header)
    source = load(file, ENVIRON).sources["batches"]
    assert source.input_of({"app": "shop"}) == source.input_of({}) == "web"
    assert source.inputs == ("web",)


def test_a_file_is_checked_without_the_secrets(tmp_path: Path) -> None:
    file = file_with(tmp_path, "id: batches", "url: ${QUEUE_URL}", "queue: mparticle", "input: web")
    assert read_without_secrets(file).sources["batches"].address.kind == "unexpanded"


def test_a_password_in_plain_text_is_warned_of(tmp_path: Path) -> None:
    lines = ("id: batches", "url: amqp://joe:secret@rabbit.example", "queue: mparticle", "input: web")
    (warning,) = (w for w in load(file_with(tmp_path, *lines), ENVIRON).warnings if "source" in w)
    assert "the password of the source `batches` stands in the file in plain text" in warning
    assert "secret@" not in warning


class Mistake(NamedTuple):
    """The lines of a source, the place of the error among them (from 0), and words of its sentence."""

    lines: tuple[str, ...]
    place: int
    words: tuple[str, ...]


GOOD = ("id: batches", "url: amqp://localhost", "queue: mparticle", "input: web")


def changed(place: int, line: str) -> tuple[str, ...]:
    return (*GOOD[:place], line, *GOOD[place + 1 :])


MISTAKES = {
    "an unknown scheme": Mistake(changed(1, "url: http://localhost"), 1, ("amqp://", "amqps://", "sqs://")),
    "no host": Mistake(changed(1, "url: 'amqp://'"), 1, ("has no host", "amqp://user:password@host")),
    "a bad port": Mistake(changed(1, "url: amqp://localhost:0"), 1, ("port that is not from 1 to 65535",)),
    "a user alone": Mistake(changed(1, "url: amqp://joe@localhost"), 1, ("a user and a password",)),
    "a raw slash in a password": Mistake(changed(1, "url: amqp://joe:a/b@localhost"), 1, ("percent-encoded",)),
    "an unknown parameter": Mistake(changed(1, "url: amqps://localhost?verify=no"), 1, ("ca_certs",)),
    "an unset variable": Mistake(changed(1, "url: ${NOT_SET}"), 1, ("NOT_SET is not set",)),
    "an unknown input": Mistake(changed(3, "input: wep"), 3, ("`wep`", "Did you mean `web`?")),
    "an unknown key": Mistake((*GOOD, "quue: x"), 4, ("`quue` is no setting of a source", "Did you mean `queue`?")),
    "no input": Mistake(GOOD[:3], 0, ("has no key", "input, input_by")),
    "both inputs": Mistake(
        (*GOOD, "input_by: {header: a, inputs: {}, otherwise: web}"), 4, ("exactly one of input, input_by",)
    ),
    "no queue": Mistake((GOOD[0], GOOD[1], GOOD[3]), 0, ("a source has no `queue`",)),
    "the name of an SQS queue": Mistake(changed(1, "url: sqs://"), 2, ("must be the queue's URL", "amazonaws.com")),
    "a name that no topic has": Mistake(
        (GOOD[0], "url: kafka://localhost", "queue: a/b", GOOD[3]), 2, ("the topic's name",)
    ),
    "a mechanism that is not there": Mistake(
        changed(1, "url: kafkas://joe:x@localhost?sasl=GSSAPI"), 1, ("`sasl`", "PLAIN, SCRAM-SHA-256")
    ),
    "a consumer group of RabbitMQ": Mistake(
        (*GOOD, "consumer_group: relay"), 4, ("`consumer_group` is for Kafka alone",)
    ),
    "half a connection string": Mistake(
        changed(1, "url: Endpoint=sb://shop.servicebus.windows.net/"), 1, ("whole connection string of Event Hubs",)
    ),
    "a subscription without its project": Mistake(
        changed(1, "url: pubsub://"), 2, ("must be the subscription's full name", "projects/PROJECT/subscriptions/NAME")
    ),
    "a user of Pub/Sub": Mistake(changed(1, "url: pubsub://joe:x@"), 1, ("has a user", "?credentials=FILE")),
    "two emulators": Mistake(changed(1, "url: pubsub://one,two"), 1, ("several hosts", "pubsub://[emulator:port]")),
    "credentials without a file": Mistake(changed(1, "url: pubsub://?credentials="), 1, ("with a value: credentials",)),
    "a host of SQS": Mistake(changed(1, "url: sqs://localhost"), 1, ("has a host", "sqs://[key:secret@]")),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    mistake = MISTAKES[name]
    file = file_with(tmp_path, *mistake.lines)
    with pytest.raises(ConfigurationError) as refused:
        load(file, ENVIRON)
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"{file}:{FIRST_LINE + 1 + mistake.place}: ")
    assert all(word in str(problem) for word in mistake.words), str(problem)


def test_two_sources_with_one_id_are_refused(tmp_path: Path) -> None:
    file = file_with(tmp_path, *GOOD)
    file.write_text(file.read_text() + "  - {id: batches, url: 'amqp://localhost', queue: q, input: web}\n")
    with pytest.raises(ConfigurationError, match="the id `batches` is another source's too"):
        load(file, ENVIRON)


@pytest.mark.parametrize(
    "url",
    [
        f"amqp://joe:{SECRET}@local host",
        f"amqp://joe:{SECRET}@localhost/a/b",
        f"amqp://joe:{SECRET}@localhost:99999",
        f"amqp://joe:{SECRET}@localhost?secret={SECRET}",
        f"kafka:{SECRET}",
        f"kafkas://joe:{SECRET}@localhost/path",
        f"Endpoint=sb://localhost/;SharedAccessKey={SECRET}",
        f"sqs://KEY:{SECRET}@localhost",
        f"pubsub://joe:{SECRET}@localhost",
    ],
)
def test_no_message_shows_a_part_of_the_url(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        SourceAddress.parse(url)
    assert SECRET not in str(refused.value)
    assert "joe" not in str(refused.value)


def test_an_sqs_source_needs_no_key(tmp_path: Path) -> None:
    file = file_with(tmp_path, "id: batches", "url: sqs://?region=eu-west-1", f"queue: {QUEUE}", "input: web")
    address = load(file, ENVIRON).sources["batches"].address
    assert (address.username, address.parameters) == (None, {"region": "eu-west-1"})


def test_a_source_of_pubsub_needs_no_more_than_its_subscription(tmp_path: Path) -> None:
    queue = "projects/shop-1/subscriptions/relay"
    for url, place, parameters in (
        ("pubsub://", "pubsub", {}),
        ("pubsub://?credentials=/run/secrets/relay.json", "pubsub", {"credentials": "/run/secrets/relay.json"}),
        ("pubsub://localhost", "localhost:8085", {}),
    ):
        file = file_with(tmp_path, "id: batches", f"url: {url}", f"queue: {queue}", "input: web")
        source = load(file, ENVIRON).sources["batches"]
        assert (source.address.kind, source.queue) == ("pubsub", queue)
        assert (str(source.address), source.address.parameters) == (place, parameters)


def test_a_topic_of_kafka_has_hosts_and_a_user(tmp_path: Path) -> None:
    url = "kafkas://joe:pa%2Fss@one.example,two.example:9094?sasl=SCRAM-SHA-512&ca_certs=/ca.pem"
    file = file_with(tmp_path, "id: batches", f"url: {url}", "queue: mparticle", "input: web", "consumer_group: shop")
    source = load(file, ENVIRON).sources["batches"]
    assert (source.address.kind, source.consumer_group, source.address.tls) == ("kafka", "shop", True)
    assert str(source.address) == "one.example:9093, two.example:9094"
    assert source.address.parameters == {"sasl": "SCRAM-SHA-512", "ca_certs": "/ca.pem"}
    assert load(file_with(tmp_path, *GOOD), ENVIRON).sources["batches"].consumer_group == "relay"


EVENT_HUBS = "Endpoint=sb://{host}/;SharedAccessKeyName=relay;SharedAccessKey=S3+/cret=;EntityPath=mparticle"


@pytest.mark.parametrize(
    ("host", "more", "place", "tls"),
    [
        ("shop.servicebus.windows.net", "", "shop.servicebus.windows.net:9093", True),
        ("localhost", ";UseDevelopmentEmulator=true", "localhost:9092", False),
    ],
)
def test_the_connection_string_of_event_hubs_is_taken_as_azure_shows_it(
    host: str, more: str, place: str, tls: bool, tmp_path: Path
) -> None:
    text = EVENT_HUBS.format(host=host) + more
    file = file_with(tmp_path, "id: batches", "url: ${EVENT_HUBS}", "queue: mparticle", "input: web")
    address = load(file, {**ENVIRON, "EVENT_HUBS": text}).sources["batches"].address
    assert (address.kind, str(address), address.tls) == ("kafka", place, tls)
    assert (address.username, address.password) == ("$ConnectionString", text)
    assert "S3+" not in repr(address)
