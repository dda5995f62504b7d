"""Phone numbers (E9): read by their country's plan, and never hashed as another number."""

from collections.abc import Callable, Iterator
from random import Random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType
from support import phone_plans

from mapping.fields.phones import numbers, usual
from mapping.fields.phones.numbers import e164
from mapping.fields.phones.plans import CHANGED, VERSION, ZEROS
from mapping.results import OmitField, SendWithNote

READ = [
    ("E.164", "+12133734253", None, "+12133734253"),
    ("written out", "+1 (213) 373-4253", None, "+12133734253"),
    ("dots", "+1.213.373.4253", None, "+12133734253"),
    ("brackets", "(+1)2133734253", None, "+12133734253"),
    ("two zeros", "0044 20 7946 0958", None, "+442079460958"),
    ("trunk zero in brackets", "+44 (0)20 7946 0958", None, "+442079460958"),
    ("trunk zero after the country code", "+44 0161 4960000", None, "+441614960000"),
    ("trunk zero, nothing between", "+49015112345678", None, "+4915112345678"),
    ("trunk zero after two zeros", "0044 0161 496 0000", None, "+441614960000"),
    ("trunk zero, Australia", "+61 0412 345 678", None, "+61412345678"),
    ("trunk zero, Japan", "+81 090-1234-5678", None, "+819012345678"),
    ("trunk zero, France", "+33 06 12 34 56 78", None, "+33612345678"),
    ("trunk 8, Lithuania", "+370 8 612 34567", None, "+37061234567"),
    ("trunk 8, Russia", "+7 8 495 123-45-67", None, "+74951234567"),
    ("trunk 06, Hungary", "+36 06 30 123 4567", None, "+36301234567"),
    ("trunk 1, America", "+1 1 213 373 4253", None, "+12133734253"),
    ("a zero that the plan does not know, Spain", "+34 0912345678", None, "+34912345678"),
    ("a zero that the plan does not know, Denmark", "+45 (0) 32 12 34 56", None, "+4532123456"),
    ("Mexico's former 1 for mobiles", "+52 1 55 1234 5678", None, "+525512345678"),
    ("Italy's zero stays", "+39 06 6982 1234", None, "+390669821234"),
    ("Italy's zero in brackets stays", "+39 (0)6 6982 1234", None, "+390669821234"),
    ("a mobile of Italy has none", "+39 (0)333 1234567", None, "+393331234567"),
    ("full width", "＋１２１３３７３４２５３", None, "+12133734253"),
    ("Arabic digits", "+٩٧١٥٠١٢٣٤٥٦٧", None, "+971501234567"),
    ("typographic dashes", "+1 213\u2011373\u20134253", None, "+12133734253"),
    ("invisible characters", "\u202a+12133734253\u202c\ufeff", None, "+12133734253"),
    ("as a link", "tel:+1-213-373-4253", None, "+12133734253"),
    ("seven digits", "+2901234", None, "+2901234"),
    ("fifteen digits", "+123456789012345", None, "+123456789012345"),
    ("not assigned", "+15550001234", None, "+15550001234"),
    ("no such country code", "+999 1234567", None, "+9991234567"),
    ("a float's tail", "+12133734253.0", None, "+12133734253"),
    ("a long tail", "+12133734253.000000", None, "+12133734253"),
    ("a tail with a comma", "+12133734253,0", None, "+12133734253"),
    ("a float's tail by region", "2133734253.0", "US", "+12133734253"),
    ("by region", "(213) 373-4253", "US", "+12133734253"),
    ("by region, trunk zero", "020 7946 0958", "GB", "+442079460958"),
    ("by region, its own code without plus", "44 20 7946 0958", "GB", "+442079460958"),
    ("by region, dots", "030.12345678", "DE", "+493012345678"),
    ("international beats region", "+44 20 7946 0958", "US", "+442079460958"),
    ("two zeros beat region", "0044 20 7946 0958", "US", "+442079460958"),
    ("Australia's prefix", "0011 44 20 7946 0958", "AU", "+442079460958"),
    ("North America's prefix", "011 44 20 7946 0958", "US", "+442079460958"),
    ("Japan's prefix", "010 44 20 7946 0958", "JP", "+442079460958"),
    ("Korea's prefix", "001 44 20 7946 0958", "KR", "+442079460958"),
    ("Russia's prefix", "8~10 44 20 7946 0958", "RU", "+442079460958"),
    ("Kenya's prefix", "000 44 20 7946 0958", "KE", "+442079460958"),
    ("a prefix that could be another's", "0011 36 1 234 5678", "AU", "+3612345678"),
    ("a prefix and a trunk zero", "011 44 (0)161 496 0000", "US", "+441614960000"),
    ("two zeros where a carrier has them", "0041 44 668 18 00", "BR", "+41446681800"),
]
GUESSED = [
    ("plus forgotten", "12133734253", "+12133734253"),
    ("plus forgotten, as a float", "12133734253.0", "+12133734253"),
    ("plus forgotten, trunk zero", "4401614960000", "+441614960000"),
]
NOT_READ = [
    ("six digits", "+123456", None),
    ("sixteen digits", "+1234567890123456", None),
    ("country code zero", "+0123456789", None),
    ("letters", "+1 800 FLOWERS", None),
    ("an extension", "+1 213 373 4253 ext 5", None),
    ("only a plus", "+", None),
    ("two numbers", "+12133734253, +442079460958", None),
    ("two endings", "+44 20 7946 0958/59", None),
    ("a zero too many", "+34 0 1", None),
    ("a fraction", "+12133734253.5", None),
    ("scientific notation", "1.2133734253E+10", None),
    ("national without region", "(213) 373-4253", None),
    ("national, valid in another country", "(646) 234-5678", None),
    ("national with trunk zero, without region", "020 7946 0958", None),
    ("ten digits", "2133734253", None),
    ("sixteen bare digits", "1234567890123456", None),
    ("eleven bare digits of no country", "19999999999", None),
    ("plus forgotten, but not bare", "44 20 7946 0958", None),
    ("another country's prefix", "0011 44 20 7946 0958", None),
    ("not of the region", "123", "US"),
    ("a word with region", "anonymous", "US"),
    ("an extension with region", "213 373 4253 x5", "US"),
    ("numbers of two countries", "4915112345678", "DE"),
    ("placeholder", "0000000000", "US"),
    ("placeholder in words", "null", None),
    ("minus one", "-1", "US"),
]


