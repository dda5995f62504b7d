"""`relay dead-letters edit`: correct the event of a dead letter, preview it, store it and replay it."""

from collections.abc import Mapping

import click
import msgspec

from cli.changes import open_store
from cli.context import configuration_of
from cli.dead_letters.dry_run import object_of
from cli.dead_letters.replay import how_to_follow
from cli.dead_letters.reveals import note_reveal
from cli.terminal.output import note, plain, print_json
from cli.terminal.prompts import confirmed
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from operations.dead_letters.edit import (
    DecryptedDeadLetter,
    corrected,
    editable,
    find_dead_letter,
    is_sendable,
    save_source,
    text_of,
)
from operations.dead_letters.field_names import names_of
from operations.dead_letters.paths import set_value
from operations.dead_letters.preview import Blocked, ReplayPreview, ReplayPreviews, former_reason
from operations.dead_letters.replay import REPLAYED, Result, is_late, late_question, replay_page
from operations.dead_letters.store import DeadLetterStore
from operations.errors import OperatorError


def edit(*, dead_letter_id: str, assignments: tuple[str, ...], send: bool, yes: bool, as_json: bool) -> None:
    """Correct the event of a dead letter, in $EDITOR or with --set, and store the correction."""
    with open_store(changes=True) as store:
        found = find_dead_letter(store, dead_letter_id)
        configuration = configuration_of(store.settings)
        previews = ReplayPreviews(configuration, store.settings, store.now_ms())
        names = names_of(found.dead_letter, configuration.connections.get(found.dead_letter.connection))
        before = text_of(found.source)
        if not assignments:
            note_reveal(store, "edit", [dead_letter_id])
        after = _assigned(before, assignments, names) if assignments else _edited(before)
        if after is None:
            note("Nothing was changed.")
            raise SystemExit(1)
        source = corrected(found.source, after)
        preview = previews.of(found.dead_letter, source)
        _print_preview(found.dead_letter, preview)
        if not is_sendable(preview) and not confirmed("Store this correction anyway?", yes=yes):
            note("Nothing was changed.")
            raise SystemExit(1)
        send = send and isinstance(preview, ReplayPreview)
        result = _keep(store, found, source, send=send, yes=yes)
    _print_result(dead_letter_id, found.dead_letter.event_id, preview, result, as_json=as_json)


def _assigned(text: str, assignments: tuple[str, ...], names: Mapping[str, str]) -> str:
    batch = editable(text)
    for assignment in assignments:
        set_value(batch, assignment, names)
    return msgspec.json.encode(batch).decode()


def _edited(text: str) -> str | None:
    """Return the edited text; None when it is unchanged."""
    try:
        after = click.edit(text, extension=".json")
    except click.ClickException as error:
        raise OperatorError(f"{error.message}. Set EDITOR, or pass --set FIELD=VALUE.") from None
    return None if after is None or after.strip() == text.strip() else after


def _keep(store: DeadLetterStore, found: DecryptedDeadLetter, source: Chunk, *, send: bool, yes: bool) -> Result | None:
    """Store the corrected event, and replay it if `send` says so."""
    dead_letter = found.dead_letter
    late = send and is_late(source.first_unknown_ms, store.now_ms())
    send = send and (not late or confirmed(late_question(1), yes=yes))
    save_source(store, found, source)
    if not send:
        return None
    result = Result()
    replay_page(store, dead_letter.connection, [dead_letter.id], [dead_letter.id] if late else [], result)
    return result


def _print_preview(dead_letter: DeadLetter, preview: ReplayPreview | Blocked) -> None:
    note(plain(f"then  {former_reason(dead_letter, reveal=False)}"))
    for sentence in [preview.why] if isinstance(preview, Blocked) else preview.sentences():
        note(plain(f"now   {sentence}"))


def _print_result(
    dead_letter_id: str, event_id: str | None, preview: ReplayPreview | Blocked, result: Result | None, *, as_json: bool
) -> None:
    replayed = result is not None and result.done == [dead_letter_id]
    if as_json:
        print_json({"id": dead_letter_id, "replayed": replayed, "now": object_of(preview, reveal=False)})
    else:
        next_step = "replayed" if replayed else f"to replay it, run relay dead-letters replay {dead_letter_id}"
        click.echo(f"{dead_letter_id}: corrected; {next_step}")
        if replayed:
            note(f"{REPLAYED} {how_to_follow([event_id] if event_id else [])}")
    if result is not None and not replayed:
        for _, why in result.left:
            note(f"{dead_letter_id}: {why}")
        raise SystemExit(1)
