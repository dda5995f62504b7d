"""Run the tests of what Redis carries, the demo and a short fault run on each fetched server but the bundled one.

Run as a program, with names of servers or none: exit 0 when all passed. `make test-servers` does. Two servers at a
time, for most of these tests wait; JOBS says otherwise.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.servers import SERVERS, NotHere, Server, version_of

OLDEST = "redis-6.2"
TESTS = ("tests/lanes", "tests/store", "tests/worker", "tests/pipeline")
SAME_EVERYWHERE = ("alerts", "every_line_is_json", "flower", "metrics", "no_setting_is_told", "nothing_is_told")
"""Tests of the pipeline that ask nothing of Redis but that it works: on the oldest server only."""
FAULT_RUN_S = "15"


def tests_for(server: Server) -> list[str]:
    """Words for pytest."""
    left_out = [] if server.name == OLDEST else [f"--ignore=tests/pipeline/test_{name}.py" for name in SAME_EVERYWHERE]
    return [*TESTS, *left_out]


def run_on(server: Server) -> bool:
    """Whether everything passed on this server; what was said is printed at its end."""
    try:
        said = [f"\n{server.name}: {version_of(server.path)}"]
    except NotHere as why:
        print(f"{server.name}: not run, {why}", flush=True)
        return True
    began = time.monotonic()
    path = f"{server.path.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "RELAY_TEST_SERVER": server.name, "SECONDS": FAULT_RUN_S, "PATH": path}
    relay = str(Path(sys.executable).with_name("relay"))
    passed = True
    for command in ([sys.executable, "-m", "pytest", "-q", "--durations=10", *tests_for(server)], [relay, "demo"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        passed = passed and done.returncode == 0
        said += [done.stdout, done.stderr] if done.returncode else [done.stdout[-300:]]
    verdict = "passed" if passed else "FAILED"
    print("\n".join([*said, f"{server.name}: {verdict} in {time.monotonic() - began:.0f} s"]), flush=True)
    return passed


def main(names: Sequence[str]) -> int:
    """Run on each server that is named, or on every one that is here; those that are not here are named."""
    wanted = [server for server in SERVERS if (server.name in names if names else server.name != "bundled")]
    here = [server for server in wanted if server.path.exists()]
    for server in wanted:
        if server not in here:
            print(f"{server.name}: not run, it was not fetched (make servers)", flush=True)
    with ThreadPoolExecutor(int(os.environ.get("JOBS") or 2)) as pool:
        passed = list(pool.map(run_on, here))
    failed = [server.name for server, well in zip(here, passed, strict=True) if not well]
    print(f"failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
