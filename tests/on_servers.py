"""Run the tests of what Redis carries, the demo and a short fault run on each fetched server but the bundled one.

Run as a program, with names of servers or none: exit 0 when all passed. `make test-servers` does.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.servers import SERVERS, NotHere, Server, version_of

TESTS = ("tests/lanes", "tests/worker", "tests/pipeline")
FAULT_RUN_S = "15"


def run_on(server: Server) -> bool:
    """Whether everything passed on this server."""
    began = time.monotonic()
    environment = {**os.environ, "RELAY_TEST_SERVER": server.name, "SECONDS": FAULT_RUN_S}
    print(f"\n{server.name}: {version_of(server.path)}", flush=True)
    tests = subprocess.run([sys.executable, "-m", "pytest", "-q", *TESTS], env=environment, check=False)
    path = f"{server.path.parent}{os.pathsep}{environment['PATH']}"
    relay = Path(sys.executable).with_name("relay")
    demo = subprocess.run([relay, "demo"], env={**environment, "PATH": path}, check=False)
    passed = tests.returncode == demo.returncode == 0
    print(f"{server.name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return passed


def main(names: Sequence[str]) -> int:
    """Run on each server that is named, or on every one that is here; servers that are not are named."""
    wanted = [server for server in SERVERS if (server.name in names if names else server.name != "bundled")]
    failed = []
    for server in wanted:
        if not server.path.exists():
            print(f"{server.name}: not run, it was not fetched (make servers)", flush=True)
            failed += [server.name] if names else []
            continue
        try:
            passed = run_on(server)
        except NotHere as why:
            print(f"{server.name}: not run, {why}", flush=True)
            continue
        failed += [] if passed else [server.name]
    print(f"failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
