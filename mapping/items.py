"""Know an item again: through splits, retries, dead letters, replays, edits and changed configurations.

An item is known by its key within its event: `<TikTok event>:<digest of the mapping's content>`. A third part is
free for a product's index. Entries stored by older versions name the TikTok event only.
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
    """Return the key of each mapping's item; mappings of the very same content are told apart by a number."""
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
    """Return, for each wanted item, the place of the same item among today's; None where it is no longer made.

    `made` are all items that the event was first made into; None where an older version did not say. The same key is
    the same item. An item whose mapping was changed since is today's new one with its TikTok event, as long as there
    is one such item and one such change: so no item becomes another, and none is sent that ended already.
    """
    if made is None:
        return _by_event(wanted, today)
    places = {key: place for place, key in enumerate(today)}
    new = _events_once([(event_of(key), place) for key, place in places.items() if key not in made])
    gone = _events_once([(event_of(key), 0) for key in made if key not in places])
    return [places.get(key, new.get(event_of(key)) if event_of(key) in gone else None) for key in wanted]


def _by_event(wanted: Sequence[str], today: Sequence[str]) -> list[int | None]:
    """Find items of which only the TikTok event is known: the first of a name is the first, and so on."""
    left = list(enumerate(today))
    found: list[int | None] = []
    for key in wanted:
        match = next((one for one in left if event_of(one[1]) == event_of(key)), None)
        if match is not None:
            left.remove(match)
        found.append(None if match is None else match[0])
    return found


def _events_once(places: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return the places by TikTok event, without events that have several."""
    counted = Counter(event for event, _ in places)
    return {event: place for event, place in places if counted[event] == 1}


def _key(tiktok_event: str, content: dict[str, Any]) -> str:
    """Return a key for this content; later versions keep it where they add fields that a mapping does not use."""
    digest = sha256(msgspec.json.encode([tiktok_event, content], order="sorted")).hexdigest()
    return f"{tiktok_event}:{digest[:_DIGEST_DIGITS]}"


def _content(value: CustomMapping | Match | Parameter) -> dict[str, Any]:
    """Return what the file says: fields with their values, without those that say nothing."""
    return {field.name: _plain(said) for field in fields(value) if (said := getattr(value, field.name))}


def _plain(value: Any) -> Any:
    match value:
        case CustomMapping() | Match() | Parameter():
            return _content(value)
        case dict():
            return {name: _plain(member) for name, member in value.items()}
        case _:
            return value
