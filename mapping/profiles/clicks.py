"""Find the newest click id in a batch's events, those included that become no TikTok event."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from mapping.fields.event_time import event_time
from mapping.fields.web import page_address, ttclid, ttclid_in
from mapping.incoming.batch_fields import BatchFields
from mapping.incoming.event import UNREADABLE, Incoming, read_event
from mapping.incoming.flags import CALLBACK, URL
from mapping.incoming.kinds import Leaf
from mapping.results import SendWithNote
from mapping.values import first, is_blank, truth


class Click(NamedTuple):
    """A click id, and how many seconds before its receipt the event happened that had it."""

    ttclid: str
    age_s: int


class _OptOut(msgspec.Struct):
    is_opted_out: Leaf = None


class _Event(msgspec.Struct):
    event_type: Leaf = None
    data: _OptOut | None = None


_decode = msgspec.json.Decoder(_Event).decode


def newest_click(events: Sequence[bytes | msgspec.Raw], shared: BatchFields, received_ms: int) -> Click | None:
    """Return the click id of the newest event that has one, from its flag or from its page's address."""
    clicks = [
        click for raw in events if _may_have_one(bytes(raw)) and (click := _click(bytes(raw), shared, received_ms))
    ]
    return min(reversed(clicks), key=lambda click: click.age_s, default=None)


def opts_out(events: Sequence[bytes | msgspec.Raw]) -> bool | None:
    """Return what the last `opt_out` event of the batch says; None without such an event."""
    answers = [answer for raw in events if b"opt_out" in bytes(raw) and (answer := _opts_out(bytes(raw))) is not None]
    return answers[-1] if answers else None


def _may_have_one(raw: bytes) -> bool:
    """Return whether the text may have a click id; its dots may be escaped in JSON or in an address."""
    return b"E.C.P." in raw or b"\\u" in raw or b"%2e" in raw.lower()


def _click(raw: bytes, shared: BatchFields, received_ms: int) -> Click | None:
    try:
        incoming = read_event(raw, shared, None, received_ms, received_ms)
    except UNREADABLE:
        return None
    found = _ttclid(incoming)
    if found is None:
        return None
    seconds = event_time(incoming.data.timestamp_unixtime_ms, received_ms)
    at_s = seconds.value if isinstance(seconds, SendWithNote) else seconds
    return Click(found, max(0, received_ms // 1000 - at_s) if isinstance(at_s, int) else 0)


def _ttclid(incoming: Incoming) -> str | None:
    flagged = ttclid(first(incoming.flags.get(CALLBACK)))
    if isinstance(flagged, str):
        return flagged
    url = first(incoming.flags.get(URL))
    found = ttclid_in(page_address(incoming.data.page_url) if url is None or is_blank(url) else url)
    return str(found.value) if isinstance(found, SendWithNote) else None


def _opts_out(raw: bytes) -> bool | None:
    try:
        event = _decode(raw)
    except UNREADABLE:
        return None
    if not isinstance(event.event_type, str) or event.event_type.strip().lower() != "opt_out" or event.data is None:
        return None
    answer = truth(event.data.is_opted_out)
    return answer if isinstance(answer, bool) else None
