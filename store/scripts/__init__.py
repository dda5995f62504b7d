"""Load relay's Lua scripts and call them; each is atomic and runs on Redis's own clock.

The first line of a script names the parts that it needs, in their order: `-- needs: base, checks`. A part comes from
the script's own folder or from this one. `base.lua` opens with the glossary of the keys of this package.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any, Final, NamedTuple

import msgspec
import redis
import redis.asyncio
from redis.exceptions import NoScriptError

from store.diagnosis.trouble import translate_errors
from store.idle_connections import IdleConnections, packed
from store.scripts.pruning import without_unused

Argument = bytes | str | int

_NEEDS: Final = "-- needs: "
_encoder = msgspec.msgpack.Encoder()


class ScriptFolder(NamedTuple):
    """A package of scripts, and the numbers of the Python code that each of them gets as local variables."""

    package: str
    constants: tuple[tuple[str, int], ...] = ()


SIZE_RANGE: Final = 65_536
"""Sizes of profiles are below this: the index has time and size as one number."""
PROFILE_OVERHEAD: Final = 350
"""What Redis needs for a profile beside its bytes, at most: 320 on Redis 7.0, 240 on Valkey 9."""
PROFILE_NUMBERS: Final = (("SIZE_RANGE", SIZE_RANGE), ("PROFILE_OVERHEAD", PROFILE_OVERHEAD))
STORE_SCRIPTS: Final = ScriptFolder(__package__, PROFILE_NUMBERS)


class Scripts:
    """The scripts of one folder on one client; serves any number of threads."""

    def __init__(self, client: redis.Redis, folder: ScriptFolder = STORE_SCRIPTS) -> None:
        self._client, self._folder = client, folder
        self._registered: dict[str, Any] = {}

    def call(self, name: str, *arguments: Argument, now_ms: int | None = None) -> Any:
        """Run a script and return its reply. Raise RedisAway or RedisFull.

        `now_ms` is for tests: it replaces Redis's clock.
        """
        words = ["" if now_ms is None else now_ms, *arguments]
        with translate_errors:
            script = self._script(name)
            try:  # without redis-py's Script, which takes a quarter of a call's CPU
                return self._client.execute_command("EVALSHA", script.sha, 0, *words)  # type: ignore[no-untyped-call]
            except NoScriptError:  # nothing was written
                return script(args=words)

    def call_each(self, name: str, calls: Sequence[Sequence[Argument]], now_ms: int | None = None) -> list[Any]:
        """Run a script once for each of `calls`, in one round trip; return the replies in their order."""
        script, now = self._script(name), "" if now_ms is None else now_ms
        with translate_errors, self._client.pipeline(transaction=False) as pipeline:
            for arguments in calls:
                script(args=[now, *arguments], client=pipeline)
            return pipeline.execute()

    def _script(self, name: str) -> Any:
        script = self._registered.get(name)
        if script is None:
            script = self._registered[name] = self._client.register_script(script_text(name, self._folder))
        return script


class AsyncScript:
    """One script on connections of its own, taken from the client of an event loop.

    redis-py's way to run a command takes more instructions than all that an append does besides.
    """

    def __init__(self, client: redis.asyncio.Redis, name: str, folder: ScriptFolder = STORE_SCRIPTS) -> None:
        self._text = script_text(name, folder)
        self._sha = sha1(self._text.encode(), usedforsecurity=False).hexdigest()
        self._connections = IdleConnections(client)

    async def call(self, *arguments: Argument, now_ms: int | None = None) -> Any:
        """Run the script and return its reply. Raise RedisAway or RedisFull; `now_ms` as in `Scripts.call`."""
        (reply,) = await self._run(arguments, now_ms)
        return reply

    async def call_confirmed(
        self, *arguments: Argument, replicas: int, within_ms: int, now_ms: int | None = None
    ) -> tuple[Any, int]:
        """Do the same, and wait until replicas have what it wrote; return its reply and how many have it."""
        reply, confirmed = await self._run(arguments, now_ms, packed("WAIT", replicas, within_ms))
        if confirmed < replicas:  # it may be no primary any more
            self._connections.reopen()
        return reply, confirmed

    async def _run(self, arguments: Sequence[Argument], now_ms: int | None, *further: bytes) -> list[Any]:
        """Run the script, and what concerns the same connection; return the replies."""
        command = packed("EVALSHA", self._sha, 0, "" if now_ms is None else now_ms, *arguments)
        with translate_errors:
            replies = await self._connections.ask_together(command, *further)
            if isinstance(replies[0], NoScriptError):  # nothing was written
                await self._connections.ask(packed("SCRIPT", "LOAD", self._text))
                replies = await self._connections.ask_together(command, *further)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return replies


@cache
def script_text(name: str, folder: ScriptFolder = STORE_SCRIPTS) -> str:
    """Return the text that Redis gets for a script: the constants, what it uses of its parts, and the script itself."""
    constants = [f"local {constant} = {value}" for constant, value in folder.constants]
    parts = "\n".join([part_text(part, folder) for part in parts_of(name, folder)])
    script = part_text(name, folder)
    return "\n".join([*constants, without_unused(parts, script), script])


def parts_of(name: str, folder: ScriptFolder = STORE_SCRIPTS) -> tuple[str, ...]:
    """Return the names of the parts that a script needs; empty for what is itself a part."""
    first_line = part_text(name, folder).partition("\n")[0]
    return tuple(first_line.removeprefix(_NEEDS).split(", ")) if first_line.startswith(_NEEDS) else ()


def part_text(name: str, folder: ScriptFolder) -> str:
    """Return the text of one file of the folder, or of this package where the folder has none of that name."""
    file = files(folder.package) / f"{name}.lua"
    if not file.is_file():
        file = files(__package__) / f"{name}.lua"
    return file.read_text(encoding="utf-8")


def pack(argument: Any) -> bytes:
    """Encode a structured argument for `cmsgpack.unpack`; it cannot hold bytes, which are arguments of their own."""
    return _encoder.encode(argument)
