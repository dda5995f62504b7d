"""Amazon SQS, through kombu's connection to it.

Kombu's transport takes each body for Celery's envelope, so messages are asked for with the connection's own client.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from kombu.connection import Connection

from config.sources.model import QueueSource
from consume.sources.interface import HOLD_S, Message, SourceUnavailable, peek_by_receiving

MOST_AT_ONCE: Final = 10
"""What SQS gives and takes in one request."""
HIDE_S: Final = 120
"""How long received messages are hidden from other consumers; `keep` prolongs it."""
ANSWER_WITHIN_S: Final = 25
DEFAULT_REGION: Final = "us-east-1"
_REGION: Final = re.compile(r"(?:^|\.)(?:sqs\.([a-z0-9-]+)\.|([a-z0-9-]+)\.queue\.)")

_connection: Any = Connection
"""It has no types."""


def connect(source: QueueSource) -> "Sqs":
    """Return the source, after SQS has answered for its queue. Raise SourceUnavailable."""
    return Sqs(source)


class Sqs:
    """One queue of SQS, named by its URL."""

    hold_s = HOLD_S

    def __init__(self, source: QueueSource) -> None:
        self._url = source.queue
        url, address = urlsplit(source.queue), source.address
        self._place = f"SQS at {url.hostname}"
        found = _REGION.search(url.hostname or "")
        region = address.parameters.get("region") or (found and (found[1] or found[2])) or DEFAULT_REGION
        name = url.path.rpartition("/")[2]
        queue = {"url": source.queue, "region": region}
        if address.username is not None:
            queue |= {"access_key_id": address.username, "secret_access_key": address.password}
        retries = {"total_max_attempts": 2}
        options = {
            "region": region,
            "predefined_queues": {name: queue},
            "is_secure": url.scheme == "https",
            "client-config": {"connect_timeout": 5, "read_timeout": ANSWER_WITHIN_S, "retries": retries},
        }
        with self._translated():
            port = url.port or (443 if url.scheme == "https" else 80)
            self._connection = _connection(transport="sqs", hostname=url.hostname, port=port, transport_options=options)
            self._client = self._connection.channel().sqs(name)
        self.backlog()

    def receive(self, max_messages: int, max_bytes: int, wait_s: float) -> list[Message]:
        """Return the messages that are there, as the interface says; SQS gives at most ten at once."""
        messages: list[Message] = []
        size = 0
        while len(messages) < max_messages and size < max_bytes:
            wanted = min(MOST_AT_ONCE, max_messages - len(messages))
            found = self._receive(wanted, 0 if messages else int(wait_s))
            messages += found
            size += sum(len(message.body) for message in found)
            if len(found) < MOST_AT_ONCE:
                break
        return messages

    def confirm(self, messages: Sequence[Message]) -> None:
        """Delete the messages from the queue."""
        with self._translated():
            for entries in _tens([{"ReceiptHandle": message.handle} for message in messages]):
                self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def keep(self, messages: Sequence[Message]) -> None:
        """Hide the messages from other consumers for another while."""
        self._hide(messages, HIDE_S)

    def give_back(self, messages: Sequence[Message]) -> None:
        """Show the messages to all consumers again."""
        self._hide(messages, 0)

    def peek(self, wait_s: float) -> Message | None:
        """Receive the next message and give it back."""
        return peek_by_receiving(self, wait_s)

    def backlog(self) -> int | None:
        """Return about how many messages are visible in the queue."""
        name = "ApproximateNumberOfMessages"
        with self._translated():
            found = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def close(self) -> None:
        """Close the connections; held messages are visible again after a while."""
        with suppress(*_ERRORS):
            self._client.close()
            self._connection.release()

    def _receive(self, number: int, wait_s: int) -> list[Message]:
        with self._translated():
            found = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=number,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=HIDE_S,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
            )
        return [_message(each) for each in found.get("Messages", ())]

    def _hide(self, messages: Sequence[Message], seconds: int) -> None:
        entries = [{"ReceiptHandle": message.handle, "VisibilityTimeout": seconds} for message in messages]
        with self._translated():
            for ten in _tens(entries):
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=ten)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise SourceUnavailable for every error of the client."""
        try:
            yield
        except _ERRORS as error:
            raise SourceUnavailable(*_sentences(error, self._place)) from None


_ERRORS: Final = (BotoCoreError, ClientError, OSError)


def _message(found: dict[str, Any]) -> Message:
    attributes = found.get("MessageAttributes", {})
    headers = {name: str(value.get("StringValue", "")) for name, value in attributes.items()}
    redelivered = int(found.get("Attributes", {}).get("ApproximateReceiveCount", 1)) > 1
    return Message(found["Body"].encode(), found["MessageId"], headers, redelivered, found["ReceiptHandle"])


def _tens(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of batch requests, each with an id."""
    for first in range(0, len(entries), MOST_AT_ONCE):
        yield [{"Id": str(number), **entry} for number, entry in enumerate(entries[first : first + MOST_AT_ONCE])]


_CODES: Final = {
    "AWS.SimpleQueueService.NonExistentQueue": ("{place} has no such queue", "correct `queue`: the URL of the queue"),
    "QueueDoesNotExist": ("{place} has no such queue", "correct `queue`: the URL of the queue"),
    "AccessDenied": (
        "{place} refuses relay the queue",
        "permit sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes",
    ),
    "InvalidClientTokenId": ("{place} does not know the key of `url`", "correct key and secret in `url`"),
    "SignatureDoesNotMatch": ("{place} refuses the secret of `url`", "correct key and secret in `url`"),
    "ExpiredToken": ("the credentials for {place} have expired", "renew them"),
}


def _sentences(error: BaseException, place: str) -> tuple[str, str]:
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        problem, what_to_do = _CODES.get(code, ("{place} answered " + code[:60], "see the documents of SQS"))
        return problem.format(place=place), what_to_do
    if isinstance(error, NoCredentialsError):
        return "there are no credentials for SQS", "write key and secret into `url`, or give the machine a role"
    return f"{place} does not answer", "check that this machine can reach it, and that `queue` is right"
