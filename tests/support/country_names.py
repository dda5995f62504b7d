"""Make `mapping/fields/countries.py`: what countries are called, by ISO 3166-1, Unicode CLDR and in everyday English.

Run it after an update of its sources, which are no dependencies of relay:
`python tests/support/country_names.py FOLDER`, where FOLDER holds the unpacked npm packages `cldr-core` and
`cldr-localenames-full`, and `iso3166-1.json` of the Debian project iso-codes (the Python package pycountry has it too).
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from mapping.fields.places import place

FILE = Path(__file__).parents[2] / "mapping" / "fields" / "countries.py"

# Languages in which every country's name is looked up; each country's own languages come besides.
LANGUAGES = ("en", "ar", "de", "es", "fr", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "vi", "zh", "zh-Hant")

# Everyday English, names that international bodies use, and codes in use that are not ISO's.
EVERYDAY = """
ae: UAE, Emirates; bn: Brunei Darussalam; bo: Plurinational State of Bolivia; bs: The Bahamas; ba: Bosnia Hercegovina;
cd: DR Congo, DRC, Zaire, Congo Dem. Rep., Congo Kinshasa; cf: CAR; cg: Republic of the Congo, Congo, Congo Rep.; ch:
Swiss Confederation; ci: Ivory Coast; cn: PRC, Mainland China, People's Republic of China; cv: Cape Verde; cz: Czech
Republic, Czech Rep.; de: Federal Republic of Germany, West Germany, BRD; do: Dominican Rep.; dk: Danmark; eg: Egypt
Arab Rep., Arab Republic of Egypt; fm: Federated States of Micronesia, Micronesia Fed. Sts.; gb: UK, U.K., Great
Britain, Britain, England, Scotland, Wales, Northern Ireland, United Kingdom of Great Britain; gm: The Gambia; gr: EL,
Hellas; hk: Hong Kong SAR, Hong Kong SAR China, Hongkong; ie: Eire, Republic of Ireland; ir: Iran Islamic Rep.,
Islamic Republic of Iran, Persia; kg: Kyrgyz Republic; kp: DPRK, Korea Dem. People's Rep., Democratic People's
Republic of Korea; kr: ROK, Korea, Korea South, Korea Rep., Republic of Korea, S. Korea; kp: Korea North, N. Korea;
la: Lao PDR, Lao; lk: Ceylon; md: Republic of Moldova; mk: Macedonia, FYROM, Republic of North Macedonia; mm: Burma;
mo: Macau, Macao SAR, Macau SAR; nl: Holland, The Netherlands, Netherlands Kingdom of the, Kingdom of the Netherlands;
pk: Islamic Republic of Pakistan; ps: Palestinian Territories, State of Palestine, West Bank and Gaza; ru: Russian
Federation, Russia; sa: KSA, Kingdom of Saudi Arabia; sk: Slovak Republic; st: Sao Tome; sy: Syrian Arab Republic; sz:
Swaziland; tl: East Timor; tr: Turkey, Turkiye; tt: Trinidad; tw: Taiwan ROC, Republic of China, Taiwan Province of
China, Chinese Taipei; tz: United Republic of Tanzania; us: United States of America, America, U.S. of America, The
United States, The United States of America, United States USA, The USA; va: Vatican, Holy See; ve: Venezuela RB,
Bolivarian Republic of Venezuela; vg: British Virgin Islands; vi: US Virgin Islands, USVI, Virgin Islands US; vn: Viet
Nam, Socialist Republic of Vietnam; ye: Yemen Rep.; za: RSA, Republic of South Africa; xk: Kosovo, XKX, Republic of
Kosovo; in: Bharat, Republic of India; ph: The Philippines; sd: The Sudan; ua: The Ukraine
"""

HEADER = '''"""What countries are called (U5). Made by tests/support/country_names.py: do not edit.

