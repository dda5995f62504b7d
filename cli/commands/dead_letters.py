"""Declare `relay dead-letters` and its subcommands."""

from typing import Final

import click

from cli.commands.options import condition_options, json_option, query_options, reveal_option, yes_option
from cli.terminal.deferred import runs

SHOWN: Final = 50


@click.group("dead-letters")
def dead_letters() -> None:
    """List, show, correct and replay events that relay does not retry automatically.

    Values are masked, and so are TikTok's messages, which may quote them; --reveal shows all.
    """


@dead_letters.command("list")
@condition_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=SHOWN,
    show_default=True,
    help="Number of dead letters to show, the newest; --json shows all.",
)
@json_option
@reveal_option
@runs("cli.dead_letters.command:list_")
def list_() -> None:
    """List dead letters, oldest first."""


@dead_letters.command("count")
@condition_options
@json_option
@runs("cli.dead_letters.command:count_")
def count_() -> None:
    """Count dead letters by connection, stage, reason and field."""


@dead_letters.command("show")
@click.argument("dead_letter_id", metavar="ID")
@json_option
@reveal_option
@runs("cli.dead_letters.command:show")
def show() -> None:
    """Show one dead letter with all its fields and its event."""


@dead_letters.command("edit")
@click.argument("dead_letter_id", metavar="ID")
@click.option(
    "--set",
    "assignments",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Set this field, by the name in the dead letter (TikTok.URL=https://…) or by its path "
    "(custom_flags.TikTok.URL=…); repeatable.",
)
@click.option("--replay", "send", is_flag=True, help="Replay it after the correction.")
@yes_option
@json_option
@runs("cli.dead_letters.edit:edit")
def edit() -> None:
    """Correct the event of a dead letter, in $EDITOR or with --set, and store the correction.

    You edit the mParticle batch with this one event. Before anything is stored, relay shows what the event would
    become, and asks if it would be dead-lettered again. An editor shows personal data, which the audit log records.
    """


@dead_letters.command("replay")
@query_options
@click.option("--dry-run", is_flag=True, help="Show what each would become now, and send nothing.")
@yes_option
@json_option
@reveal_option
@runs("cli.dead_letters.replay:replay")
def replay() -> None:
    """Send dead letters again under the current configuration. A replayed event is a dead letter no more.

    TikTok recognises an event that it already has for 48 hours, and counts it twice after that. If an event was
    first sent more than 47 hours ago and TikTok never confirmed it, relay asks first. TikTok refused all others or
    never received them, so they can be replayed at any time.
    """


@dead_letters.command("discard")
@query_options
@yes_option
@json_option
@runs("cli.dead_letters.discard:discard")
def discard() -> None:
    """Remove dead letters for good. Their events never reach TikTok and are counted as discarded.

    relay asks first, unless you pass --yes. Run export before to keep a copy.
    """


@dead_letters.command("export")
@query_options
@reveal_option
@runs("cli.dead_letters.export:export")
def export() -> None:
    """Write dead letters to stdout, one JSON object a line: the fields of list --json, and `source` with the event.

    Values are masked without --reveal. Name ids or conditions, or pass --all.
    """


@dead_letters.command("reveals")
@json_option
@runs("cli.dead_letters.reveals:reveals")
def reveals() -> None:
    """List who saw unmasked dead letters, and when, newest first."""
