"""`relay dead-letters edit`: correct the event of a letter, see what it would become, keep it, send it again."""

from typing import Any, NamedTuple

import click
import msgspec

from cli.asking import confirmed, yes_option
from cli.failures import BadNews
from cli.letter_box import LetterBox, decoded, open_box
from cli.letter_choice import json_option
from cli.letter_dry_run import object_of
from cli.letter_outlook import Blocked, Outlook, Outlooks, old_reason
from cli.letter_paths import set_value
from cli.letter_reveals import note_reveal
from cli.letter_sending import GONE, Sent, is_late, late_question, replay_all
from cli.output import note, plain, print_json
from cli.setting import configuration_of
from delivery.letters import DeadLetter
from lanes.chunk import Batch, Chunk
from lanes.errors import ChunkUnreadable
from lanes.letters import amend_letter, letter_of
from mapping.source import NotABatch, split_batch


class _Found(NamedTuple):
    letter: DeadLetter
    stored: bytes
    source: Chunk


@click.command("edit")
@click.argument("letter_id", metavar="ID")
@click.option(
    "--set",
    "assignments",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Correct this field, such as custom_flags.TikTok.URL=https://…; may be given again for others.",
)
@click.option("--replay", "send", is_flag=True, help="Send it again once it is kept.")
@yes_option
@json_option
def edit(*, letter_id: str, assignments: tuple[str, ...], send: bool, yes: bool, as_json: bool) -> None:
    """Correct the event of one, in $EDITOR or by --set, and keep it so.

    The batch with this one event is what is edited; its names are mParticle's. What it would become is told before
    anything is kept, and where it would die again it is asked. An editor shows personal data, which is logged.
    """
    with open_box() as box:
        found = _find(box, letter_id)
        outlooks = Outlooks(configuration_of(box.settings), box.settings, box.now_ms())
        before = _text(found.source)
        if not assignments:
            note_reveal(box, "edit", [letter_id])
        after = _assigned(before, assignments) if assignments else _edited(before)
        if after is None:
            note("nothing was changed")
            raise SystemExit(1)
        corrected = _corrected(found.source, after)
        outlook = outlooks.of(found.letter, corrected)
        _tell(found.letter, outlook)
        if not _fine(outlook) and not confirmed("Keep it so all the same?", yes=yes):
            note("nothing was changed")
            raise SystemExit(1)
        send = send and isinstance(outlook, Outlook)
        sent = _keep(box, found, corrected, send=send, yes=yes)
    _say(letter_id, outlook, sent, as_json=as_json)


def _find(box: LetterBox, letter_id: str) -> _Found:
    letter = box.find(letter_id)
    stored = None if letter is None else letter_of(box.client, letter.connection, letter_id)
    if stored is None:
        raise BadNews(f"{letter_id}: {GONE}: relay dead-letters list says which there are")
    letter = decoded(stored, letter_id)
    try:
        return _Found(letter, stored, box.open(letter))
    except ChunkUnreadable as error:
        raise BadNews(f"the source cannot be opened: {error.what_to_do}") from None


def _text(source: Chunk) -> str:
    """The batch with the one event, for people; numbers stand as the client wrote them."""
    batch = source.batches[0]
    try:
        members = msgspec.json.decode(batch.shared, type=dict[str, msgspec.Raw])
        whole = msgspec.json.encode({**members, "events": [msgspec.Raw(batch.entries[0].raw)]})
        return msgspec.json.format(whole, indent=2).decode() + "\n"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadNews("its event is no JSON that can be edited: export keeps it, discard removes it") from None


def _assigned(text: str, assignments: tuple[str, ...]) -> str:
    batch: dict[str, Any] = msgspec.json.decode(text)
    for assignment in assignments:
        set_value(batch, assignment)
    return msgspec.json.encode(batch).decode()


def _edited(text: str) -> str | None:
    """What came out of the editor; None where nothing was changed."""
    try:
        after = click.edit(text, extension=".json")
    except click.ClickException as error:
        raise BadNews(f"{error.message}: set EDITOR, or use --set field=value") from None
    return None if after is None or after.strip() == text.strip() else after


def _corrected(source: Chunk, text: str) -> Chunk:
    """The source with another batch and event; the event's place, minted id and open items stay."""
    try:
        split = split_batch(text.encode())
    except (NotABatch, UnicodeEncodeError) as error:
        raise BadNews(f"nothing was kept: {error}") from None
    if len(split.events) != 1:
        raise BadNews(f"nothing was kept: a letter is of one event, and there are {len(split.events)}")
    entry = msgspec.structs.replace(source.batches[0].entries[0], raw=bytes(split.events[0]))
    return msgspec.structs.replace(source, batches=[Batch(split.shared, [entry])])


def _keep(box: LetterBox, found: _Found, corrected: Chunk, *, send: bool, yes: bool) -> Sent | None:
    """Put the corrected letter in its place; and with `send`, on its way."""
    letter = found.letter
    late = send and is_late(corrected.first_unknown_ms, box.now_ms())
    send = send and (not late or confirmed(late_question(1), yes=yes))
    amended = msgspec.structs.replace(letter, source=box.codec.seal(corrected))
    if not amend_letter(box.client, letter.connection, letter.id, found.stored, amended.encode()):
        raise BadNews(f"{letter.id} was changed or taken meanwhile: nothing was kept")
    if not send:
        return None
    sent = Sent()
    replay_all(box, letter.connection, [letter.id], [letter.id] if late else [], sent)
    return sent


def _fine(outlook: Outlook | Blocked) -> bool:
    return isinstance(outlook, Outlook) and bool(outlook.items) and not outlook.rejected


def _tell(letter: DeadLetter, outlook: Outlook | Blocked) -> None:
    note(plain(f"then  {old_reason(letter, reveal=False)}"))
    for sentence in [outlook.why] if isinstance(outlook, Blocked) else outlook.sentences():
        note(plain(f"now   {sentence}"))


def _say(letter_id: str, outlook: Outlook | Blocked, sent: Sent | None, *, as_json: bool) -> None:
    replayed = sent is not None and sent.replayed == [letter_id]
    if as_json:
        print_json({"id": letter_id, "replayed": replayed, "now": object_of(outlook, reveal=False)})
    else:
        further = "on its way again" if replayed else f"to send it again: relay dead-letters replay {letter_id}"
        click.echo(f"{letter_id}: kept as corrected; {further}")
    if sent is not None and not replayed:
        for _, why in sent.left:
            note(f"{letter_id}: {why}")
        raise SystemExit(1)
