"""Recognise an item again: after splits, retries, dead letters, replays, edits and changes of the configuration.

Within its event an item is known by its key: `<TikTok event>:<digest of the mapping's content>`, and `:<place>` where a
mapping makes an item of each product. Entries stored by older versions hold only the TikTok event.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from config.model import CustomMapping

_DIGEST_DIGITS: Final = 12


def custom_keys(mappings: Sequence[CustomMapping]) -> list[str]:
    """Return the key of each mapping's item; mappings with the same content get a number."""
    keys: list[str] = []
    same: Counter[str] = Counter()
    for mapping in mappings:
        key = _key(mapping.tiktok_event, _content(mapping))
        same[key] += 1
        keys.append(f"{key}.{same[key]}" if same[key] > 1 else key)
    return keys


def native_key(action: str, tiktok_event: str) -> str:
    """Return the key of the item that a product action becomes without a custom mapping."""
    return _key(tiktok_event, {"native": action})


def event_of(key: str) -> str:
    """Return the TikTok event that a key, or an older version's entry, names."""
    return key.partition(":")[0]


def part_key(key: str, position: int) -> str:
    """Return the key of one product's item: the mapping's key with the product's place in the event."""
    return f"{key}:{position}"


def match_items(wanted: Sequence[str], made: Sequence[str] | None, today: Sequence[str]) -> list[int | None]:
    """Return the place among `today` of each wanted item; None where it is no longer made.

    `made` holds the mappings of all items that the event first became; None where an older version did not store them.
    Equal keys are the same item. Where exactly one mapping to a TikTok event is gone and one is new, the mapping was
    corrected: an item of the former becomes that of the new with the same product. So no item becomes another, and no
    finished item is sent again.
    """
    if made is None:
        return _by_event(wanted, today)
    places = {key: place for place, key in enumerate(today)}
    before, after = set(mappings_of(made)), set(mappings_of(today))
    new, gone = _only_of_event(after - before), _only_of_event(before - after)
    corrected = {gone[event]: new[event] for event in gone.keys() & new.keys()}
    return [
        places.get(key, places.get(f"{corrected[mapping]}{key[len(mapping) :]}") if mapping in corrected else None)
        for key, mapping in ((key, _mapping_of(key)) for key in wanted)
    ]


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


def mappings_of(keys: Iterable[str]) -> list[str]:
    """Return the keys without the places of products, each once."""
    return list(dict.fromkeys(map(_mapping_of, keys)))


def _mapping_of(key: str) -> str:
    """Return a key without the place of a product."""
    event, colon, rest = key.partition(":")
    return f"{event}{colon}{rest.partition(':')[0]}"


def _only_of_event(mappings: Iterable[str]) -> dict[str, str]:
    """Return the mapping of each TikTok event that has exactly one among these."""
    by_event: dict[str, list[str]] = {}
    for mapping in mappings:
        by_event.setdefault(event_of(mapping), []).append(mapping)
    return {event: found[0] for event, found in by_event.items() if len(found) == 1}


def _key(tiktok_event: str, content: dict[str, Any]) -> str:
    """Return a key for this content; it stays the same when later versions add fields that are not used."""
    digest = sha256(msgspec.json.encode([tiktok_event, content], order="sorted")).hexdigest()
    return f"{tiktok_event}:{digest[:_DIGEST_DIGITS]}"


def _content(value: Any) -> dict[str, Any]:
    """Return what the file says: fields with their values; empty fields are omitted."""
    return {field.name: _plain(member) for field in fields(value) if (member := getattr(value, field.name))}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _content(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, tuple) else value
