"""Google Pub/Sub, through the client that Google generates from its interface.

Messages are pulled one request at a time, because a streaming pull takes messages that nothing here asked for.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

import grpc
from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from config.sources.address import SourceAddress
from config.sources.model import QueueSource
from consume.sources.interface import HOLD_S, Message, SourceUnavailable, peek_by_receiving

MOST_AT_ONCE: Final = 10
"""The most messages of one answer; Pub/Sub bounds no answer in bytes, and a message may have 10 MB."""
MOST_HANDLES: Final = 500
"""The most messages that one request acknowledges or prolongs; Pub/Sub takes 512 KiB."""
LEASE_S: Final = 30
"""How long received messages are held; `keep` prolongs it."""
ANSWER_WITHIN_S: Final = 10.0
GATHER_S: Final = 0.5
"""How long more messages are waited for after a full answer: messages that come together share an append."""
PAUSE_S: Final = 0.1
"""The least time between two empty answers; the emulator gives them at once."""
EMULATOR: Final = "PUBSUB_EMULATOR_HOST"
"""Where Google's own clients look for the emulator's host and port, too."""
_AGAIN: Final = Retry(initial=0.2, timeout=ANSWER_WITHIN_S)
"""For requests that may be repeated: what Google calls transient errors."""


def connect(source: QueueSource) -> "PubSub":
    """Return the source, after Pub/Sub has answered for its subscription. Raise SourceUnavailable."""
    return PubSub(source)


class PubSub:
    """One subscription, whose delivery type is pull."""

    hold_s = HOLD_S

    def __init__(self, source: QueueSource) -> None:
        self._subscription = source.queue
        emulator = str(source.address) if source.address.hosts else os.environ.get(EMULATOR)
        self._place = f"Pub/Sub at {emulator}" if emulator else "Pub/Sub"
        self._given_back: set[str] = set()
        self._largest = 1
        self._lease_s = 0
        with self._translated():
            self._client = _client(source.address, emulator)
        try:
            self._look()
        except SourceUnavailable:
            self.close()
            raise

    def receive(self, max_messages: int, max_bytes: int, wait_s: float) -> list[Message]:
        """Return the messages that are there, as the interface says; each answer has at most ten."""
        messages: list[Message] = []
        size = 0
        while len(messages) < max_messages and size < max_bytes:
            wanted = min(MOST_AT_ONCE, max_messages - len(messages), max(1, (max_bytes - size) // self._largest))
            found = self._pull(wanted, GATHER_S) if messages else self._wait(wanted, wait_s)
            messages += found
            self._largest = max([1, *(len(message.body) for message in found)])
            size += sum(len(message.body) for message in found)
            if len(found) < wanted:
                break
        if self._lease_s < LEASE_S:
            self.keep(messages)
        return messages

    def confirm(self, messages: Sequence[Message]) -> None:
        """Acknowledge the messages."""
        self._given_back -= {message.id for message in messages}
        for handles in _handles(messages):
            self._finish(self._client.acknowledge, handles)

    def keep(self, messages: Sequence[Message]) -> None:
        """Prolong the lease of the messages."""
        self._set_lease(messages, LEASE_S)

    def give_back(self, messages: Sequence[Message]) -> None:
        """End the lease of the messages, so that Pub/Sub delivers them again."""
        self._given_back |= {message.id for message in messages}
        self._set_lease(messages, 0)

    def peek(self, wait_s: float) -> Message | None:
        """Receive the next message and give it back; with a dead-letter topic, that counts as a delivery."""
        return peek_by_receiving(self, wait_s)

    def backlog(self) -> int | None:
        """Return None: Pub/Sub itself does not say it, only Cloud Monitoring."""
        return None

    def close(self) -> None:
        """Close the connection; messages that are held come again after their lease."""
        with suppress(*_ERRORS):
            self._client.transport.close()

    def _look(self) -> None:
        """Ask for the subscription. The role of a subscriber does not permit that; then the first pull says more."""
        with self._translated(), suppress(exceptions.PermissionDenied):
            found = self._client.get_subscription(subscription=self._subscription, timeout=ANSWER_WITHIN_S, retry=None)
            self._lease_s = found.ack_deadline_seconds

    def _wait(self, number: int, wait_s: float) -> list[Message]:
        """Return up to `number` messages, after up to `wait_s` seconds for the first one."""
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            found = self._pull(number, max(left, 1.0))
            if found:
                return found
            time.sleep(max(0.0, min(PAUSE_S, until - time.monotonic())))
        return []

    def _pull(self, number: int, wait_s: float) -> list[Message]:
        request = {"subscription": self._subscription, "max_messages": number}
        with self._translated():
            try:
                found = self._client.pull(request=request, timeout=wait_s, retry=None)
            except exceptions.DeadlineExceeded:  # there is no message
                return []
        return [self._message(each) for each in found.received_messages]

    def _message(self, found: Any) -> Message:
        message = found.message
        came_before = found.delivery_attempt > 1 or message.message_id in self._given_back
        return Message(bytes(message.data), message.message_id, dict(message.attributes), came_before, found.ack_id)

    def _set_lease(self, messages: Sequence[Message], seconds: int) -> None:
        for handles in _handles(messages):
            self._finish(self._client.modify_ack_deadline, handles, ack_deadline_seconds=seconds)

    def _finish(self, request: Any, handles: list[str], **fields: int) -> None:
        """Send a request about messages. With exactly-once delivery it is refused if the lease of any of them is over.

        Then each gets a request of its own; those that are refused come again, which is no error here.
        """
        with self._translated():
            try:
                request(
                    request={"subscription": self._subscription, "ack_ids": handles, **fields},
                    timeout=ANSWER_WITHIN_S,
                    retry=_AGAIN,
                )
            except exceptions.InvalidArgument:
                for handle in handles if len(handles) > 1 else ():
                    self._finish(request, [handle], **fields)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise SourceUnavailable for every error of the client."""
        try:
            yield
        except _ERRORS as error:
            problem, what_to_do = _sentences(error)
            problem = problem.format(place=self._place, subscription=self._subscription)
            raise SourceUnavailable(problem, what_to_do) from None


