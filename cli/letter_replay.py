"""`relay dead-letters replay`: send them again under today's configuration; or only show what would come of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import click
import msgspec
from rich.console import Console, Group, RenderableType
from rich.json import JSON
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.letter_box import LetterBox, decoded, open_box, public
from cli.letter_choice import (
    Choice,
    choice_options,
    confirmed,
    json_option,
    reveal_option,
    yes_option,
)
from cli.letter_outlook import Blocked, Outlook, Outlooks, old_reason, shown_body
from cli.letter_reveals import note_reveal
from cli.output import BAD, GOOD, MUTED, console, note, plain, plural, print_json
from cli.setting import configuration_of
from delivery.letters import DeadLetter
from lanes.chunk import Chunk
from lanes.errors import ChunkUnreadable
from lanes.letters import Revived, replay_letters, some_letters
from worker.compose import DEDUPLICATED_FOR_MS

MOST_LETTERS: Final = 50
MOST_BYTES: Final = 1024 * 1024
"""What one script is given at most (a single source may be larger)."""

MANY: Final = 500
"""From so many on a bar shows how far it is."""

GONE: Final = "there is no such dead letter (any more)"


@dataclass(slots=True)
class Sent:
    """What became of a replay."""

    replayed: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """(id, why it was left where it is)."""


@click.command("replay")
@choice_options
@click.option("--dry-run", is_flag=True, help="Only show what each would become now.")
@yes_option
@json_option
@reveal_option
def replay(*, dry_run: bool, yes: bool, as_json: bool, reveal: bool, **choice: Any) -> None:
    """Send them again, under today's configuration. Each goes once: what has gone is no dead letter any more.

    TikTok knows an event again for 48 hours and would count it twice after that. So of events that TikTok never
    said whether it took, and that it was first sent over 47 hours ago (an hour is left for clocks and the way),
    it is asked. All others were refused or never sent: they can be sent at any time.
    """
    wanted = Choice(**choice)
    wanted.check()
    with open_box() as box:
        outlooks = Outlooks(configuration_of(box.settings), box.settings, _now_ms(box))
        if dry_run:
            _show(box, wanted, outlooks, as_json=as_json, reveal=reveal)
            return
        chosen = wanted.chosen(box)
        late = {one.id for one in chosen if is_late(one.first_unknown_ms, _now_ms(box))}
        again = not late or confirmed(late_question(len(late)), yes=yes)
        sent = Sent(left=[(letter_id, GONE) for letter_id in wanted.missing({one.id for one in chosen})])
        if not again:
            sent.left += [(letter_id, "TikTok may count it twice") for letter_id in late]
        for connection_id, group in groupby(sorted(chosen, key=lambda one: one.connection), lambda one: one.connection):
            ids = [one.id for one in group if again or one.id not in late]
            if obstacle := outlooks.obstacle(connection_id):
                sent.left += [(letter_id, obstacle) for letter_id in ids]
            else:
                replay_all(box, connection_id, ids, late, sent)
    _say(sent, as_json=as_json)


def is_late(first_unknown_ms: int, now_ms: int) -> bool:
    """Whether TikTok may have taken the event and would not know it again (promise 5 of design.md).

    Only events whose first outcome nobody learnt: of any other it is known that TikTok does not have it.
    """
    return 0 < first_unknown_ms <= now_ms - DEDUPLICATED_FOR_MS


def late_question(number: int) -> str:
    """What is asked of late ones."""
    return (
        f"{plural(number, 'event')} may have reached TikTok over 47 hours ago, which would count "
        f"{'it' if number == 1 else 'them'} again. Send {'it' if number == 1 else 'them'} anyway?"
    )


def replay_all(box: LetterBox, connection_id: str, ids: Sequence[str], late: Iterable[str], sent: Sent) -> None:
    """Send these letters of one connection again; of the `late` ones, which would otherwise expire, anew."""
    restarted = frozenset(late)
    for page in progress("replaying", ids, MOST_LETTERS):
        revived: list[Revived] = []
        for letter_id, stored in zip(page, some_letters(box.client, connection_id, page), strict=True):
            if stored is None:
                sent.left.append((letter_id, GONE))
                continue
            try:
                source = box.open(decoded(stored, letter_id))
            except ChunkUnreadable as error:
                sent.left.append((letter_id, f"its source cannot be opened: {error.what_to_do}"))
                continue
            if letter_id in restarted:
                source = msgspec.structs.replace(source, first_unknown_ms=0)
            revived.append(Revived(letter_id, stored, box.codec.seal(source)))
        for some in _cut(revived):
            went = replay_letters(box.client, connection_id, some)
            sent.replayed += went
            gone = {one.id for one in some}.difference(went)
            sent.left += [(letter_id, "it was changed or taken meanwhile") for letter_id in sorted(gone)]


def progress(what: str, ids: Sequence[str], page: int) -> Iterator[Sequence[str]]:
    """The ids in pages; where there are many, a bar on stderr says how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=len(ids) < MANY)
    with bar:
        task = bar.add_task(what, total=len(ids))
        for start in range(0, len(ids), page):
            yield ids[start : start + page]
            bar.advance(task, min(page, len(ids) - start))


