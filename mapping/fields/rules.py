"""The rules that rows of the tables name: hashing, lists, and rules that depend on a setting of the connection."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast

from config.model import Connection
from mapping.fields import event_time as times
from mapping.fields import normalise, places, web
from mapping.fields.characters import without_invisible
from mapping.fields.hashing import Normaliser, hash_identity, is_hashed
from mapping.fields.ip import chosen_ip
from mapping.fields.phones.numbers import e164
from mapping.fields.placeholders import NO_VALUE, is_placeholder, own_text
from mapping.results import OmitField, RejectEvent, SendWithNote
from mapping.values import is_blank, text

Rule = Callable[[object], object]
"""A value that is not None → the value to send, None to send nothing, or a RuleOutcome."""


class PerConnection(NamedTuple):
    """A rule that depends on a setting; `make` returns the rule of a connection."""

    make: Callable[[Connection], Rule]


def identity_text(value: object) -> str | OmitField | RejectEvent | None:
    """Return the text of an identity; omit truth values, fractions and numbers too large to be exact."""
    if isinstance(value, bool):
        return _NOT_AN_IDENTITY
    if isinstance(value, float) and not (value.is_integer() and abs(value) <= _EXACT):
        return _NOT_EXACT
    return text(value)


def meaningful(value: object) -> object:
    """Return text unchanged; omit a placeholder."""
    plain = text(value)
    if not isinstance(plain, str):
        return plain
    trimmed = without_invisible(plain).strip()
    return NO_VALUE if not trimmed or is_placeholder(trimmed) else plain


def identifier(value: object) -> object:
    """Return the text of an id; omit a placeholder and zero."""
    plain = identity_text(value)
    if not isinstance(plain, str):
        return plain
    return plain if own_text(plain) is not None else NO_VALUE


def hashed(normalise_text: Normaliser) -> Rule:
    """Return a rule that normalises and hashes text."""

    def apply(value: object) -> object:
        if type(value) is str:
            digest = hash_identity(value, normalise_text)
            if type(digest) is str:
                return digest
        plain = identity_text(value)
        return hash_identity(plain, normalise_text) if isinstance(plain, str) else plain

    return apply


def hashed_list(normalise_text: Normaliser) -> Rule:
    """Return a rule that normalises and hashes each identity of a list, or a single one, to a list without repeats."""
    hash_one = hashed(normalise_text)

    def apply(value: object) -> object:
        if type(value) is str:
            digest = hash_identity(value, normalise_text)
            if type(digest) is str:
                return [digest]
        if type(value) is not list:
            single = hash_one(value)
            if type(single) is str:
                return [single]
            return SendWithNote([single.value], single.note) if isinstance(single, SendWithNote) else single
        return _listed([hash_one(entry) for entry in value])

    return apply


def _listed(digests: list[object]) -> object:
    """Return the hashes of a list's entries, each once, with a note on unusable ones; an outcome where all are."""
    noted = [digest for digest in digests if isinstance(digest, SendWithNote)]
    plain = [digest.value if isinstance(digest, SendWithNote) else digest for digest in digests]
    good = list(dict.fromkeys(digest for digest in plain if isinstance(digest, str)))
    bad = [digest for digest in plain if isinstance(digest, OmitField | RejectEvent)]
    if not good:
        return bad[0] if bad else None
    notes = [f"{len(bad)} of its {len(digests)} entries are not usable and omitted"] if bad else []
    notes += dict.fromkeys(digest.note for digest in noted)
    return SendWithNote(good, "; ".join(notes)) if notes else good


def unhashed(normalise_text: Normaliser) -> Rule:
    """Return a rule that normalises text and sends it readable; a hash is omitted."""

    def apply(value: object) -> object:
        plain = value if type(value) is str and value else text(value)
        if not isinstance(plain, str):
            return plain
        trimmed = plain.strip() if plain.isascii() else without_invisible(plain).strip()
        if len(trimmed) == 64 and is_hashed(trimmed):
            return _HASHED_ALREADY
        if not trimmed:
            return text(plain) and _NOTHING_LEFT
        return normalise_text(trimmed) or _NOTHING_LEFT

    return apply


def only_one(rule: Rule) -> Rule:
    """Return a rule that takes the first of the list that `rule` gives; the legacy API takes no lists."""

    def apply(value: object) -> object:
        result = rule(value)
        if isinstance(result, SendWithNote):
            return SendWithNote(cast("list[object]", result.value)[0], f"{result.note}; {_ONE}")
        if type(result) is not list:
            return result
        return result[0] if len(result) == 1 else SendWithNote(result[0], _ONE)

    return apply


def written(rule: Rule, write: Callable[[int], str]) -> Rule:
    """Return `rule` with its number written as text."""

    def apply(value: object) -> object:
        result = rule(value)
        if isinstance(result, SendWithNote):
            return SendWithNote(write(cast("int", result.value)), result.note)
        return write(result) if isinstance(result, int) else result

    return apply


def _event_time(connection: Connection) -> Rule:
    oldest_s = connection.max_event_age_s

    def apply(moment: Any) -> object:
        """E3: takes three values: the event's own time, the time of receipt, and now."""
        value, received_ms, now_ms = moment
        taken = times.event_time(value, received_ms)
        return taken if oldest_s is None else times.young_enough(taken, now_ms // 1000 - oldest_s)

    return apply


def user_ip(candidates: object) -> object:
    """E4 and I1: takes three addresses: the batch's own, the user's remembered one, the sender's."""
    return chosen_ip(cast("tuple[object, object, object]", candidates))


def _phone(connection: Connection) -> Rule:
    region = connection.default_region
    return hashed_list(partial(e164, default_region=region))


def _click_id(connection: Connection) -> Rule:
    return web.ttclid_or_nothing if connection.invalid_ttclid == "drop_field" else web.ttclid


def _click_id_or_the_pages(connection: Connection) -> Rule:
    own = _click_id(connection)

    def apply(clicked: object) -> object:
        """X4: takes three values: the flag, and for an absent one `TikTok.URL`, else `page_url`."""
        flag, url, page_url = cast("tuple[object, object, object]", clicked)
        if flag is not None and not is_blank(flag):
            return own(flag)
        return web.ttclid_in(web.page_address(page_url) if url is None or is_blank(url) else url)

    return apply


def _app_id(connection: Connection) -> Rule:
    ids = connection.app_id

    def apply(app: object) -> object:
        """E12: takes the app's package and its operating system; `app_id` may name an id for the latter."""
        package, os = cast("tuple[object, str]", app)
        return ids.get(os) or meaningful(package)

    return apply


_ONE = "the legacy API takes one: the first is sent"
_NOT_AN_IDENTITY = OmitField("true and false are no identity")
_NOT_EXACT = OmitField("a number with a fraction, or too large to be exact; send ids as text")
_EXACT = 2**53
_HASHED_ALREADY = OmitField("TikTok wants it readable and this one is hashed")
_NOTHING_LEFT = OmitField("nothing remains of it after normalising")

name_hash = hashed(normalise.name)
zip_code_hash = hashed(normalise.zip_code)
plain_city = unhashed(places.city)
plain_state = unhashed(places.state)
plain_country = unhashed(places.country)
email_hashes = hashed_list(normalise.email)
external_id_hashes = hashed_list(normalise.external_id)
event_time = PerConnection(_event_time)
phone_hashes = PerConnection(_phone)
click_id = PerConnection(_click_id)
app_id = PerConnection(_app_id)
click_id_or_the_pages = PerConnection(_click_id_or_the_pages)
