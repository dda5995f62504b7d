"""The `relay` command: a table of subcommands; each is imported only when it runs."""

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
from config.files.env_file import load_env_file
from store.errors import RedisAway


class Command(NamedTuple):
    """A subcommand: its module and attribute, and its line in the list of commands."""

    target: str
    summary: str


COMMANDS: Final = {
    "init": Command("cli.commands.configuration:init", "Write the first relay.yaml and .env."),
    "demo": Command(
        "cli.commands.processes:demo", "Send sample batches through a complete relay and show the results."
    ),
    "up": Command("cli.commands.processes:up", "Run everything on this machine: Redis, ingest and workers."),
    "ingest": Command("cli.commands.processes:ingest", "Accept batches over HTTP."),
    "consume": Command("cli.commands.processes:consume", "Take batches from queues, such as RabbitMQ and SQS."),
    "worker": Command("cli.commands.processes:worker", "Deliver waiting events to TikTok."),
    "flower": Command("cli.commands.processes:flower", "Show the workers' jobs in a browser."),
    "sandbox": Command(
        "cli.commands.processes:sandbox", "Run a stand-in for TikTok that checks events as TikTok does."
    ),
    "check": Command(
        "cli.commands.configuration:check", "Check the configuration, Redis and the connection to TikTok."
    ),
    "preview": Command(
        "cli.commands.configuration:preview", "Show what batches would become, without sending anything."
    ),
    "test": Command("cli.commands.configuration:test", "Run cases: batches, and what must come out of them."),
    "send": Command("cli.commands.events:send", "Post batches to ingest, as mParticle would."),
    "status": Command(
        "cli.commands.events:status", "Show what was received, delivered and dead-lettered, and what waits."
    ),
    "trace": Command("cli.commands.events:trace_command", "Show what became of events, by their ids."),
    "tail": Command("cli.commands.events:tail", "Show events as they end."),
    "dead-letters": Command(
        "cli.commands.dead_letters:dead_letters", "List, correct and replay events that were not delivered."
    ),
    "connections": Command(
        "cli.commands.connections:connections", "List, pause and resume connections; discard a backlog."
    ),
    "secrets": Command(
        "cli.commands.secrets:secrets", "Generate encryption keys; encrypt secrets of the configuration file."
    ),
    "schema": Command("cli.commands.configuration:schema", "Print the JSON Schema of relay.yaml for editors."),
    "completion": Command("cli.commands.configuration:completion", "Print a completion script for a shell."),
    "forget": Command("cli.commands.events:forget", "Erase a person's data."),
}


PROCESSES: Final = ("up", "ingest", "consume", "worker", "flower", "sandbox")
"""Commands that write logs; their errors at start-up are log lines as well."""


class Relay(click.Group):
    """The group of all commands whose module is installed."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Prepare the process, then run the command."""
        prepare_process()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table's order: what a new operator needs comes first."""
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
        """Offer commands from the table, so that completion imports no command."""
        return [
            CompletionItem(name, help=COMMANDS[name].summary)
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ] + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command; raise NoSuchCommand with similar names for an unknown one."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that an operator can correct becomes sentences and exit code 1."""
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
    """End with sentences on stderr and no traceback; a process that logs JSON writes them as JSON."""

    def __init__(self, sentences: Sequence[str], process: str | None = None, exit_code: int = 1) -> None:
        super().__init__("\n".join(sentences))
        self._sentences, self._process = sentences, process
        vars(self)["exit_code"] = exit_code  # click declares it on the class

    def show(self, file: Any = None) -> None:
        """Write each sentence on a line of its own."""
        as_json = self._process is not None and os.environ.get("RELAY_LOG_FORMAT", "").strip() == "json"
        for sentence in self._sentences:
            click.echo(_as_json(sentence, self._process) if as_json else sentence, file=file or sys.stderr)


def _as_json(sentence: str, process: str | None) -> str:
    """Return the sentence as a line of the process's log."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = {"event": sentence, "level": "error", "logger": "relay", "timestamp": now, "process": process}
    return json.dumps(line)


def command_failure(error: Exception, process: str | None) -> CommandFailed | None:
    """Return the error to show; None where click shows its own, or where a defect needs its traceback."""
    sentences = _sentences(error)
    if sentences is not None:
        return CommandFailed(sentences, process)
    if process is None or isinstance(error, click.exceptions.Exit | click.Abort):
        return None
    if isinstance(error, click.ClickException):
        as_json = os.environ.get("RELAY_LOG_FORMAT", "").strip() == "json"
        return CommandFailed([error.format_message()], process, error.exit_code) if as_json else None
    from process.logs import describe_exception

    return CommandFailed([f"unexpected error in relay, please report it: {describe_exception(error)}"], process)


def _sentences(error: Exception) -> Sequence[str] | None:
    client = sys.modules.get("redis.exceptions")  # commands without Redis never import it
    if client is None or not isinstance(error, client.RedisError):
        return sentences_of(error)
    from store.diagnosis.trouble import diagnose

    return sentences_of(RedisAway(diagnose(error)))


@click.group(cls=Relay)
@click.version_option(package_name="tiktok-events-relay", prog_name="relay")
def main() -> None:
    """Deliver mParticle batches to TikTok's Events API without losing events."""
