"""Why Redis cannot be used, by real servers: each refusal has its sentence, and says whether waiting helps."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import redis
from redis.exceptions import ResponseError
from support.acl import add_user, running_server
from support.server import free_port
from support.servers import NO_REPLICAS_NEEDED, skip_before
from support.tls import Authority, tls_in_front

from store.client import connect
from store.errors import Trouble
from store.probe import Probe
from store.trouble import ROWS, diagnose


class Ground:
    """Where a case starts its server; everything ends with the test."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory, self._stack = directory, stack
        self.authority = Authority(directory)

    def server(self, *options: str) -> str:
        """Return the URL of a server."""
        return self._stack.enter_context(running_server(self.directory, *options))

    def tls(self, *hosts: str, expired: bool = False, clients: bool = False) -> int:
        """Return a port that speaks TLS, in front of a server."""
        port = int(self.server().rpartition(":")[2].partition("/")[0])
        pair = self.authority.issue("server", *(hosts or ("127.0.0.1",)), expired=expired)
        return self._stack.enter_context(tls_in_front(port, *pair, clients=self.authority.file if clients else None))

    def configured(self, **settings: str) -> str:
        """Return the URL of a server that got these settings after its start."""
        url = self.server()
        with redis.Redis.from_url(url) as client:
            for name, value in settings.items():
                client.config_set(name.replace("_", "-"), value)
        return url


def _misconf(ground: Ground) -> str:
    lost = ground.directory / "lost"
    lost.mkdir()
    url = ground.server("--dir", str(lost))
    with redis.Redis.from_url(url) as client:
        client.config_set("save", "3600 1")
        shutil.rmtree(lost)
        client.set("x", 1)
        client.bgsave()
        while client.info("persistence")["rdb_last_bgsave_status"] == "ok":
            pass
    return url


def _loading(ground: Ground) -> str:
    with running_server(ground.directory) as url, redis.Redis.from_url(url) as client:
        client.mset({f"key-{number}": "x" * 100 for number in range(2000)})
        client.save()
    return ground.server("--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024")


def _crowded(ground: Ground) -> str:
    url = ground.server("--maxclients", "1")
    client = ground._stack.enter_context(redis.Redis.from_url(url))
    for _ in range(1_000):  # the one place may be taken a moment longer by the client that waited for the server
        with suppress(redis.ConnectionError):
            client.ping()
            return url
    raise AssertionError("the one place never became free")


CASES: dict[str, Callable[[Ground], str]] = {
    "loading": _loading,
    "oom": lambda ground: ground.configured(maxmemory="1"),
    "misconf": _misconf,
    "noreplicas": lambda ground: ground.configured(min_replicas_to_write="1"),
    "readonly": lambda ground: ground.server("--replicaof", "127.0.0.1", "1"),
    "masterdown": lambda ground: ground.server("--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "no"),
    "noauth": lambda ground: ground.configured(requirepass="pw"),
    "wrongpass": lambda ground: ground.configured(requirepass="pw").replace("redis://", "redis://:hidden@"),
    "noperm": lambda ground: add_user(ground.server(), "relay", ["~*", "&*", "+@all", "-evalsha"]),
    "unknown_command": lambda ground: ground.server("--rename-command", "EVALSHA", ""),
    "database": lambda ground: ground.server().replace("/0", "/999"),
    "tls_expired": lambda ground: f"rediss://127.0.0.1:{ground.tls(expired=True)}?ssl_ca_certs={ground.authority.file}",
    "tls_wrong_host": lambda ground: (
        f"rediss://127.0.0.1:{ground.tls('redis.example')}?ssl_ca_certs={ground.authority.file}"
    ),
    "tls_unknown_authority": lambda ground: f"rediss://127.0.0.1:{ground.tls()}",
    "tls_client_certificate": lambda ground: (
        f"rediss://127.0.0.1:{ground.tls(clients=True)}?ssl_ca_certs={ground.authority.file}"
    ),
    "tls_files": lambda ground: f"rediss://127.0.0.1:{ground.tls()}?ssl_ca_certs=/no/such/file",
    "tls_no_answer": lambda ground: ground.server().replace("redis://", "rediss://"),
    "unknown_host": lambda _: "redis://redis.invalid:6379/0",
    "not_listening": lambda _: f"redis://127.0.0.1:{free_port()}/0",
    "no_socket": lambda _: "unix:///no/such/redis.sock",
    "maxclients": _crowded,
}
PASSES = {
    "loading",
    "tls_no_answer",
    "oom", "misconf", "noreplicas", "readonly", "masterdown", "unknown_host", "not_listening", "no_socket", "maxclients"
}  # fmt: skip


def trouble_of(url: str) -> Trouble:
    """Return what the probe reports of the server."""
    with connect(url) as client:
        trouble = Probe(client).trouble()
    assert trouble is not None
    return trouble


MARKS = {
    "noreplicas": skip_before(7, NO_REPLICAS_NEEDED),
    "loading": skip_before(7, "a slow load cannot be asked for"),
}


@pytest.mark.parametrize("code", [pytest.param(code, marks=MARKS.get(code, ())) for code in CASES])
def test_every_refusal_is_named(code: str, tmp_path: Path) -> None:
    """By its code, a sentence and a remedy; relay waits only where waiting helps."""
    with ExitStack() as stack:
        trouble = trouble_of(CASES[code](Ground(tmp_path, stack)))
    assert (trouble.code, trouble.passes) == (code, code in PASSES)
    assert "Redis" in trouble.problem
    assert trouble.what_to_do
    assert "hidden" not in str(trouble)


SAID = [
    ("LOADING Redis is loading the dataset in memory", "loading"),
    ("CLUSTERDOWN Hash slot not served", "cluster"),
    ("CROSSSLOT Keys in request don't hash to the same slot", "cluster"),
    ("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "busy"),
    (
        "ERR Error running script (call to f_1): @user_script:12: @user_script: 12: -READONLY You can't write",
        "readonly",
    ),
    ("ERR Error running script (call to f_1): @user_script:12: -OOM command not allowed when used memory >", "oom"),
    ("NOREPLICAS Not enough good replicas to write. script: 1f, on @user_script:9.", "noreplicas"),
    ("ERR The user executing the script can't run this command or subcommand script: 1f, on @user_script:9.", "noperm"),
    ("ERR user_script:203: Script attempted to access nonexistent global variable 'secret'", "script"),
    ("ERR value is not an integer or out of range script: 1f0, on @user_script:203.", "script"),
    ("ERR unknown command 'HSET', with args beginning with: 'secret' 'jane@shop.example'", "unknown_command"),
    ("ERR something of a later version about 'secret'", "refused"),
]


@pytest.mark.parametrize(("words", "code"), SAID, ids=[words[:40] for words, _ in SAID])
def test_messages_of_every_version_are_understood(words: str, code: str) -> None:
    """Scripts of Redis 6.2 wrap an error, those of 7.0 add to it. Sent data is never quoted."""
    trouble = diagnose(ResponseError(words))
    assert trouble.code == code
    assert "secret" not in repr(trouble)
    assert "jane" not in repr(trouble)
    assert words.split(",")[0].split("'")[0][:60] in trouble.said


def test_every_row_is_shown() -> None:
    """Each kind of refusal is met above, except those that no test can cause."""
    shown = {*CASES, *(code for _, code in SAID)}
    rare = {"tls", "tls_not_spoken", "tls_closed", "tls_only", "socket_denied", "timeout"}
    assert {row.code for row in ROWS} - shown <= rare
