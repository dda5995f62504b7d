"""Declare the commands that send events, and those that find out what became of them."""

import click

from cli.commands.options import FILE, json_option
from cli.terminal.deferred import runs
from delivery.outcome_names import OUTCOMES
from lanes.names import DAYS_KEPT


@click.command
@click.argument("file", type=FILE)
@click.option(
    "--input", "input_id", metavar="ID", help="Input whose key and secret to send with.  [default: the only one]"
)
@click.option("--url", metavar="URL", help="URL of ingest.  [default: http://RELAY_HOST:RELAY_PORT]")
@runs("cli.send:send")
def send() -> None:
    """Post the batches in FILE to ingest. FILE holds one batch, an array, or one batch a line; - is stdin."""


@click.command
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@click.option("--watch", is_flag=True, help="Refresh the screen every second.")
@click.option(
    "--days",
    type=click.IntRange(1, DAYS_KEPT),
    metavar="N",
    help="Show instead how the events of each of the last N days (UTC) ended, by TikTok event and reason.",
)
@click.option(
    "--match-keys",
    is_flag=True,
    help="Show instead which identifiers delivered events carried today (UTC), or with --days N, and what they lost.",
)
@click.option("--verify", is_flag=True, help="Also count every chunk; exit code 1 when the ledger does not balance.")
@runs("cli.status.command:status")
def status() -> None:
    """Show what was received and how it ended, for each connection."""


@click.command("trace")
@click.argument("event_ids", metavar="[EVENT_ID]...", nargs=-1)
@click.option(
    "--file", type=click.File(encoding="utf-8"), help="A file with an id on each line, or a CSV file; - is stdin."
)
@click.option("--column", metavar="NAME", help="The column of the CSV file that has the ids.")
@click.option(
    "--since", metavar="TIME", help="Only what ended then or later: 2026-11-24, 2026-11-24T08:30Z, or 7d ago."
)
@click.option("--until", metavar="TIME", help="Only what ended before that; of a date, until its end. Times are UTC.")
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@runs("cli.trace.command:trace_command")
def trace_command() -> None:
    """Show what became of events: each item of them, for each connection, on a timeline.

    An event's id is mParticle's source_message_id, or the id that relay generated. Ids may come from a file, such as
    the orders of a month. With RELAY_ARCHIVE the archive is searched as well; --since and --until make that quicker.
    What waits is always shown. Exit code 1 when an id was not seen.
    """


@click.command
@click.option(
    "--identity",
    "written",
    multiple=True,
    metavar="TYPE=VALUE",
    help="The person: email=…, mobile_number=…, customer_id=…, mpid=…; repeat it for every identity that you know. "
    "With - as the value, it is read from stdin, one value a line.",
)
@click.option("--identity-file", type=click.File(), help="A file with TYPE=VALUE on each line; - is stdin.")
@click.option("--dry-run", is_flag=True, help="Count what would be erased, and erase nothing.")
@click.option("--past", is_flag=True, help="List past erasures: operator, time and counts, never the person.")
@json_option
@runs("cli.forget:forget")
def forget() -> None:
    """Erase a person's data: waiting events, dead letters, profiles, and their traces on disk.

    Identities are compared as they are hashed for TikTok, so a value and its SHA-256 mean the same person. Other
    users can see a value on the command line, and shells keep it in a history; stdin avoids both. Data that TikTok
    received must be erased at TikTok. Exit code 1 when something could not be erased.
    """


@click.command("tail")
@click.option("--connection", "connections", metavar="ID", multiple=True, help="Only of this connection. Repeatable.")
@click.option("--event", "events", metavar="NAME", multiple=True, help="Only of this TikTok event. Repeatable.")
@click.option(
    "--outcome",
    "outcomes",
    type=click.Choice(OUTCOMES, case_sensitive=False),
    multiple=True,
    help="Only events that ended so. Repeatable.",
)
@click.option("--number", type=click.IntRange(1), metavar="N", help="End after N events.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each event on stdout.")
@runs("cli.tail.command:tail")
def tail() -> None:
    """Show events as they end, with what mParticle sent and what TikTok got and answered, masked.

    Ctrl-C ends it. When many events end at once, a sample is shown, and how many were left out is said on stderr.
    """
