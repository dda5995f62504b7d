"""Parse the URL of a queue: its kind, where it is, and how to sign in there.

No message shows any part of the URL, because every part may belong to the password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self
from urllib.parse import unquote


class Scheme(NamedTuple):
    """What URLs of one kind of queue have. `hosts`: whether one must name some; `port`: the default, 0 without any.

    `user`: whether one may name a user and a password.
    """

    kind: str
    form: str
    port: int = 0
    hosts: bool = True
    user: bool = True
    tls: bool = False
    path: bool = False
    parameters: tuple[str, ...] = ()


_TLS_FILES: Final = ("ca_certs", "certfile", "keyfile")
_KAFKA: Final = "://[user:password@]host[:port][,host…][?sasl=MECHANISM"

SCHEMES: Final[Mapping[str, Scheme]] = {
    "amqp": Scheme("rabbitmq", "amqp://user:password@host[:port][,host…][/vhost]", 5672, path=True),
    "amqps": Scheme(
        "rabbitmq",
        "amqps://user:password@host[:port][,host…][/vhost][?ca_certs=FILE&certfile=FILE&keyfile=FILE]",
        5671,
        tls=True,
        path=True,
        parameters=_TLS_FILES,
    ),
    "kafka": Scheme("kafka", f"kafka{_KAFKA}]", 9092, parameters=("sasl",)),
    "kafkas": Scheme(
        "kafka",
        f"kafkas{_KAFKA}&ca_certs=FILE&certfile=FILE&keyfile=FILE]",
        9093,
        tls=True,
        parameters=("sasl", *_TLS_FILES),
    ),
    "pubsub": Scheme(
        "pubsub", "pubsub://[emulator:port][?credentials=FILE]", 8085, False, False, parameters=("credentials",)
    ),
    "sqs": Scheme("sqs", "sqs://[key:secret@][?region=REGION]", hosts=False, tls=True, parameters=("region",)),
}
"""Every kind of queue, by the scheme of its URL."""

UNEXPANDED: Final = "unexpanded-"
"""How a reference begins that was not expanded (`config/reading/references.py`)."""

_URL: Final = re.compile(r"([A-Za-z]+)://(.*)")
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_CHOICES: Final = {"sasl": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")}
"""The values that some parameters may have."""
_EVENT_HUBS: Final = re.compile(r"Endpoint=sb://([A-Za-z0-9.-]+)(?::[0-9]{1,5})?/?;(.+)")
_WRITABLE: Final = re.compile(r"[!-~]*")
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODE: Final = (
    "has a character that must be percent-encoded: in the user and the password write / as %2F, # as %23, ? as %3F, "
    "@ as %40, % as %25, and a space as %20"
)


class Host(NamedTuple):
    """A host and a port."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where a queue's server is; `kind` says of which kind. Without hosts, it is the provider's own address."""

    kind: str
    hosts: tuple[Host, ...] = ()
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    path: str = ""
    tls: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a URL of one of SCHEMES. Raise ValueError with a sentence that shows no part of it."""
        if text.startswith(UNEXPANDED):
            return cls("unexpanded")
        if text.startswith("Endpoint="):
            return cls._of_event_hubs(text)
        match = _URL.fullmatch(text)
        scheme = SCHEMES.get(match[1].lower()) if match else None
        if match is None or scheme is None:
            schemes = ", ".join(f"{name}://" for name in SCHEMES)
            raise ValueError(f"must be a URL that begins with {schemes}, or a connection string of Event Hubs")
        rest = match[2]
        if not _WRITABLE.fullmatch(rest) or "#" in rest or _BAD_PERCENT.search(rest):
            raise ValueError(_ENCODE)
        rest, _, query = rest.partition("?")
        authority, _, path = rest.partition("/")
        credentials, _, place = authority.rpartition("@")
        if "@" in credentials or "@" in path or "/" in path:
            raise ValueError(_ENCODE)
        if credentials and not scheme.user:
            raise ValueError(f"has a user, which such a URL has not: {scheme.form}")
        username, password = _credentials(credentials)
        hosts = _hosts(place, scheme)
        if path and not scheme.path:
            raise ValueError(f"has a path, which such a URL has not: {scheme.form}")
        return cls(scheme.kind, hosts, username, password, unquote(path), scheme.tls, _parameters(query, scheme))

    @classmethod
    def _of_event_hubs(cls, text: str) -> Self:
        """Return Kafka's address of a namespace of Azure Event Hubs, by the connection string that Azure shows."""
        match = _EVENT_HUBS.fullmatch(text)
        names = {part.partition("=")[0] for part in match[2].split(";")} if match else set()
        if match is None or not {"SharedAccessKeyName", "SharedAccessKey"} <= names:
            raise ValueError("must be the whole connection string of Event Hubs: Endpoint=sb://…;SharedAccessKeyName=…")
        emulator = "UseDevelopmentEmulator" in names
        host = Host(match[1], SCHEMES["kafka" if emulator else "kafkas"].port)
        return cls("kafka", (host,), "$ConnectionString", text, tls=not emulator)

    def __str__(self) -> str:
        """Return the hosts alone, which are no secret."""
        return ", ".join(map(str, self.hosts)) or self.kind


def _credentials(text: str) -> tuple[str | None, str | None]:
    if not text:
        return None, None
    username, colon, password = text.partition(":")
    if not (username and colon and password):
        raise ValueError("must have a user and a password before the @, with a colon between them")
    return unquote(username), unquote(password)


def _hosts(text: str, scheme: Scheme) -> tuple[Host, ...]:
    if not text and not scheme.hosts:
        return ()
    if not scheme.hosts and not scheme.port:
        raise ValueError(f"has a host, which such a URL has not: {scheme.form}")
    if not scheme.hosts and "," in text:
        raise ValueError(f"has several hosts, and such a URL has at most one: {scheme.form}")
    return tuple(_host(part, scheme) for part in text.split(","))


def _host(text: str, scheme: Scheme) -> Host:
    match = _HOST.fullmatch(text)
    if match is None:
        raise ValueError(f"has no host, or no port, where one must be: {scheme.form}. If they are right, it {_ENCODE}")
    port = int(match[2] or scheme.port)
    if not 1 <= port <= 65535:
        raise ValueError("has a port that is not from 1 to 65535")
    return Host(match[1].strip("[]"), port)


def _parameters(query: str, scheme: Scheme) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    parameters = {name: unquote(value) for name, _, value in pairs}
    if not parameters.keys() <= set(scheme.parameters) or len(parameters) < len(pairs) or not all(parameters.values()):
        allowed = ", ".join(scheme.parameters) or "none"
        raise ValueError(f"may have these parameters after its ?, each once and with a value: {allowed}")
    for name, choices in _CHOICES.items():
        if parameters.get(name, choices[0]) not in choices:
            raise ValueError(f"may have as `{name}` one of {', '.join(choices)}")
    return parameters
