"""Recognise an item again: after splits, retries, dead letters, replays, edits and changes of the configuration.

Within its event an item is known by its key: `<TikTok event>:<digest of the mapping's content>`. A third part is
reserved for a product's index. Entries stored by older versions hold only the TikTok event.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from hashlib import sha256
from typing import Any, Final

import msgspec

from config.model import CustomMapping, Match, Parameter

_DIGEST_DIGITS: Final = 12


def custom_keys(mappings: Sequence[CustomMapping]) -> list[str]:
    """Return the key of each mapping's item; mappings with the same content get a number."""
    keys: list[str] = []
    for mapping in mappings:
        key = _key(mapping.tiktok_event, _content(mapping))
        same = sum(1 for earlier in keys if earlier.partition(".")[0] == key)
        keys.append(f"{key}.{same + 1}" if same else key)
    return keys


def native_key(action: str, tiktok_event: str) -> str:
    """Return the key of the item that a product action becomes without a custom mapping."""
    return _key(tiktok_event, {"native": action})


def event_of(key: str) -> str:
    """Return the TikTok event that a key, or an older version's entry, names."""
    return key.partition(":")[0]


def match_items(wanted: Sequence[str], made: Sequence[str] | None, today: Sequence[str]) -> list[int | None]:
    """Return the place among `today` of each wanted item; None where it is no longer made.

    `made` holds all items that the event first became; None where an older version did not store them. Equal keys are
    the same item. A wanted item whose key is gone becomes today's new item with the same TikTok event, if exactly one
    item of that TikTok event is gone and one is new. So no item becomes another, and no finished item is sent again.
    """
    if made is None:
        return _by_event(wanted, today)
    places = {key: place for place, key in enumerate(today)}
    new = _events_once([(event_of(key), place) for key, place in places.items() if key not in made])
    gone = _events_once([(event_of(key), 0) for key in made if key not in places])
    return [places.get(key, new.get(event_of(key)) if event_of(key) in gone else None) for key in wanted]


def _by_event(wanted: Sequence[str], today: Sequence[str]) -> list[int | None]:
    """Match items by TikTok event alone: the first of a name is the first of today's, and so on."""
    left = list(enumerate(today))
    found: list[int | None] = []
    for key in wanted:
        match = next((item for item in left if event_of(item[1]) == event_of(key)), None)
        if match is not None:
            left.remove(match)
        found.append(None if match is None else match[0])
    return found


def _events_once(places: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return the places by TikTok event; events that occur several times are omitted."""
    counted = Counter(event for event, _ in places)
    return {event: place for event, place in places if counted[event] == 1}


def _key(tiktok_event: str, content: dict[str, Any]) -> str:
    """Return a key for this content; it stays the same when later versions add fields that are not used."""
    digest = sha256(msgspec.json.encode([tiktok_event, content], order="sorted")).hexdigest()
    return f"{tiktok_event}:{digest[:_DIGEST_DIGITS]}"


def _content(value: CustomMapping | Match | Parameter) -> dict[str, Any]:
    """Return what the file says: fields with their values; empty fields are omitted."""
    return {field.name: _plain(member) for field in fields(value) if (member := getattr(value, field.name))}


def _plain(value: Any) -> Any:
    match value:
        case CustomMapping() | Match() | Parameter():
            return _content(value)
        case dict():
            return {name: _plain(member) for name, member in value.items()}
        case _:
            return value
