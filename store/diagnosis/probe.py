"""Try whether Redis can be used, by a script that writes, because every step of an event is such a script."""

import socket
import ssl
from typing import Any, Final

import redis
import redis.asyncio
from redis.exceptions import RedisError, ResponseError

from store.diagnosis.permissions import NOTHING_MISSING, acl_line, missing_permissions
from store.diagnosis.trouble import diagnose, named_trouble
from store.errors import RedisAway, RedisFull, Trouble
from store.replication.confirmation import REPLICAS_MISSING
from store.scripts import AsyncScript, script_text

LISTEN_S: Final = 1.0
CONFIRM_WITHIN_MS: Final = 500
"""How long a probe waits for replicas; a balancer asks often and expects an answer soon."""


class Probe:
    """One client's probe; safe to repeat at any rate."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._script: Any = client.register_script(script_text("probe"))

    def trouble(self) -> Trouble | None:
        """Return why Redis cannot be used now; None when it can. It is as exact as `ask_further` makes it."""
        try:
            self._script(args=[""])
        except (RedisError, OSError) as error:
            return ask_further(diagnose(error), self._client)
        return None


class AsyncProbe:
    """The same for an event loop; also whether `replicas` replicas confirm the write."""

    def __init__(self, client: redis.asyncio.Redis, replicas: int = 0) -> None:
        self._script, self._replicas = AsyncScript(client, "probe"), replicas

    async def trouble(self) -> Trouble | None:
        """Return why Redis cannot be used now; None when it can.

        A connection that was open when its server became a replica says so once; the next attempt opens a new one.
        """
        trouble = await self._attempt()
        return await self._attempt() if trouble is not None and trouble.code == "readonly" else trouble

    async def _attempt(self) -> Trouble | None:
        try:
            confirmed = await self._write()
        except RedisAway as away:
            return away.trouble
        except RedisFull:
            return named_trouble("oom")
        return REPLICAS_MISSING if confirmed < self._replicas else None

    async def _write(self) -> int:
        """Write; return how many replicas confirm it."""
        if self._replicas == 0:
            await self._script.call()
            return 0
        return (await self._script.call_confirmed(replicas=self._replicas, within_ms=CONFIRM_WITHIN_MS))[1]


def permission_trouble(client: redis.Redis) -> Trouble | None:
    """Return what relay's user lacks, with the line that adds it; None when nothing but INFO is missing.

    Raise RedisError where the server does not answer.
    """
    missing = missing_permissions(client)
    if missing._replace(commands=tuple(name for name in missing.commands if name != "info")) == NOTHING_MISSING:
        return None
    problem = "Redis does not permit its user what relay needs"
    return Trouble("noperm", problem, f"run on the server: {acl_line(client, missing)}", passes=False)


def ask_further(trouble: Trouble, client: redis.Redis) -> Trouble:
    """Return the trouble, made exact by one more question to Redis.

    Missing permissions come with the one command that adds them. A closed connection comes with its reason where the
    server says it at once and closes: a client that is still writing then does not read it.
    """
    try:
        if trouble.code == "noperm" and (found := permission_trouble(client)) is not None:
            return trouble._replace(what_to_do=found.what_to_do)
        if trouble.code in ("closed", "tls_closed"):
            greeting = _listen(client)
            if greeting.startswith(b"-"):
                return diagnose(ResponseError(greeting[1:].decode(errors="replace").strip()))
            if trouble.code == "closed" and _speaks_tls(client.connection_pool.connection_kwargs):
                return named_trouble("tls_only")
    except (RedisError, OSError) as error:
        return diagnose(error) if isinstance(error, ssl.SSLError) else trouble
    return trouble


def _listen(client: redis.Redis) -> bytes:
    """Connect, send nothing, and return what the server says. Raise SSLError with its alert, OSError otherwise."""
    connection: Any = client.connection_pool.make_connection()
    with connection._connect() as connected:  # noqa: SLF001 - connect() would also send commands
        connected.settimeout(LISTEN_S)
        try:
            return bytes(connected.recv(1024))
        except TimeoutError:
            return b""


def _speaks_tls(options: dict[str, Any]) -> bool:
    if "host" not in options:
        return False
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((options["host"], options["port"]), timeout=LISTEN_S) as plain:
        try:
            context.wrap_socket(plain).close()
        except ssl.SSLError as error:
            return "ALERT" in str(error)
    return True
