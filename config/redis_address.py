"""Parse RELAY_REDIS_URL into one value: where Redis is, and how to sign in.

No message shows any part of the URL, because every part may belong to the password.
"""

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import Final, Self
from urllib.parse import unquote

PORT: Final = 6379
FORMS: Final = (
    "redis://[user:password@]host[:port][/database]",
    "rediss://[user:password@]host[:port][/database][?ssl_ca_certs=FILE&ssl_certfile=FILE&ssl_keyfile=FILE]",
    "unix://[user:password@]/path/of/the/socket[?db=database]",
    "sentinel://[user:password@]host[:port],host[:port],host[:port]/name[/database][?sentinel_password=PASSWORD]",
    "cluster://[user:password@]host[:port][,host[:port]]",
)
SENTINEL_PORT: Final = 26379
PARAMETERS: Final = ("db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs")
_TLS_PARAMETERS: Final = PARAMETERS[1:]
_SENTINEL_PARAMETERS: Final = ("sentinel_username", "sentinel_password")
_SCHEMES: Final = ("redis", "rediss", "unix", "sentinel", "sentinels", "cluster", "clusters")
_WITH_TLS: Final = ("rediss", "sentinels", "clusters")

_ENCODE: Final = (
    "has a character that must be percent-encoded: in the user and the password write / as %2F, # as %23, ? as %3F, "
    "@ as %40, % as %25, and a space as %20"
)
_VERIFY: Final = {"required": True, "none": False}
_SCHEME: Final = re.compile(rf"({'|'.join(_SCHEMES)})://(.*)", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_DATABASE: Final = re.compile(r"[0-9]{1,5}")
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WRITABLE: Final = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class Tcp:
    """A host and a port."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Socket:
    """A Unix socket, by its path."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Sentinels that know where the primary called `name` is, and how to sign in there."""

    hosts: tuple[Tcp, ...]
    name: str
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.name}, as named by the Sentinels at {', '.join(map(str, self.hosts))}"


@dataclass(frozen=True, slots=True)
class ClusterNodes:
    """Nodes of a cluster of one shard, of which any knows where the primary is."""

    hosts: tuple[Tcp, ...]

    def __str__(self) -> str:
        return f"the primary of the cluster at {', '.join(map(str, self.hosts))}"


@dataclass(frozen=True, slots=True)
class Tls:
    """How the connection is encrypted. Certificates are verified unless the URL turns it off."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """One Redis, for every kind of client; `place` is where it listens, or the Sentinels or nodes that know it."""

    place: Tcp | Socket | Sentinels | ClusterNodes
    database: int = 0
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a URL of one of FORMS. Raise ValueError with a sentence that shows no part of it."""
        match = _SCHEME.fullmatch(text)
        if match is None:
            raise ValueError(
                "must be a URL such as redis://127.0.0.1:6379/0 (redis://, rediss://, unix://, sentinel://, "
                "sentinels://, cluster:// or clusters://)"
            )
        scheme, rest = match[1].lower(), match[2]
        if not _WRITABLE.fullmatch(rest) or "#" in rest or _BAD_PERCENT.search(rest) or any(q in rest for q in "\"'"):
            raise ValueError(_ENCODE)
        rest, _, query = rest.partition("?")
        authority, _, path = rest.partition("/")
        credentials, _, place = authority.rpartition("@")
        if any(mark in part for part in (credentials, path, query) for mark in "@?"):
            raise ValueError(_ENCODE)
        parameters = _parameters(query, of_sentinels=scheme.startswith("sentinel"))
        username, password = _credentials(credentials)
        if scheme == "unix":
            return cls(_socket(place, path), _database("", parameters), username, password, _tls(scheme, parameters))
        if scheme.startswith("sentinel"):
            name, _, path = path.partition("/")
            sentinels = _sentinels(place, name, parameters)
            return cls(sentinels, _database(path, parameters), username, password, _tls(scheme, parameters))
        if scheme.startswith("cluster"):
            nodes = _nodes(place, path, parameters)
            return cls(nodes, 0, username, password, _tls(scheme, parameters))
        return cls(_tcp(place), _database(path, parameters), username, password, _tls(scheme, parameters))

    def at(self, place: Tcp) -> Self:
        """Return the address of another server with the same user, password and TLS."""
        return replace(self, place=place)

    def __str__(self) -> str:
        """Return the place alone, which is no secret."""
        return str(self.place)


