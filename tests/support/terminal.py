"""The `relay` command as an operator uses it, in this process."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from click.testing import CliRunner

from cli.main import main


class Said(NamedTuple):
    """The output of a command."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """stdout as JSON; all of it must be JSON."""
        return json.loads(self.stdout)


def relay(*arguments: str, stdin: bytes | None = None, environ: Mapping[str, str] | None = None) -> Said:
    """Run the command; the test fails if it raises an exception that is not for operators."""
    result = CliRunner().invoke(main, arguments, input=stdin, env=environ)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)
