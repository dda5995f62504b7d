"""`python -m benchmarks.drift [--write FILE]`: print what the detectors find in generated weeks."""

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

import click

from benchmarks.drift.backtest import LEARNT_WEEKS, QUIET_WEEKS, Outcome, break_of, cases, quiet_weeks
from operations.alerts.drift.poisson import at_most
from operations.alerts.drift.silence import HALF, LEAST_MS, UNLIKELY

RATES: Final = (20, 25, 30, 50)
_PART: Final = re.compile(r"(<!-- backtest -->\n).*(<!-- end of backtest -->)", re.DOTALL)


def report(quiet: int, broken: int) -> Iterator[str]:
    """Yield the lines of the tables, from these numbers of seeds of quiet weeks and of each break."""
    alarms = sum(len(quiet_weeks(seed)) for seed in range(quiet))
    yield f"**Quiet weeks.** {quiet} shops of {QUIET_WEEKS} weeks each, after {LEARNT_WEEKS} to learn from: "
    yield f"**{alarms} false alarms** in {quiet * QUIET_WEEKS} weeks, judged every ten minutes."
    yield from ("", "| break | planted | found | hours of traffic until found: median | slowest | other findings |")
    yield "|---|---:|---:|---:|---:|---:|"
    for number, case in enumerate(cases()):
        yield _row(case.name, [break_of(number, seed) for seed in range(broken)])
    yield from ("", "| events an hour, usually | silence until it is certain |", "|---:|---:|")
    yield from (f"| {rate:,} | {minutes_of_silence(rate)} min |" for rate in RATES)


def minutes_of_silence(rate: int) -> int:
    """Return after how many minutes without an event it is certain that one stopped that came so often."""
    least = LEAST_MS // 60_000
    return next(minutes for minutes in count(least) if at_most(0, rate * minutes / 60 * HALF) < UNLIKELY)


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    hours = [outcome.traffic_h for outcome in outcomes if outcome.traffic_h is not None]
    others = sum(len(outcome.others) for outcome in outcomes)
    times = f"{median(hours):.1f} | {max(hours):.1f}" if hours else "– | –"
    return f"| {name} | {len(outcomes)} | {len(hours)} | {times} | {others} |"


@click.command()
@click.option("--quiet", default=12, show_default=True, help="Seeds of quiet weeks.")
@click.option("--broken", default=20, show_default=True, help="Seeds of each break.")
@click.option("--write", type=click.Path(path_type=Path, exists=True), help="Replace the tables of this page.")
def main(quiet: int, broken: int, write: Path | None) -> None:
    """Backtest the detectors of silence and drift over generated weeks."""
    lines = []
    for line in report(quiet, broken):
        lines.append(line)
        print(line, flush=True)
    if write:
        text = write.read_text(encoding="utf-8")
        if not _PART.search(text):
            sys.exit(f"{write} has no place for the tables: put <!-- backtest --> and <!-- end of backtest --> into it")
        tables = "\n".join(lines) + "\n"
        write.write_text(_PART.sub(lambda found: found[1] + tables + found[2], text), encoding="utf-8")


if __name__ == "__main__":
    main()
