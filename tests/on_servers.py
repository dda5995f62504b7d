"""Run the tests of what Redis carries, the demo and a short fault run on each fetched server but the bundled one.

Run as a program, with names of servers or none: exit 0 when all passed. `make test-servers` does. Two servers at a
time, for most of these tests wait; JOBS says otherwise. SHORT=1 runs the part that CI runs.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.product import RELAY
from support.servers import SERVERS, NotHere, Server, version_of

OLDEST = "redis-6.2"
TESTS = ("tests/lanes", "tests/store", "tests/worker", "tests/pipeline")
SAME_EVERYWHERE = (
    "test_alerts",
    "test_every_line_is_json",
    "test_flower",
    "test_metrics",
    "test_personal_data_is_not_shown",
    "test_settings_are_not_shown",
)
"""Tests of the pipeline that need a Redis that works and nothing more of it: on the oldest server only."""
SHORT = bool(os.environ.get("SHORT"))
SHORT_TESTS = (
    "tests/lanes",
    "tests/store",
    "tests/worker",
    "tests/pipeline/test_pipeline.py",
    "tests/pipeline/test_redis_full.py",
    "tests/pipeline/test_faults.py",
    "--ignore=tests/store/test_tls_trouble.py",
)
"""What CI runs on every server: all that calls a script, and events from end to end, also under faults.

Not processes that start, stop and refuse, and not TLS: that is two thirds of the time, and asks less of the server.
"""
FAULT_RUN_S = "15"
CACHES = Path(".pytest_cache") / "servers"


def tests_for(server: Server) -> list[str]:
    """Return the words for pytest."""
    if SHORT:
        return list(SHORT_TESTS)
    left_out = [] if server.name == OLDEST else [f"tests/pipeline/{name}.py" for name in SAME_EVERYWHERE]
    missing = [name for name in left_out if not Path(name).exists()]
    assert not missing, f"SAME_EVERYWHERE names {missing}"
    return [*TESTS, *(f"--ignore={name}" for name in left_out)]


def run_on(server: Server) -> bool:
    """Whether everything passed on this server; what was said is printed at its end."""
    try:
        text = [f"\n{server.name}: {version_of(server.path)}"]
    except NotHere as why:
        print(f"{server.name}: not run, {why}", flush=True)
        return True
    began = time.monotonic()
    path = f"{server.path.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "RELAY_TEST_SERVER": server.name, "SECONDS": FAULT_RUN_S, "PATH": path}
    tests = [sys.executable, "-m", "pytest", "-q", "--durations=10", "-o", f"cache_dir={CACHES / server.name}"]
    once_more = [*tests, "--last-failed", "--last-failed-no-failures=none", *tests_for(server)]
    passed, cpu_s = True, 0.0
    for command, second in (([*tests, *tests_for(server)], once_more if SHORT else None), ([str(RELAY), "demo"], None)):
        code, output, used_s = run(command, environment)
        if code and second:  # as .ci/run does: what fails twice is a failure
            text.append(f"{output}\n{server.name}: what failed is run once more, alone")
            code, output, more_s = run(second, environment)
            used_s += more_s
        passed, cpu_s = passed and code == 0, cpu_s + used_s
        text.append(output if code else output[-2_000:])
    verdict = f"{'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s, {cpu_s:.0f} s of CPU"
    print("\n".join([*text, f"{server.name}: {verdict}"]), flush=True)
    return passed


def run(command: list[str], environment: dict[str, str]) -> tuple[int, str, float]:
    """Return the exit code, what was printed, and the seconds of CPU with all children that ended."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return process.returncode, output.read(), usage.ru_utime + usage.ru_stime


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
