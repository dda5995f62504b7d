"""`relay schema` prints the JSON Schema of relay.yaml; `relay completion` prints a shell's completion script."""

import click
from click.shell_completion import get_completion_class

from config.reading.json_schema import json_schema_text
from operations.cases.schema import case_schema_text


@click.command
@click.option("--cases", is_flag=True, help="Print the schema of case files for `relay test` instead.")
def schema(*, cases: bool) -> None:
    """Print the JSON Schema of relay.yaml, for editors that complete and check the file.

    The first line of a file that relay init wrote names it: `# yaml-language-server: $schema=relay.schema.json`.
    """
    click.echo(case_schema_text() if cases else json_schema_text(), nl=False)


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
