"""The `relay` command: a table of subcommands, each imported only when it is asked for."""

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import click
from click.shell_completion import CompletionItem

from cli.processes.prepare import prepare_process
from cli.terminal.failures import sentences_of
from config.env_file import load_env_file
from store.errors import RedisAway


class Row(NamedTuple):
    """A subcommand: where it is, and what the listing says of it without importing it."""

    target: str
    summary: str


COMMANDS: Final = {
    "init": Row("cli.init:init", "Write the first relay.yaml and .env."),
    "demo": Row("cli.demo.command:demo", "Send realistic batches through a whole relay and show what became of them."),
    "up": Row("cli.local.up:up", "Run everything here: a server if none is given, ingest, and workers."),
    "ingest": Row("cli.processes.serve:ingest", "Take batches over HTTP."),
    "worker": Row("cli.processes.serve:worker", "Deliver what waits to TikTok."),
    "flower": Row("cli.processes.flower:flower", "Show the workers' jobs in a browser."),
    "sandbox": Row("cli.processes.serve:sandbox", "Stand in for TikTok: refuse what it refuses, fail on demand."),
    "check": Row("cli.check.command:check", "Say whether the configuration and Redis are fit to run with."),
    "preview": Row("cli.preview.command:preview", "Show what a batch would become, and send nothing."),
    "send": Row("cli.send:send", "Post a batch to ingest as an SDK would."),
    "status": Row("cli.status.command:status", "What arrived, what was delivered, what waits and why."),
    "dead-letters": Row(
        "cli.dead_letters.command:dead_letters", "Look at events that could not be delivered, and mend them."
    ),
    "connections": Row("cli.connections:connections", "List connections; pause and resume them."),
    "secrets": Row("cli.secrets.command:secrets", "Make keys; encrypt what the configuration file holds."),
    "schema": Row("cli.schema:schema", "Print the JSON Schema of relay.yaml, for editors."),
    "completion": Row("cli.schema:completion", "Print the completion script of a shell."),
    "forget": Row("cli.forget:forget", "Erase what is kept of a person."),
}


PROCESSES: Final = ("up", "ingest", "worker", "flower", "sandbox")
"""Commands that log, at start-up too."""


class Relay(click.Group):
    """The group of all commands in the table whose module is installed."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Prepare the process, then do as every click command."""
        prepare_process()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the table's order: a newcomer's first."""
        del ctx
        return [name for name, row in COMMANDS.items() if importlib.util.find_spec(row.target.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer commands from the table, so that completing one imports none."""
        return [
            CompletionItem(name, help=COMMANDS[name].summary)
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ] + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command, or wrong use with those that are like what was written."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The listing, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; what a person can mend is told in sentences (exit code 1), anything else is a fault of ours."""
        try:
            load_env_file()
            return super().invoke(ctx)
        except Exception as error:
            process = ctx.invoked_subcommand if ctx.invoked_subcommand in PROCESSES else None
            failed = command_failure(error, process)
            if failed is None:
                raise
            raise failed from error


class CommandFailed(click.ClickException):
    """Sentences on stderr, exit code 1, no traceback; of a process that logs JSON, as JSON."""

    def __init__(self, sentences: Sequence[str], process: str | None = None, exit_code: int = 1) -> None:
        super().__init__("\n".join(sentences))
        self._sentences, self._process = sentences, process
        vars(self)["exit_code"] = exit_code  # click has it as the class's

    def show(self, file: Any = None) -> None:
        """Each on its own line, as it is."""
        as_json = self._process is not None and os.environ.get("RELAY_LOG_FORMAT", "").strip() == "json"
        for sentence in self._sentences:
            click.echo(_as_json(sentence, self._process) if as_json else sentence, file=file or sys.stderr)


def _as_json(sentence: str, process: str | None) -> str:
    """As a line of that process's log."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = {"event": sentence, "level": "error", "logger": "relay", "timestamp": now, "process": process}
    return json.dumps(line)


def command_failure(error: Exception, process: str | None) -> CommandFailed | None:
    """What to say; None for what click says by itself, and for a defect of a command, which deserves its traceback."""
    sentences = _sentences(error)
    if sentences is not None:
        return CommandFailed(sentences, process)
    if process is None or isinstance(error, click.exceptions.Exit | click.Abort):
        return None
    if isinstance(error, click.ClickException):
        as_json = os.environ.get("RELAY_LOG_FORMAT", "").strip() == "json"
        return CommandFailed([error.format_message()], process, error.exit_code) if as_json else None
    from process.logs import describe_exception

    return CommandFailed([f"an unforeseen fault of relay: {describe_exception(error)}"], process)


def _sentences(error: Exception) -> Sequence[str] | None:
    client = sys.modules.get("redis.exceptions")  # not imported for commands that do without
    if client is None or not isinstance(error, client.RedisError):
        return sentences_of(error)
    from store.trouble import diagnose

    return sentences_of(RedisAway(diagnose(error)))


@click.group(cls=Relay)
@click.version_option(package_name="tiktok-events-relay", prog_name="relay")
def main() -> None:
    """Deliver mParticle batches to TikTok's Events API, losing none."""
