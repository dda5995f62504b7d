"""`relay dead-letters edit`: correct the event of a letter, see what it would become, keep it, send it again."""

from collections.abc import Mapping

import click
import msgspec

from cli.context import configuration_of, open_store
from cli.dead_letters.dry_run import object_of
from cli.dead_letters.options import json_option
from cli.dead_letters.reveals import note_reveal
from cli.terminal.output import note, plain, print_json
from cli.terminal.prompts import confirmed, yes_option
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from operations.dead_letters.edit import Found, corrected, editable, find_dead_letter, is_sendable, keep, text_of
from operations.dead_letters.field_names import names_of
from operations.dead_letters.paths import set_value
from operations.dead_letters.preview import Blocked, ReplayPreview, ReplayPreviews, former_reason
from operations.dead_letters.replay import Result, is_late, late_question, replay_page
from operations.dead_letters.store import DeadLetterStore
from operations.errors import OperatorError


@click.command("edit")
@click.argument("letter_id", metavar="ID")
@click.option(
    "--set",
    "assignments",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Correct this field, by the name that the letter shows (TikTok.URL=https://…) or by its path "
    "(custom_flags.TikTok.URL=…); may be given again for others.",
)
@click.option("--replay", "send", is_flag=True, help="Send it again once it is kept.")
@yes_option
@json_option
def edit(*, letter_id: str, assignments: tuple[str, ...], send: bool, yes: bool, as_json: bool) -> None:
    """Correct the event of one, in $EDITOR or by --set, and keep it so.

    The batch with this one event is what is edited; its names are mParticle's. What it would become is told before
    anything is kept, and where it would die again it is asked. An editor shows personal data, which is logged.
    """
    with open_store() as store:
        found = find_dead_letter(store, letter_id)
        configuration = configuration_of(store.settings)
        outlooks = ReplayPreviews(configuration, store.settings, store.now_ms())
        names = names_of(found.dead_letter, configuration.connections.get(found.dead_letter.connection))
        before = text_of(found.source)
        if not assignments:
            note_reveal(store, "edit", [letter_id])
        after = _assigned(before, assignments, names) if assignments else _edited(before)
        if after is None:
            note("nothing was changed")
            raise SystemExit(1)
        source = corrected(found.source, after)
        outlook = outlooks.of(found.dead_letter, source)
        _tell(found.dead_letter, outlook)
        if not is_sendable(outlook) and not confirmed("Keep it so all the same?", yes=yes):
            note("nothing was changed")
            raise SystemExit(1)
        send = send and isinstance(outlook, ReplayPreview)
        sent = _keep(store, found, source, send=send, yes=yes)
    _say(letter_id, outlook, sent, as_json=as_json)


def _assigned(text: str, assignments: tuple[str, ...], names: Mapping[str, str]) -> str:
    batch = editable(text)
    for assignment in assignments:
        set_value(batch, assignment, names)
    return msgspec.json.encode(batch).decode()


def _edited(text: str) -> str | None:
    """What came out of the editor; None where nothing was changed."""
    try:
        after = click.edit(text, extension=".json")
    except click.ClickException as error:
        raise OperatorError(f"{error.message}: set EDITOR, or use --set field=value") from None
    return None if after is None or after.strip() == text.strip() else after


def _keep(store: DeadLetterStore, found: Found, source: Chunk, *, send: bool, yes: bool) -> Result | None:
    """Put the corrected letter in its place; and with `send`, on its way."""
    letter = found.dead_letter
    late = send and is_late(source.first_unknown_ms, store.now_ms())
    send = send and (not late or confirmed(late_question(1), yes=yes))
    keep(store, found, source)
    if not send:
        return None
    sent = Result()
    replay_page(store, letter.connection, [letter.id], [letter.id] if late else [], sent)
    return sent


def _tell(letter: DeadLetter, outlook: ReplayPreview | Blocked) -> None:
    note(plain(f"then  {former_reason(letter, reveal=False)}"))
    for sentence in [outlook.why] if isinstance(outlook, Blocked) else outlook.sentences():
        note(plain(f"now   {sentence}"))


def _say(letter_id: str, outlook: ReplayPreview | Blocked, sent: Result | None, *, as_json: bool) -> None:
    replayed = sent is not None and sent.done == [letter_id]
    if as_json:
        print_json({"id": letter_id, "replayed": replayed, "now": object_of(outlook, reveal=False)})
    else:
        further = "on its way again" if replayed else f"to send it again: relay dead-letters replay {letter_id}"
        click.echo(f"{letter_id}: kept as corrected; {further}")
    if sent is not None and not replayed:
        for _, why in sent.left:
            note(f"{letter_id}: {why}")
        raise SystemExit(1)