@pytest.mark.parametrize(("text", "region", "expected"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_phone_becomes_e164(text, region, expected):
    """E9: international numbers by their country's plan, others by region."""
    assert e164(text, region) == expected


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in GUESSED], ids=[case[0] for case in GUESSED])
def test_bare_digits_that_make_a_valid_number_are_taken_with_a_note(text, expected):
    """E9: 11 to 15 of them, without region."""
    taken = e164(text, None)
    assert isinstance(taken, SendWithNote)
    assert taken.value == expected


@pytest.mark.parametrize(("text", "region"), [case[1:] for case in NOT_READ], ids=[case[0] for case in NOT_READ])
def test_phone_is_never_guessed(text, region):
    """E9: any other text is omitted, with the reason."""
    assert isinstance(e164(text, region), OmitField)


TYPES = [kind for name, kind in vars(PhoneNumberType).items() if name.isupper() and kind != PhoneNumberType.UNKNOWN]
FOREIGN = ("US", "GB", "AU", "JP", "BR", "KR", "RU", "KE")


def examples() -> list[tuple[str | None, str]]:
    """Every example that phonenumbers has: its region, None for a code of no country, and its E.164."""
    found = {
        (region, phonenumbers.format_number(number, PhoneNumberFormat.E164))
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in TYPES
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    }
    worldwide = map(phonenumbers.example_number_for_non_geo_entity, phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    found |= {(None, phonenumbers.format_number(one, PhoneNumberFormat.E164)) for one in worldwide if one is not None}
    return sorted(found, key=str)


EXAMPLES = examples()


def trunk_of(region: str | None) -> str:
    return (PhoneMetadata.metadata_for_region(region).national_prefix or "") if region else ""


def international_ways(region: str | None, expected: str) -> Iterator[tuple[str, str | None]]:
    """How people write a number for foreigners. A zero that no plan knows is tried where no number starts with one."""
    number = phonenumbers.parse(expected)
    code, national = str(number.country_code), phonenumbers.national_significant_number(number)
    written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    trunk = trunk_of(region) or ("" if code in ZEROS else "0")
    yield from ((way, None) for way in (expected, written, f"00 {code} {national}", f"{expected}.0"))
    yield from ((way, None) for way in (f"+{code} {trunk}{national}", f"+{code} ({trunk}) {national}"))
    yield from ((f"00{code}{trunk}{national}", None), (f"+{code}-{'-'.join(national)}", None))
    if region:
        for other in FOREIGN:
            yield phonenumbers.format_out_of_country_calling_number(number, other), other


def national_ways(region: str, expected: str) -> Iterator[str]:
    """How people of the region write it."""
    number = phonenumbers.parse(expected)
    code, national = str(number.country_code), phonenumbers.national_significant_number(number)
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    trunk = trunk_of(region)
    yield from (written, national, trunk + national, ".".join(written.split()), f"{trunk}{national}.0")
    yield from (code + national, f"({trunk}){national}", f"{trunk} {' '.join(national)}")


def hashed(text: str, region: str | None) -> str | None:
    """What would be hashed."""
    read = e164(text, region)
    return str(read.value) if isinstance(read, SendWithNote) else read if isinstance(read, str) else None


def test_example_numbers_are_many():
    """Or the table below proves little."""
    assert len(EXAMPLES) > 1_000


def test_numbers_written_internationally_are_right_or_omitted():
    """All examples, in eight ways and with the prefixes of eight regions: none wrong, and few omitted."""
    rows = [(e, way, region) for r, e in EXAMPLES for way, region in international_ways(r, e)]
    got = [(expected, hashed(way, region), way, region) for expected, way, region in rows]
    assert [row for row in got if row[1] not in (None, row[0])] == []
    assert sum(row[1] is None for row in got) < len(got) / 100


def test_numbers_written_nationally_are_right_or_omitted_in_their_region():
    """All examples, in eight ways."""
    rows = [(e, way, r) for r, e in EXAMPLES if r is not None for way in national_ways(r, e)]
    got = [(expected, hashed(way, region), way, region) for expected, way, region in rows]
    assert [row for row in got if row[1] not in (None, row[0])] == []
    assert sum(row[1] is None for row in got) < len(got) / 100


def test_table_of_what_parsing_may_change_is_the_plans():
    """Made again by walking every plan's expressions: what stands in none of its rows is proven for every number."""
    assert phone_plans.text() == phone_plans.FILE.read_text()
    assert phonenumbers.__version__ == VERSION


CODES = sorted(CHANGED)
e164_numbers = st.builds(
    lambda code, rest: f"+{code}{rest}"[:16], st.sampled_from(CODES), st.from_regex(r"[0-9]{6,13}", fullmatch=True)
)
starts = st.builds(
    lambda code, start, rest: f"+{code}{start}{rest}"[:16],
    st.sampled_from(CODES),
    st.sampled_from(["0", "1", "8", "9", "00", "01", "06", "11", "15", "80", "90", "180", "549"]),
    st.from_regex(r"[0-9]{5,12}", fullmatch=True),
)


def shown_unchanged(number: str) -> bool:
    """Whether the table says that parsing does not change it."""
    code = next(number[1:end] for end in (2, 3, 4) if number[1:end] in CHANGED)
    return not any(number[1:].startswith(code + start) for start in CHANGED[code].split())


@settings(max_examples=1_000, deadline=None)
@given(e164_numbers | starts)
def test_what_the_table_does_not_name_is_not_changed_by_parsing(number):
    """The short path gives the same as parsing."""
    if len(number) >= 8 and shown_unchanged(number):
        parsed = phonenumbers.parse(number)
        assert phonenumbers.format_number(parsed, PhoneNumberFormat.E164) == number
        assert e164(number, None) == number


@settings(max_examples=1_000, deadline=None)
@given(
    st.from_regex(r"(\+|00|011|0011|)[0-9 ()./-]{3,24}", fullmatch=True) | e164_numbers | starts,
    st.sampled_from([None, "US", "GB", "DE", "IT", "AU", "BR", "AR", "KR", "RU"]),
)
def test_what_was_read_is_read_again_as_it_is(text, region):
    """A number that another system normalised the same way hashes the same."""
    read = hashed(text, region)
    if read is not None:
        assert e164(read, region) == read
        assert 8 <= len(read) <= 16


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.sampled_from([None, "US", "BR"]))
def test_any_text_is_a_number_or_none(text, region):
    """Never an exception, and never anything but E.164."""
    read = hashed(text, region)
    assert read is None or (read[0] == "+" and read[1:].isascii() and read[1:].isdecimal())