def _cut(revived: Sequence[Revived]) -> Iterator[list[Revived]]:
    some: list[Revived] = []
    size = 0
    for one in revived:
        if some and size + len(one.chunk) > MOST_BYTES:
            yield some
            some, size = [], 0
        some.append(one)
        size += len(one.chunk)
    if some:
        yield some


def _now_ms(box: LetterBox) -> int:
    """Redis's time, which is what stamps are made of."""
    seconds, micros = box.client.time()
    return seconds * 1000 + micros // 1000


def _say(sent: Sent, *, as_json: bool) -> None:
    if as_json:
        left = [{"id": letter_id, "why": why} for letter_id, why in sent.left]
        print_json({"replayed": sent.replayed, "left": left})
    else:
        for letter_id, why in sent.left:
            note(f"{letter_id}: {why}")
        click.echo(f"replayed: {plural(len(sent.replayed), 'dead letter')}")
    if sent.left:
        raise SystemExit(1)


def _show(box: LetterBox, wanted: Choice, outlooks: Outlooks, *, as_json: bool, reveal: bool) -> None:
    """The dry run: a letter at a time, so that any number of them may be looked at."""
    shown, seen = [], list[str]()
    for letter in wanted.letters(box):
        seen.append(letter.id)
        outlook = _outlook(box, letter, outlooks)
        if as_json:
            shown.append({**public(letter, reveal=reveal), "now": _object(outlook, reveal=reveal)})
        else:
            console().print(_sheet(letter, outlook, reveal=reveal))
    missing = wanted.missing(seen)
    if as_json:
        print_json(shown)
    elif not seen and not missing:
        note("no such dead letters")
    if reveal and seen:
        note_reveal(box, "replay --dry-run", seen)
    for letter_id in missing:
        note(f"{letter_id}: {GONE}")
    if missing:
        raise SystemExit(1)


def _outlook(box: LetterBox, letter: DeadLetter, outlooks: Outlooks) -> Outlook | Blocked:
    try:
        source: Chunk = box.open(letter)
    except ChunkUnreadable as error:
        return Blocked(f"its source cannot be opened: {error.what_to_do}")
    return outlooks.of(letter, source)


def _object(outlook: Outlook | Blocked, *, reveal: bool) -> dict[str, Any]:
    if isinstance(outlook, Blocked):
        return {"blocked": outlook.why, "request": None, "dead_letters": [], "not_sent": []}
    return {"blocked": None, **outlook.as_object(reveal=reveal)}


def _sheet(letter: DeadLetter, outlook: Outlook | Blocked, *, reveal: bool) -> RenderableType:
    head = Text.assemble((letter.id, "bold"), f"  {letter.connection}", (f"  {letter.tiktok_event or ''}", MUTED))
    lines: list[RenderableType] = [head, Text(plain(f"  then  {old_reason(letter, reveal=reveal)}"))]
    if isinstance(outlook, Blocked):
        return Group(*lines, Text(f"  now   {outlook.why}", style=BAD), "")
    style = GOOD if outlook.items and not outlook.rejected else BAD
    lines += [Text(plain(f"  now   {sentence}"), style=style) for sentence in outlook.sentences()]
    if outlook.items:
        body = msgspec.json.encode(shown_body(outlook.body, reveal=reveal)).decode()
        lines += [Text(f"  POST  {outlook.url}", style=MUTED), JSON(body, indent=2)]
    return Group(*lines, "")
