"""The console's process, which `relay ingest` starts as `python -m cli.processes.console DESCRIPTOR`."""

import socket
import sys

import process.lean_structlog  # noqa: F401 - before all that imports structlog

# isort: split
from cli.context import settings_here, with_redis
from cli.main import command_failure
from cli.processes.prepare import prepare_process
from process.logs import configure_logging


def command(control: int) -> list[str]:
    """Return the command line of a process that serves the console over this descriptor.

    `-P` keeps Python from importing modules of the working directory.
    """
    return [sys.executable, "-P", "-m", "cli.processes.console", str(control)]


def main(control: int) -> None:
    """Serve until ingest closes the control socket."""
    from console.app import console_app  # not above: ingest imports this module for `command`
    from console.process.serve import serve

    try:
        prepare_process()
        settings = with_redis(settings_here())
    except Exception as error:  # becomes a log line, which may have to be JSON
        if (failed := command_failure(error, "console")) is None:
            raise
        failed.show()
        sys.exit(failed.exit_code)
    configure_logging(settings, "console")
    with console_app(settings) as app, socket.socket(fileno=control) as connection:
        serve(app, connection)


if __name__ == "__main__":
    main(int(sys.argv[1]))
