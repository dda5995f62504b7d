"""A sender beside an attack, in its own process: it sends one small batch after another and times each answer."""

import itertools
import json
import signal
import sys
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.events import batch, purchase

PAUSE_S = 0.1


def main(key: str, secret: str, urls: list[str]) -> None:
    """Send until the process is stopped."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    with httpx.Client(auth=(key, secret), trust_env=False, timeout=20) as http:
        for number, url in enumerate(itertools.cycle(urls)):
            before_pause = time.monotonic()
            time.sleep(PAUSE_S)
            began = time.monotonic()
            event = purchase(number, source_message_id=f"honest-{number}")
            try:
                status = str(http.post(f"{url}/v2/events", json=batch(event, user=number % 10)).status_code)
            except httpx.HTTPError as error:
                status = type(error).__name__
            seconds, late = time.monotonic() - began, began - before_pause - PAUSE_S
            at = time.time()
            row = {"status": status, "seconds": seconds, "late": late, "id": f"honest-{number}", "at": at}
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
            if stopped:
                return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
