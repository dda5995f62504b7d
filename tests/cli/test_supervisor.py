"""The supervisor with small programs: it restarts them, forwards their output and stops them in order."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import pytest

from cli.local.supervisor import LONGEST_LINE, Program, Supervisor, pause_before_restart

LIFELINE = "import os, signal; from cli.local.parent_watch import leave_with_parent; leave_with_parent(); "

Line = tuple[str, str]


class Output:
    """Collect the output of programs and the remarks about them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._more = asyncio.Event()

    def say(self, name: str, line: str) -> None:
        """Keep a line."""
        self.lines.append((name, line))
        self._more.set()

    async def wait_for(self, condition: Callable[[list[Line]], bool]) -> None:
        """Return once `condition` is true of the lines."""
        async with asyncio.timeout(20):
            while not condition(self.lines):
                self._more.clear()
                await self._more.wait()


def python(name: str, code: str, stop_within_s: float = 10.0) -> Program:
    """Return a program that is this Python code; `run()` in it waits until SIGTERM."""
    run = "run = lambda: __import__('signal').pause()\n"
    return Program(name, [sys.executable, "-u", "-c", run + code], stop_within_s)


def play(story: Callable[[Output], Awaitable[None]]) -> list[Line]:
    """Run the story; return every line."""

    async def main() -> list[Line]:
        heard = Output()
        await story(heard)
        return heard.lines

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("deaths", "pause"),
    [
        ([100.0], 0.0),
        ([99.0, 100.0], 0.0),
        ([98.0, 99.0, 100.0], 1.0),
        ([90.0, 99.0, 100.0], 1.0),
        ([89.0, 99.0, 100.0], 0.0),
    ],
    ids=["first", "second", "third", "third in 10 s", "third in more than 10 s"],
)
def test_the_third_end_within_ten_seconds_pauses_a_second(deaths: list[float], pause: float) -> None:
    """Before that the program restarts at once, and it is always restarted."""
    assert pause_before_restart(deaths, now=100.0) == pause


def test_a_program_that_ends_is_restarted() -> None:
    """Killed or ended, with a line that says so."""

    async def story(heard: Output) -> None:
        supervisor = Supervisor([[python("worker", "import os; print(os.getpid()); run()")]], os.environ, heard.say)
        await heard.wait_for(lambda lines: len(lines) == 1)
        os.kill(int(heard.lines[0][1]), signal.SIGKILL)
        await heard.wait_for(lambda lines: len(lines) == 3)
        await supervisor.stop()

    (_, first), output, (_, second) = play(story)
    assert output == ("worker", "killed by SIGKILL; restarting it")
    assert first != second


def test_all_programs_are_restarted_on_request() -> None:
    """As when their server has a new address."""

    async def story(heard: Output) -> None:
        programs = [python(name, "print('here'); run()") for name in ("ingest", "worker")]
        supervisor = Supervisor([[program] for program in programs], os.environ, heard.say)
        await heard.wait_for(lambda lines: len(lines) == 2)
        supervisor.renew()
        await heard.wait_for(lambda lines: len(lines) == 6)
        await supervisor.stop()

    lines = play(story)
    assert [lines.count((name, "here")) for name in ("ingest", "worker")] == [2, 2]


def test_a_program_that_keeps_ending_is_restarted_again_and_again() -> None:
    """With its exit code, and in the end with a pause."""

    async def story(heard: Output) -> None:
        supervisor = Supervisor([[python("ingest", "raise SystemExit(7)")]], os.environ, heard.say)
        await heard.wait_for(lambda lines: len(lines) == 4)
        await supervisor.stop()

    how = "ended with exit code 7; restarting it"
    assert play(story) == [("ingest", how), ("ingest", how), ("ingest", f"{how} in 1 s"), ("ingest", f"{how} in 1 s")]


def test_a_missing_program_does_not_stop_the_others() -> None:
    """The supervisor tries again; the line says why."""

    async def story(heard: Output) -> None:
        absent = Program("absent", ["/nowhere/relay"], 1.0)
        supervisor = Supervisor([[absent, python("other", "print('here'); run()")]], os.environ, heard.say)
        await heard.wait_for(lambda lines: ("other", "here") in lines)
        await supervisor.stop()

    assert ("absent", "cannot be started: No such file or directory; restarting it") in play(story)


def test_stages_stop_one_after_the_other() -> None:
    """The second stops only when every program of the first is gone."""

    async def story(heard: Output) -> None:
        code = """
import signal, sys, time
def leave(*_):
    print('leaving'); time.sleep({delay}); print('gone'); sys.exit()
signal.signal(signal.SIGTERM, leave)
print('ready')
while True: signal.pause()
"""
        groups = [[python("ingest", code.format(delay=0.2))], [python("worker", code.format(delay=0))]]
        supervisor = Supervisor(groups, os.environ, heard.say)
        await heard.wait_for(lambda lines: len(lines) == 2)
        await supervisor.stop()

    assert play(story)[2:] == [("ingest", "leaving"), ("ingest", "gone"), ("worker", "leaving"), ("worker", "gone")]


def test_a_program_that_does_not_end_is_killed() -> None:
    """After its own time."""

    async def story(heard: Output) -> None:
        stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('no')\nwhile True: run()"
        supervisor = Supervisor([[python("worker", stubborn, stop_within_s=0.1)]], os.environ, heard.say)
        await heard.wait_for(lambda lines: len(lines) == 1)
        await supervisor.stop()

    assert play(story)[1:] == [("worker", "did not end in time; killed")]


def test_output_arrives_line_by_line() -> None:
    """Both streams, the last line without its end, no empty lines, and a long line in parts."""
    long = LONGEST_LINE + 10
    code = f"import sys; print('one\\n\\ntwo'); sys.stderr.write('three\\n'); print('x' * {long}, end=''); run()"

    async def story(heard: Output) -> None:
        supervisor = Supervisor([[python("worker", code)]], os.environ, heard.say)
        await heard.wait_for(lambda lines: sum(line.count("x") for _, line in lines) >= LONGEST_LINE)
        await supervisor.stop()

    lines = [line for _, line in play(story)]
    assert lines[:3] == ["one", "two", "three"]
    assert "".join(lines[3:]) == "x" * long


def test_each_program_has_its_own_process_group() -> None:
    """Ctrl-C reaches only the supervisor; the session is the same."""

    async def story(heard: Output) -> None:
        code = "import os; print(os.getpid(), os.getpgid(0), os.getsid(0)); run()"
        supervisor = Supervisor([[python("worker", code)]], os.environ, heard.say)
        await heard.wait_for(lambda lines: len(lines) == 1)
        await supervisor.stop()

    pid, group, session = map(int, play(story)[0][1].split())
    assert (group, session) == (pid, os.getsid(0))


def test_a_program_ends_with_its_parent() -> None:
    """Even if that is killed: the end of standard input shows it."""
    code = f"{LIFELINE} print('ready'); signal.pause()"

    async def main() -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-c", code),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "RELAY_SUPERVISED": "1"},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        await process.stdout.readline()
        process.stdin.close()
        return await process.wait()

    assert asyncio.run(main()) == -signal.SIGTERM