Sources: ISO 3166-1 (its codes and English names); Unicode CLDR {cldr}, the names in English, Arabic, Chinese, Dutch,
French, German, Indonesian, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Turkish and Vietnamese and
in each country's official languages (Unicode License V3); everyday English by hand.
"""

from typing import Final

_TABLE: Final = """
{table}
"""


def _codes() -> dict[str, str]:
    codes: dict[str, str] = {{}}
    two = ""
    for word in _TABLE.split():
        if word[-1] == ":":
            two = word[:-1]
        else:
            codes[word] = two
    return codes


CODES: Final = _codes()
"""Three letters, three digits or a name, as `places.place` writes it → two letters in lower case."""
'''


def english_forms(name: str) -> Iterator[str]:
    """The ways in which one English name is written."""
    for base in {name, name.split("(")[0], name.split("[")[0]}:
        turned = " ".join(part.strip() for part in reversed(base.split(",", 1)))
        for form in (base, turned):
            for joined in {form, form.replace("&", " and "), form.replace(" and ", " ")}:
                for saint in {joined, joined.replace("St.", "Saint"), joined.replace("Saint", "St")}:
                    yield from (saint, saint.removeprefix("the ").removeprefix("The "))


class Names:
    """Who is called what, and by which source first: a name of two countries is the earlier source's."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {}
        self.closed: set[str] = set()

    def add(self, code: str, name: str, *, least: int = 3) -> None:
        """Codes of two letters are TikTok's own form and need no row, but for those that are not ISO's."""
        key = place(name)
        if key and key not in self.closed and (len(key) >= least or not key.isascii()):
            self.found.setdefault(key, set()).add(code)

    def close(self) -> None:
        """What has been added so far may not be doubted by what comes."""
        self.closed |= set(self.found)

    def rows(self) -> dict[str, list[str]]:
        """Names by country; those of two countries belong to none."""
        rows = defaultdict(list)
        for key, codes in self.found.items():
            if len(codes) == 1:
                rows[next(iter(codes))].append(key)
        return {code: sorted(rows[code]) for code in sorted(rows)}


def names_of(folder: Path) -> Names:
    """From the source to trust most to the one to trust least."""
    iso: list[dict[str, str]] = _read(next(folder.rglob("iso3166-1.json")))["3166-1"]
    codes = {entry["alpha_2"] for entry in iso} | {"XK"}
    sources = (
        ((entry["alpha_2"], entry[key]) for entry in iso for key in ("alpha_3", "numeric")),
        _everyday(),
        _english(folder, iso, codes),
        _own_languages(folder, codes),
        (name for language in LANGUAGES[1:] for name in _territories(folder, language, codes)),
    )
    names = Names()
    for source in sources:
        for code, name in source:
            names.add(code.lower(), name, least=2 if code.islower() else 3)
        names.close()
    return names


def _everyday() -> Iterator[tuple[str, str]]:
    for part in EVERYDAY.replace("\n", " ").split(";"):
        code, _, listed = part.strip().partition(":")
        yield from ((code, name) for name in listed.split(","))


def _english(folder: Path, iso: list[dict[str, str]], codes: set[str]) -> Iterator[tuple[str, str]]:
    written = [(one["alpha_2"], one.get(key, "")) for one in iso for key in ("name", "common_name", "official_name")]
    for code, name in (*written, *_territories(folder, "en", codes)):
        yield from ((code, form) for form in english_forms(name))


def _own_languages(folder: Path, codes: set[str]) -> Iterator[tuple[str, str]]:
    spoken = _read(next(folder.rglob("territoryInfo.json")))["supplemental"]["territoryInfo"]
    for code in sorted(codes):
        for language, facts in spoken.get(code, {}).get("languagePopulation", {}).items():
            if "_officialStatus" in facts:
                yield from _territories(folder, language.replace("_", "-"), {code})


def _territories(folder: Path, language: str, codes: set[str]) -> Iterator[tuple[str, str]]:
    file = next(folder.rglob(f"main/{language}/territories.json"), None)
    if file is not None:
        for key, name in _read(file)["main"][language]["localeDisplayNames"]["territories"].items():
            code = key.split("-")[0]
            if code in codes:
                yield code, name


def wrapped(words: Iterable[str]) -> str:
    """Lines of at most 120 columns; Asian letters take two."""
    lines = [""]
    for word in words:
        if sum(1 + (east_asian_width(letter) in "WF") for letter in f"{lines[-1]} {word}") > 120:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    version = _read(next(folder.rglob("cldr-localenames-full/package/package.json")))["version"]
    rows = names_of(folder).rows()
    table = wrapped(word for code, keys in rows.items() for word in (f"{code}:", *keys))
    FILE.write_text(HEADER.format(cldr=version, table=table), encoding="utf-8")
