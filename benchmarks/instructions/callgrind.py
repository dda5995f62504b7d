"""Run processes under valgrind's callgrind, and count their instructions between two moments."""

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Final

_TOTALS: Final = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
_VALGRIND: Final = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet")


def is_there() -> bool:
    """Return whether callgrind is installed."""
    return which("valgrind") is not None and which("callgrind_control") is not None


def under_callgrind(command: Sequence[str], folder: Path) -> list[str]:
    """Return the command line that runs the command so that its instructions can be counted."""
    return [*_VALGRIND, f"--callgrind-out-file={folder}/%p", *command]


class Counter:
    """Counts the instructions of one running process."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid, self._folder = pid, folder
        self.instructions = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count while the block runs; then `instructions` has the number, and `files` what took them."""
        self._control("--instr=on")
        try:
            yield
        finally:
            self._control("--dump")
            self._control("--instr=off")
        self.instructions = sum(map(_total_of, self.files))

    @property
    def files(self) -> list[Path]:
        """What callgrind has written about the process, for callgrind_annotate."""
        return sorted(self._folder.glob(f"{self._pid}*"))

    def _control(self, option: str) -> None:
        command = ["callgrind_control", option, str(self._pid)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - options above


def _total_of(file: Path) -> int:
    found = _TOTALS.findall(file.read_text(errors="replace"))
    return int(found[-1]) if found else 0


@contextmanager
def folder_of_counts(kept: Path | None) -> Iterator[Path]:
    """Yield the folder for callgrind's files: `kept`, or one that is removed afterwards."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="relay-callgrind-") as folder:
        yield Path(folder)
