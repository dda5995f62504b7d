"""Replace personal values by made-up ones, the same value always by the same one, so that they map in the same way.

A value is kept only where it cannot be personal: blank and truth values, words that the configuration itself names,
mParticle's own words, amounts, times, and codes of countries, languages and versions.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeAlias

from config.model import Connection
from mapping.fields import normalise, places, web
from mapping.fields.additional import locale
from mapping.fields.event_time import event_time
from mapping.fields.hashing import is_hashed
from mapping.fields.ip import public_ip
from mapping.fields.phones.numbers import e164
from mapping.fields.placeholders import own_user
from mapping.fields.rules import Rule, hashed, identifier, meaningful, unhashed
from mapping.forwarding.sample import in_sample
from mapping.results import OmitField, RejectEvent, SendWithNote
from mapping.values import currency, descriptive, is_blank, number, text, truth
from operations.cases import patterns
from operations.cases.phones import example_phones
from operations.cases.words import words_of

Make: TypeAlias = Callable[[int, Any], Iterable[Any]]
"""Takes a number from 1 and the original value; returns made-up values, the best first."""

_IN_2050_MS: Final = 2_524_608_000_000
_WORD_CHARACTERS: Final = 3
_DEEP: Final = 2
_TRIES: Final = 1000
_STEP: Final = 1000
_NAMES: Final = ("Alex", "Robin", "Kim", "Sascha", "Noa", "Jules", "Charlie", "Toni", "Mika", "Luca")


class Replacements:
    """Made-up values for one connection's cases; remembers what it gave."""

    def __init__(self, connection: Connection) -> None:
        self.words = words_of(connection)
        self._numbers: dict[str, dict[str, int]] = {}
        self._sample_ppm = connection.forward.sample_ppm
        self._phone = hashed(partial(e164, default_region=connection.default_region))
        self._phones = partial(example_phones, default_region=connection.default_region)

    def email(self, value: Any) -> Any:
        """Return an email; any other text that stands for one maps as it did."""
        return self._alike("email", value, _EMAIL, lambda n, _: [f"person-{n}@shop.example"])

    def phone(self, value: Any) -> Any:
        """Return a phone number of the same country, written in the same way."""
        return self._alike("phone", value, self._phone, self._phones)

    def identity(self, value: Any) -> Any:
        """Return an identity; one that looks like an email becomes the same email as elsewhere."""
        if isinstance(value, str) and "@" in value:
            return self.email(value)
        return self._alike("id", value, _EXTERNAL_ID, partial(self._ids, "id"))

    def id(self, kind: str) -> Callable[[Any], Any]:
        """Return a function that replaces ids of a kind, such as `order`."""
        return lambda value: self._alike(kind, value, identifier, partial(self._ids, kind))

    def _ids(self, kind: str, n: int, old: Any) -> Iterator[Any]:
        """Yield ids; with a sample, the first one that is in or out of it as the original is."""
        for place in range(n, n + _TRIES * _STEP, _STEP):
            candidate = 1000 + place if _is_number(old) else f"{kind}-{place}"
            if self._is_sampled(candidate) == self._is_sampled(old):
                yield candidate
                return
        yield f"{kind}-{n}"

    def _is_sampled(self, value: Any) -> bool:
        written = text(value)
        user = own_user(written) if isinstance(written, str) else None
        return user is not None and self._sample_ppm is not None and in_sample(user, self._sample_ppm)

    def device_id(self, value: Any) -> Any:
        """Return an id of a device, in the form of a UUID."""
        return self._alike("device", value, _DEVICE_ID, lambda n, _: [f"11111111-2222-4333-8444-{n:012d}"])

    def ip(self, value: Any) -> Any:
        """Return an address that is as public as the original."""
        return self._alike("ip", value, public_ip, lambda n, _: [f"203.0.113.{n % 255}", f"10.0.0.{n % 255}", "x"])

    def user_agent(self, value: Any) -> Any:
        """Return a user agent."""
        return self._alike("user agent", value, meaningful, lambda n, _: [f"Mozilla/5.0 (Example {n})"])

    def cookie(self, value: Any) -> Any:
        """Return the value of TikTok's cookie."""
        return self._alike("cookie", value, web.ttp, lambda n, _: [f"example-ttp-{n}", "no cookie"])

    def click_id(self, value: Any) -> Any:
        """Return a click id of TikTok."""
        return self._alike("click", value, web.ttclid, lambda n, _: [f"E.C.P.example-{n}", "no click id"])

    def url(self, value: Any) -> Any:
        """Return an address of a page, with a click id where the original has one."""
        return self._alike("page", value, web.web_url, self._urls)

    def _urls(self, n: int, old: Any) -> Iterator[str]:
        path = f"/page-{n}{''.join(f'/{word}' for word in self._named_in(old))}"
        query = f"?ttclid=E.C.P.example-{n}" if isinstance(old, str) and patterns.TTCLID(old) else ""
        yield f"https://shop.example{path}{query}"
        yield f"shop.example{path}"

    def name(self, value: Any) -> Any:
        """Return a name of a person."""
        return self._alike("name", value, _NAME, lambda n, _: [_name(n)])

    def place(self, value: Any) -> Any:
        """Return a city or a state."""
        return self._alike("place", value, _PLACE, lambda n, _: [f"Place {_alphabetic(n)}"])

    def country(self, value: Any) -> Any:
        """Return the country's code; it alone names no person. Any other text is replaced."""
        code = places.country(value) if isinstance(value, str) and value.strip() else None
        if isinstance(code, str) and len(code) == 2:
            return code.upper()
        return self._alike("country", value, _COUNTRY, lambda n, _: [f"Land {_alphabetic(n)}"])

    def zip_code(self, value: Any) -> Any:
        """Return a postal code."""
        return self._alike("zip", value, _ZIP, lambda n, _: [f"{10000 + n}"])

    def currency(self, value: Any) -> Any:
        """Return a currency unchanged; anything else is replaced."""
        kept = isinstance(currency(value), str | SendWithNote)
        return value if kept else self._alike("currency", value, currency, lambda _n, _: ["no currency"])

    def amount(self, value: Any) -> Any:
        """Return a number of up to nine digits unchanged, for money and quantities; anything else is replaced."""
        return self._kept_or(value, patterns.AMOUNT, "amount", number)

    def time(self, value: Any) -> Any:
        """Return a time from 2008 to 2034, in seconds or milliseconds, unchanged; anything else is replaced."""
        written = text(value)
        if isinstance(written, str) and not isinstance(value, bool) and patterns.TIME(written.strip()):
            return value
        return self._alike("time", value, _EVENT_TIME, lambda n, _: [_IN_2050_MS + n, _IN_2050_MS // 1000 + n, n])

    def version(self, value: Any) -> Any:
        """Return a version such as 17.1 unchanged; anything else is replaced."""
        return self._kept_or(value, patterns.VERSION, "version", descriptive)

    def locale(self, value: Any) -> Any:
        """Return a code of two letters, or two such codes, unchanged; anything else is replaced."""
        kept = isinstance(value, str) and patterns.LOCALE(value.strip())
        return value if kept else self._alike("locale", value, _language, lambda _n, _: ["en"])

    def truth(self, value: Any) -> Any:
        """Return a value that is read as true or false unchanged; anything else is replaced."""
        return (
            value if isinstance(truth(value), bool) else self._alike("answer", value, truth, lambda _n, _: ["perhaps"])
        )

    def word(self, kind: str, allowed: Iterable[str] = ()) -> Callable[[Any], Any]:
        """Return a function that keeps the allowed words and the configuration's, and replaces others by `kind-1`."""
        kept = {word.casefold() for word in allowed}

        def replace(value: Any) -> Any:
            if isinstance(value, str) and value.strip().casefold() in kept | self.words:
                return value
            return self._alike(kind, value, descriptive, partial(self._texts, kind))

        return replace

    def attribute(self, value: Any) -> Any:
        """Return an attribute that a rule reads: numbers of up to six digits and the configuration's words stay.

        Any other value becomes one that looks alike: an email, an address of a page, a date, digits, or a text.
        """
        if isinstance(value, list):
            return [self.attribute(entry) for entry in value]
        written = text(value)
        if not isinstance(written, str) or isinstance(value, bool):
            return self.anything(value)
        plain = written.strip()
        if plain.casefold() in self.words or patterns.NUMBER(plain) or isinstance(truth(plain), bool):
            return value
        if isinstance(currency(plain), str) and plain.isupper():
            return "EUR"
        return self._look_alike(value, plain)

    def _look_alike(self, value: Any, plain: str) -> Any:
        if "@" in plain:
            return self.email(value)
        if plain[:4].casefold() == "http":
            return self.url(value)
        if date := patterns.DATE(plain):
            n = self._number("date", plain)
            dash = date[1]
            return f"2001{dash}01{dash}{n % 28 + 1:02d}{'T08:30:00Z' if date[2] else ''}"
        if _is_number(value):
            return 10 ** (len(plain) - 1) + self._number("number", plain)
        return self._alike("text", value, descriptive, partial(self._texts, "text"))

    def _texts(self, kind: str, n: int, old: Any) -> Iterator[Any]:
        if _is_number(old):
            yield 1000 + n
        digits = text(old)
        if isinstance(digits, str) and digits.strip().isdecimal():
            yield f"{10 ** (len(digits.strip()) - 1) + n}"
        named = self._named_in(old)
        start = [word for word in named if isinstance(old, str) and old.strip().casefold().startswith(word)]
        yield " ".join([*start, f"{kind}-{n}", *(word for word in named if word not in start)])

    def _named_in(self, old: Any) -> list[str]:
        """Return the configuration's words that stand in the text, so that `contains` and `starts_with` still hold."""
        folded = old.casefold() if isinstance(old, str) else ""
        return sorted((word for word in self.words if len(word) >= _WORD_CHARACTERS and word in folded), key=len)[-1:]

    def anything(self, value: Any, depth: int = 0) -> Any:
        """Return a value of the same shape in which every text and every number is made up; deep inside, `value`."""
        match value:
            case None | bool():
                return value
            case dict() | list() if depth > _DEEP:
                return "value"
            case dict():
                return {
                    f"member-{place}": self.anything(member, depth + 1)
                    for place, member in enumerate(value.values(), start=1)
                }
            case list():
                return [self.anything(entry, depth + 1) for entry in value]
            case str() if is_blank(value):
                return value
            case _:
                return self._alike("value", value, descriptive, partial(self._texts, "value"))

    def _kept_or(self, value: Any, pattern: Callable[[str], Any], kind: str, rule: Rule) -> Any:
        written = text(value)
        if isinstance(written, str) and not isinstance(value, bool) and pattern(written.strip()):
            return value
        return self._alike(kind, value, rule, partial(self._texts, kind))

    def _alike(self, kind: str, value: Any, rule: Rule, make: Make) -> Any:
        """Return the first made-up value that the rule treats as the original: sent, or omitted for the same reason."""
        if isinstance(value, list):
            return [self._alike(kind, entry, rule, make) for entry in value]
        if value is None or isinstance(value, bool | dict) or is_blank(value):
            return self.anything(value)
        wanted = rule(value)
        n = self._number(kind, repr(wanted) if isinstance(wanted, str) else repr(value))
        candidates = [*_as_hash(value, make(n, value)), *make(n, value), *_ODD]
        same = (entry for entry in candidates if _kind(rule(entry)) == _kind(wanted))
        return next(same, candidates[0])

    def _number(self, kind: str, key: str) -> int:
        numbers = self._numbers.setdefault(kind, {})
        return numbers.setdefault(key, len(numbers) + 1)


def _language(value: object) -> object:
    return locale((value, None))


_EVENT_TIME: Final = partial(event_time, received_ms=10**13)
_EMAIL: Final = hashed(normalise.email)
_EXTERNAL_ID: Final = hashed(normalise.external_id)
_DEVICE_ID: Final = hashed(normalise.advertising_id)
_NAME: Final = hashed(normalise.name)
_ZIP: Final = hashed(normalise.zip_code)
_PLACE: Final = unhashed(places.city)
_COUNTRY: Final = unhashed(places.country)
_ODD: Final = ("undefined", "0", "not valid", "1,5 x", "***", 0, 0.5, sha256(b"").hexdigest(), "a" * 64)
"""Values that rules omit or refuse, each for another reason."""


def _kind(outcome: object) -> object:
    """Return the kind of a rule's outcome, without the value."""
    match outcome:
        case OmitField() | RejectEvent():
            return outcome
        case SendWithNote(note=note):
            return note
        case None:
            return None
        case _:
            return "sent"


def _as_hash(value: Any, made: Iterable[Any]) -> list[str]:
    """Return the hash of the first made-up value where the original is a hash already."""
    is_hash = isinstance(value, str) and is_hashed(value.strip())
    return [sha256(str(entry).encode()).hexdigest() for entry in list(made)[:1]] if is_hash else []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alphabetic(n: int) -> str:
    """Return 1 as A, 26 as Z, 27 as AA."""
    rest, last = divmod(n - 1, 26)
    return (_alphabetic(rest) if rest else "") + chr(ord("A") + last)


def _name(n: int) -> str:
    rest, place = divmod(n - 1, len(_NAMES))
    return f"{_NAMES[place]} {_alphabetic(rest)}" if rest else _NAMES[place]
