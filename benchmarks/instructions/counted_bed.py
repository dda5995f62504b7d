"""Start processes under callgrind."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.instructions.callgrind import under_callgrind
from benchmarks.support.bed import Bed
from benchmarks.support.processes import Process

READY_WITHIN_S: Final = 300.0


class CountedBed(Bed):
    """Processes whose instructions can be counted; the server looks after itself once a second, not ten times."""

    ready_within_s = READY_WITHIN_S

    def __init__(self, folder: Path, *, encrypted: bool = False) -> None:
        self._folder = folder
        super().__init__(encrypted=encrypted)

    def start(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Process:
        """Start a process under callgrind."""
        words = [*command, "--hz", "1"] if name == "server" else [sys.executable, *command]
        return super().start(name, under_callgrind(words, self._folder), environment)
