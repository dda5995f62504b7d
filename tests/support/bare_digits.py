"""Count by country how many national numbers, written as bare digits, are read as another country's numbers."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from mapping.fields.phones.numbers import e164
from mapping.results import SendWithNote

DOCUMENT = Path(__file__).parents[2] / "docs" / "mapping.md"
START = "<!-- bare digits -->"
HEAD = "| region | as people write them | without the leading zero |\n|---|---|---|"
NUMBERS = 250
"""Of each kind: mobile and fixed."""
TRIES = 20_000
KINDS = {"mobile": PhoneNumberType.MOBILE, "fixed_line": PhoneNumberType.FIXED_LINE}
_REACHES = 11  # digits: what is shorter is never taken


class Counted(NamedTuple):
    """The numbers hashed as another country's: as people write them, and as digits only."""

    numbers: int
    written: int
    without_zero: int


def numbers_of(region: str, count: int) -> Iterator[PhoneNumber]:
    """Return random valid numbers of a region, half of them mobile; fewer if they are hard to find."""
    random = Random(region)
    plan = PhoneMetadata.metadata_for_region(region)
    for name, kind in KINDS.items():
        description = getattr(plan, name)
        if description is None or description.national_number_pattern is None:
            continue
        lengths = description.possible_length or plan.general_desc.possible_length
        matches = re.compile(description.national_number_pattern).fullmatch
        example = phonenumbers.example_number_for_type(region, kind)
        starts = phonenumbers.national_significant_number(example)[:2] if example else ""
        found = 0
        for attempt in range(TRIES):
            start = starts[: attempt % 3]
            number = start + "".join(str(random.randrange(10)) for _ in range(random.choice(lengths) - len(start)))
            if matches(number):
                yield phonenumbers.parse(f"+{plan.country_code}{number}")
                found += 1
                if found == count:
                    break


def is_another(digits: str, number: PhoneNumber) -> bool:
    """Return whether these digits of `number` are hashed as another number."""
    read = e164(digits, None) if len(digits) >= _REACHES else None
    return isinstance(read, SendWithNote) and read.value != phonenumbers.format_number(number, PhoneNumberFormat.E164)


def counted(regions: Iterable[str], count: int = NUMBERS) -> dict[str, Counted]:
    """Return the counts by region, for regions that have any."""
    found = {}
    for region in regions:
        total = written = without_zero = 0
        for number in numbers_of(region, count):
            total += 1
            national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            written += is_another("".join(filter(str.isdecimal, national)), number)
            without_zero += is_another(phonenumbers.national_significant_number(number), number)
        if written or without_zero:
            found[region] = Counted(total, written, without_zero)
    return found


def percent(part: int, whole: int) -> str:
    """Return whole percent, so that a few numbers more or less in a plan change little."""
    share = 100 * part / whole
    return "none" if not part else "under 1 %" if share < 1 else f"{share:.0f} %"


def rows_of(regions: Iterable[str]) -> list[str]:
    """Return the rows of the table; none for regions without any."""
    return [
        f"| {region} | {percent(one.written, one.numbers)} | {percent(one.without_zero, one.numbers)} |"
        for region, one in counted(regions).items()
    ]


def written(document: str) -> str:
    """Return the document with the present table."""
    before, _, after = document.partition(START)
    rest = re.sub(r"\A\n+(\|.*\n)*\n*", "", after)
    table = "\n".join([HEAD, *rows_of(sorted(phonenumbers.SUPPORTED_REGIONS))])
    return f"{before}{START}\n\n{table}\n\n{rest}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
