"""`relay ingest` without what it does beside requests: under callgrind a second has few requests.

`python -m benchmarks.instructions.ingest`, with the environment of `relay ingest`.
"""

import asyncio

from config.settings import Settings
from ingest import intake, server


async def _never(*_: object) -> None:
    await asyncio.Event().wait()


def main() -> None:
    """Serve until a signal."""
    intake._repeat = _never  # type: ignore[assignment]  # noqa: SLF001 - it is no setting
    server.run(Settings())


if __name__ == "__main__":
    main()
