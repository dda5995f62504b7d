"""Why Redis cannot be used, by real servers: each refusal has its sentence, and says whether waiting helps."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from redis.exceptions import ResponseError
from support.acl import add_user, running_server
from support.refusing_redis import Ground, trouble_of
from support.refusing_tls import CASES as TLS_CASES
from support.server import free_port, free_port_of_cluster
from support.servers import NO_REPLICAS_NEEDED, skip_before

from store.diagnosis.causes import ROWS
from store.diagnosis.trouble import diagnose


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
    ground.take_the_only_place(url)
    return url


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
    "protected_mode": Ground.protected,
    "unknown_host": lambda _: "redis://redis.invalid:6379/0",
    "not_listening": lambda _: f"redis://127.0.0.1:{free_port()}/0",
    "no_socket": lambda _: "unix:///no/such/redis.sock",
    "socket_denied": Ground.denied_socket,
    "maxclients": _crowded,
    "timeout": Ground.frozen,
    "sentinels_away": lambda _: f"sentinel://127.0.0.1:{free_port()}/relay",
    "sentinel_refused": lambda ground: ground.sentinel(password="other"),
    "primary_unnamed": lambda ground: ground.sentinel(name="rely"),
    "no_node_answers": lambda _: f"cluster://127.0.0.1:{free_port()}",
    "several_shards": lambda ground: ground.server("--cluster-enabled", "yes", port=free_port_of_cluster()).replace(
        "redis://", "cluster://"
    ),
    "closed": lambda ground: f"redis://{ground.closing()}",
}
STAYS = {
    "noauth", "wrongpass", "protected_mode", "noperm", "unknown_command", "database", "socket_denied",
    "sentinel_refused", "primary_unnamed",
}  # fmt: skip
"""What no waiting cures: a worker ends for it."""
MARKS = {
    "noreplicas": skip_before(7, NO_REPLICAS_NEEDED),
    "loading": skip_before(7, "a slow load cannot be asked for"),
}


@pytest.mark.parametrize("code", [pytest.param(code, marks=MARKS.get(code, ())) for code in CASES])
def test_every_refusal_is_named(code: str, tmp_path: Path) -> None:
    """By its code, a sentence and a remedy; relay waits only where waiting helps."""
    with ExitStack() as stack:
        trouble = trouble_of(CASES[code](Ground(tmp_path, stack)))
    assert (trouble.code, trouble.passes) == (code, code not in STAYS)
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
    assert words.split(",")[0].split("'")[0][:60] in trouble.error_text


def test_every_row_is_shown() -> None:
    """Each kind of refusal is met above, or with TLS."""
    assert {row.code for row in ROWS} == {*CASES, *TLS_CASES, *(code for _, code in SAID)} - {"refused"}