def _parameters(query: str, *, of_sentinels: bool) -> dict[str, str]:
    known = (*PARAMETERS, *_SENTINEL_PARAMETERS) if of_sentinels else PARAMETERS
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    parameters = {name: unquote(value) for name, _, value in pairs}
    if not parameters.keys() <= set(known) or len(parameters) < len(pairs) or not all(parameters.values()):
        raise ValueError(f"may have these parameters after its ?, each once and with a value: {', '.join(known)}")
    return parameters


def _credentials(text: str) -> tuple[str | None, str | None]:
    if not text:
        return None, None
    username, colon, password = text.partition(":")
    if not colon or not password:
        raise ValueError("has a user without a password: write user:password@, or :password@ for the default user")
    return unquote(username) or None, unquote(password)


def _sentinels(text: str, name: str, parameters: dict[str, str]) -> Sentinels:
    if not _NAME.fullmatch(unquote(name)):
        raise ValueError(f"has no name of a primary after the hosts, as `sentinel monitor` has it: {FORMS[3]}")
    hosts = tuple(_tcp(host, SENTINEL_PORT, FORMS[3]) for host in text.split(","))
    if len(set(hosts)) < len(hosts):
        raise ValueError("names a Sentinel twice")
    if "sentinel_username" in parameters and "sentinel_password" not in parameters:
        raise ValueError("has sentinel_username without sentinel_password")
    return Sentinels(hosts, unquote(name), parameters.get("sentinel_username"), parameters.get("sentinel_password"))


def _nodes(text: str, path: str, parameters: dict[str, str]) -> ClusterNodes:
    if _database(path, parameters):
        raise ValueError("names a database, and a cluster has none but 0")
    hosts = tuple(_tcp(host, PORT, FORMS[4]) for host in text.split(","))
    if len(set(hosts)) < len(hosts):
        raise ValueError("names a node twice")
    return ClusterNodes(hosts)


def _tcp(text: str, default: int = PORT, form: str = FORMS[0]) -> Tcp:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise ValueError(f"has no host, or no port, where one must be: {form}. If they are right, it {_ENCODE}")
    host, port = match[1].strip("[]"), int(match[2] or default)
    if ":" in host:
        _check_ipv6(host)
    if not 1 <= port <= 65535:
        raise ValueError("has a port that is not from 1 to 65535")
    return Tcp(host, port)


def _check_ipv6(host: str) -> None:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        raise ValueError("has brackets around what is not an IPv6 address") from None


def _socket(place: str, path: str) -> Socket:
    if place or not path:
        raise ValueError(f"must name a socket by its whole path: {FORMS[2]}")
    return Socket("/" + unquote(path))


def _database(path: str, parameters: dict[str, str]) -> int:
    if path and "db" in parameters:
        raise ValueError("names its database twice: after the host and as db")
    text = path or parameters.get("db", "0")
    if not _DATABASE.fullmatch(text):
        raise ValueError(f"has a database that is not a number. If there is to be none, it {_ENCODE}")
    return int(text)


def _tls(scheme: str, parameters: dict[str, str]) -> Tls | None:
    if scheme not in _WITH_TLS:
        if any(name in parameters for name in _TLS_PARAMETERS):
            raise ValueError("has parameters for TLS, which begins with rediss://, sentinels:// or clusters://")
        return None
    verify = _VERIFY.get(parameters.get("ssl_cert_reqs", "required"))
    if verify is None:
        raise ValueError("has an ssl_cert_reqs that is neither required (the default) nor none (which is insecure)")
    if "ssl_keyfile" in parameters and "ssl_certfile" not in parameters:
        raise ValueError("has ssl_keyfile without ssl_certfile")
    return Tls(
        parameters.get("ssl_ca_certs"), parameters.get("ssl_certfile"), parameters.get("ssl_keyfile"), verify=verify
    )
