"""Read an entry of `sources:`: a queue, and the input that its messages are of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from config.reading.readers import Described, Read, Reader, boolean, exactly, identifier, matching, refuse, text
from config.reading.records import KeyRow, Record, mapping, not_one_of
from config.reading.references import SECRET_SCHEMA
from config.reading.yaml_tree import Fault, Node, Table
from config.sources.address import SourceAddress
from config.sources.model import DEFAULT_CONSUMER_GROUP, InputByHeader, QueueSource

_SQS_URL: Final = re.compile(r"https?://[^/\s]+/[0-9]{1,32}/[A-Za-z0-9_-]{1,80}(\.fifo)?")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_SUBSCRIPTION: Final = re.compile(r"projects/[a-z0-9.:-]{1,100}/subscriptions/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
_AN_INPUT: Final = ("input", "input_by")


def _address(expand: Read[str]) -> Reader[SourceAddress]:
    def read(name: str, node: Node) -> SourceAddress:
        value = expand(name, node)
        try:
            return SourceAddress.parse(value)
        except ValueError as error:
            refuse(node, f"`{name}` {error}")

    return Reader(read, SECRET_SCHEMA)


def _check(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    yield from not_one_of(_AN_INPUT, "a source", "key", table)
    address: SourceAddress = given["address"]
    if address.kind == "sqs" and not _SQS_URL.fullmatch(given["queue"]):
        yield Fault(
            table.lines["queue"],
            "`queue` of an SQS source must be the queue's URL, as the SQS console shows it:"
            " https://sqs.REGION.amazonaws.com/ACCOUNT/NAME",
        )
    if address.kind == "kafka" and not _TOPIC.fullmatch(given["queue"]):
        yield Fault(table.lines["queue"], "`queue` of a Kafka source must be the topic's name: a-z, A-Z, 0-9 and . _ -")
    if address.kind == "pubsub" and not _SUBSCRIPTION.fullmatch(given["queue"]):
        yield Fault(
            table.lines["queue"],
            "`queue` of a Pub/Sub source must be the subscription's full name: projects/PROJECT/subscriptions/NAME",
        )
    if address.kind not in ("kafka", "unexpanded") and "consumer_group" in table.lines:
        yield Fault(
            table.lines["consumer_group"], "`consumer_group` is for Kafka alone; other queues have no consumer groups"
        )


def input_by_record(an_input: Described[str]) -> Record[InputByHeader]:
    """Return the record of `input_by`; `an_input` reads the id of an input."""
    return Record(
        make=InputByHeader,
        what="`input_by`",
        example="{header: platform, inputs: {iOS: ios}, otherwise: web}",
        rows={
            "header": KeyRow(
                matching(r"[!-~]{1,256}", "the name of a header, without spaces"),
                "The header or attribute of a message that says which input it is of.",
                required=True,
            ),
            "inputs": KeyRow(
                mapping(an_input, "{iOS: ios, Android: android}"),
                "The input for each value of the header.",
                required=True,
            ),
            "otherwise": KeyRow(
                an_input, "The input of messages without the header, or with another value.", required=True
            ),
        },
    )


def source_record(expand: Read[str], inputs: Sequence[str]) -> Record[QueueSource]:
    """Return the record of a source; `inputs` are the allowed ids. Without any, the file has another error."""
    an_input = exactly(inputs) if inputs else text
    return Record(
        make=QueueSource,
        what="a source",
        example="{id: batches, url: …, queue: mparticle, input: web}",
        rows={
            "id": KeyRow(identifier, "The source's name in commands, metrics and the console.", required=True),
            "url": KeyRow(
                _address(expand),
                "Where the queue is, and how to sign in there ([forms](sources.md)).",
                required=True,
                to="address",
            ),
            "queue": KeyRow(
                matching(r"[!-~]{1,512}", "the name of a queue, without spaces"),
                "The name of the queue; of Kafka the topic, of Pub/Sub the subscription, of SQS the URL.",
                required=True,
            ),
            "input": KeyRow(an_input, "The input that the batches are of. A source has this or `input_by`."),
            "input_by": KeyRow(
                input_by_record(an_input), "The input by a header of each message. A source has this or `input`."
            ),
            "consumer_group": KeyRow(
                matching(r"[!-~]{1,255}", "the name of a consumer group, without spaces"),
                "Kafka's consumer group, whose processes share the topic and its offsets.",
                default=DEFAULT_CONSUMER_GROUP,
            ),
            "enabled": KeyRow(boolean, "`false` takes nothing from the queue.", default="true"),
        },
        check=_check,
        one_of=[_AN_INPUT],
    )
