"""Memory of a process: one arena for all threads, and free memory given back."""

import ast
import ctypes
import inspect
import subprocess
import sys

import pytest

from worker.run import run

glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="not glibc")

ARENAS = """
import ctypes, sys, threading
from pathlib import Path
from process.memory import give_back, use_one_arena

if sys.argv[1] == "one":
    use_one_arena()
together = threading.Barrier(4)

def work():
    kept = [bytes(10_000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[2].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
print(Path(sys.argv[2]).read_text().count("<heap nr="))
give_back()
"""


def arenas(how: str, file: str) -> int:
    done = subprocess.run([sys.executable, "-c", ARENAS, how, file], capture_output=True, text=True, check=True)
    return int(done.stdout)


@glibc
def test_all_threads_share_one_arena(tmp_path):
    """Without it, threads get arenas of their own, and each keeps what its thread freed."""
    assert arenas("one", str(tmp_path / "one")) == 1
    assert arenas("many", str(tmp_path / "many")) > 1


def test_a_worker_shares_one_arena_before_it_starts_threads():
    """It is the first thing that a worker does."""
    first = ast.parse(inspect.getsource(run)).body[0].body[1]  # type: ignore[attr-defined]
    assert ast.unparse(first) == "use_one_arena()"