_ERRORS: Final = (exceptions.GoogleAPIError, GoogleAuthError, grpc.RpcError, OSError, ValueError)


def _client(address: SourceAddress, emulator: str | None) -> Any:
    """Return a client with the credentials of the file, or with those of the machine; an emulator wants none."""
    if emulator:
        channel = grpc.insecure_channel(emulator)
        transport = SubscriberGrpcTransport(channel=channel, credentials=AnonymousCredentials())
        return SubscriberClient(transport=transport)
    file = address.parameters.get("credentials")
    if file is None:
        return SubscriberClient()
    Path(file).read_bytes()  # for the error of the operating system
    return SubscriberClient.from_service_account_file(file)


def _handles(messages: Sequence[Message]) -> Iterator[list[str]]:
    """Yield what names the messages in requests, as many at once as a request may have."""
    handles = iter([str(message.handle) for message in messages])
    while some := list(islice(handles, MOST_HANDLES)):
        yield some


_ROWS: Final[tuple[tuple[tuple[type[BaseException], ...], str, str], ...]] = (
    ((exceptions.NotFound,), "{place} has no subscription {subscription}", "create it, or correct `queue`"),
    (
        (exceptions.PermissionDenied,),
        "{place} refuses relay the subscription {subscription}",
        "give relay's account the role roles/pubsub.subscriber on the subscription",
    ),
    ((exceptions.Unauthenticated,), "{place} refuses relay's credentials", "renew them"),
    (
        (exceptions.FailedPrecondition,),
        "{place} does not let the subscription {subscription} be pulled",
        "see that its delivery type is pull",
    ),
    ((exceptions.ResourceExhausted,), "the quota of {place} is used up", "raise the quota of the project"),
    (
        (OSError,),
        "the file after credentials in `url` for {place} cannot be read",
        "correct the file, or leave `credentials` out to use those of the machine",
    ),
    (
        (ValueError,),
        "the file after credentials in `url` for {place} is no key of a service account",
        "make a key of the type JSON; for other credentials set GOOGLE_APPLICATION_CREDENTIALS to their file",
    ),
)


def _sentences(error: BaseException) -> tuple[str, str]:
    """Return what is wrong, and what to do; Google's own texts may have parts of a key."""
    for kinds, problem, what_to_do in _ROWS:
        if isinstance(error, kinds):
            return problem, what_to_do
    if isinstance(error, GoogleAuthError):
        return (
            "there are no usable credentials for {place}",
            "write pubsub://?credentials=FILE, set GOOGLE_APPLICATION_CREDENTIALS, or give the machine an account",
        )
    if "metadata from plugin" in str(error):
        return "Google gives relay no token for {place}", "see that the account of its credentials is not disabled"
    return "{place} does not answer", "check that this machine can reach it"
