"""Watch the commands that Redis gets, with its own times: which step of an event's path takes how long."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from typing import Final, NamedTuple

from lanes.scripts import LANE_SCRIPTS
from store.scripts import script_text

_LINE: Final = re.compile(rb'\+(\d+\.\d+) \[\d+ (?!lua)\S+\] "(\w+)"(?: "([^"]*)")?')
_SCRIPTS: Final = ("append", "wake", "claim", "mark_posted", "settle")


class Command(NamedTuple):
    """A command: when Redis began it, on the machine's monotonic clock, and its name or that of the script."""

    at_s: float
    name: str


@contextmanager
def commands_of(port: int) -> Iterator[list[Command]]:
    """Within the block, add every command of the server on this port to the list."""
    names = {sha1(script_text(name, LANE_SCRIPTS).encode()).hexdigest(): name for name in _SCRIPTS}  # noqa: S324 - Redis's
    ahead_s = time.time() - time.monotonic()
    commands: list[Command] = []

    def read(connection: socket.socket) -> None:
        for line in connection.makefile("rb"):
            if found := _LINE.match(line):
                at, word, argument = float(found[1]), found[2].decode().upper(), (found[3] or b"").decode()
                name = names.get(argument, argument) if word == "EVALSHA" else word
                commands.append(Command(at - ahead_s, name))

    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"MONITOR\r\n")
        reader = threading.Thread(target=read, args=(connection,), daemon=True)
        reader.start()
        yield commands
        connection.shutdown(socket.SHUT_RDWR)
        reader.join()