SHORT_CUTS = {"national": None, "international": None, "dials_00": False}


@pytest.fixture
def parses_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str | None], object]]:
    """Reads numbers by parsing alone."""

    def read(text: str, region: str | None) -> object:
        with monkeypatch.context() as patched:
            for name, answer in SHORT_CUTS.items():
                patched.setattr(usual, name, lambda *_, answer=answer: answer)
            return uncached(text, region)

    return read


def uncached(text: str, region: str | None) -> object:
    return numbers._read.__wrapped__(text, region)  # type: ignore[attr-defined]


def near(random: Random, expected: str) -> Iterator[str]:
    """National numbers that begin like this one; a tenth are a digit short."""
    digits = phonenumbers.national_significant_number(phonenumbers.parse(expected))
    for _ in range(3):
        kept = random.randrange(len(digits) + 1)
        rest = "".join(random.choices("0123456789", k=len(digits) - kept))
        yield (digits[:kept] + rest)[: -1 if random.random() < 0.1 else None]


def test_numbers_of_every_region_are_read_as_if_they_were_parsed(parses_all):
    """Those like its examples, with and without trunk prefix and country code, in the region and in none."""
    random = Random(1)
    for region, expected in EXAMPLES:
        trunk, code = trunk_of(region) or "0", str(phonenumbers.parse(expected).country_code)
        for digits in near(random, expected):
            beginnings = ("", trunk, code, f"00{code}", f"+{code}", f"+{code}{trunk}", f"+{code} ({trunk}) ")
            for text in (beginning + digits for beginning in beginnings):
                for home in {region, None}:
                    assert uncached(text, home) == parses_all(text, home), (text, home)


def test_nearly_all_national_numbers_are_read_without_parsing():
    """The examples of every region with a plan, as people of the region write them; and none is read wrongly."""
    rows = [(e, usual.national(trunk_of(r) + national_of(e), r)) for r, e in EXAMPLES if r is not None]
    read = [(expected, found) for expected, found in rows if found is not None]
    assert all(expected == found for expected, found in read)
    assert len(read) > 0.75 * len(rows)


def national_of(expected: str) -> str:
    return phonenumbers.national_significant_number(phonenumbers.parse(expected))
