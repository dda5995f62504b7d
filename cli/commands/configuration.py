"""Declare the commands that write, check and try out a configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click
from click.shell_completion import get_completion_class

from cli.commands.options import FILE
from cli.terminal.deferred import runs
from config.model import Platform


def _checked(name: str) -> Callable[..., Any]:
    """Return a click callback that reads the value as the configuration file would."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        from cli.init import checked

        return checked(name, value) if value else value

    return check


@click.command
@click.option("--platform", type=click.Choice(get_args(Platform)), help="Platform of the mParticle input.")
@click.option(
    "--event-source-id",
    callback=_checked("event_source_id"),
    help="Pixel ID, App ID or Offline Event Set ID at TikTok.",
)
@click.option("--region", callback=_checked("default_region"), help="Country of phone numbers, such as US.")
@click.option("--token-stdin", is_flag=True, help="Read TikTok's token from standard input.")
@click.option("--force", is_flag=True, help="Overwrite files that exist; former encryption keys and cases.yaml stay.")
@runs("cli.init:init")
def init() -> None:
    """Write a commented relay.yaml, its schema for editors, .env with new keys, and a first case for relay test.

    In a terminal it asks for every value without an option. Elsewhere --platform and --event-source-id are required.
    """


@click.command
@click.option(
    "--json", "as_json", is_flag=True, help="Print findings as JSON: check, status (ok, warning, wrong), found, remedy."
)
@click.option("--alert", is_flag=True, help="Also send a test alert to the webhook.")
@click.option(
    "--deep",
    is_flag=True,
    help="Also send TikTok a test event for each connection, and look at a message of each source.",
)
@click.option(
    "--connection", "chosen", multiple=True, metavar="ID", help="With --deep: only this connection; repeatable."
)
@click.option(
    "--test-event-code",
    "code",
    metavar="CODE",
    help="With --deep: code for connections without test_event_code.",
)
@runs("cli.check.command:check")
def check() -> None:
    """Check settings, configuration, Redis and the connection to TikTok. Exit code 1 when anything is wrong.

    --deep also checks each connection's access token and event source id, with an event that Events Manager shows
    under Test events. It looks at the next message of each source and gives it back.
    """


@click.command
@click.option("--cases", is_flag=True, help="Print the schema of case files for `relay test` instead.")
@runs("cli.schema:schema")
def schema() -> None:
    """Print the JSON Schema of relay.yaml, for editors that complete and check the file.

    The first line of a file that relay init wrote names it: `# yaml-language-server: $schema=relay.schema.json`.
    """


@click.command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes relay's commands and options in SHELL.

    bash: add `eval "$(relay completion bash)"` to ~/.bashrc. zsh: add `eval "$(relay completion zsh)"` to ~/.zshrc.
    fish: run `relay completion fish > ~/.config/fish/completions/relay.fish`.
    """
    completion_class = get_completion_class(shell)
    if completion_class is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(completion_class(context.find_root().command, {}, "relay", "_RELAY_COMPLETE").source())


@click.command("test")
@click.argument("paths", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True, metavar="FILE...")
@click.option("--connection", "connection_id", metavar="ID", help="Only the cases of this connection.")
@click.option("--junit", type=click.Path(dir_okay=False, writable=True), metavar="FILE", help="Also write JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@runs("cli.cases.command:test")
def test() -> None:
    """Run the cases in FILE against the configuration; FILE may be a folder of YAML files.

    A case is a batch, a connection, and what must come out; `docs/testing-rules.md` shows them. The exit code is 0 if
    all pass, 1 if one fails or a file cannot be read.
    """


@click.command
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option("--input", "input_id", metavar="ID", help="Only as batches of this input.")
@click.option("--connection", "connection_id", metavar="ID", help="Only for this connection.")
@click.option(
    "--diff",
    "changed",
    type=click.Path(exists=True, dir_okay=False),
    nargs=2,
    metavar="OLD NEW",
    help="Show what would change if the configuration file NEW replaced OLD.",
)
@click.option(
    "--save-case",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a case for `relay test`, with made-up values in place of personal ones.",
)
@click.option("--profile", is_flag=True, help="Also fill what users' profiles in Redis have now.")
@click.option(
    "--json", "as_json", is_flag=True, help="JSON alone on stdout; each body is exactly as it would be posted."
)
@runs("cli.preview.command:preview")
def preview() -> None:
    """Show what the batches in FILE would become. FILE holds one batch, an array, or one batch a line; - is stdin.

    The index of an event is its position among the events of all files, from 0.
    """
