"""Places (U3–U6): countries by all their names, accents of Latin characters only, postal codes in any form."""

import unicodedata

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.fields import normalise, places
from mapping.fields.countries import CODES
from mapping.results import OmitField

NAMES = {
    "KR": ["Korea, Republic of", "Republic of Korea", "South Korea", "Korea", "KOR", "410", "대한민국"],
    "KP": ["Korea, Democratic People's Republic of", "North Korea", "DPRK"],
    "US": ["United States", "United States of America", "USA", "U.S.A.", "U.S.", "us", "840", "Estados Unidos"],
    "GB": ["United Kingdom", "UK", "U.K.", "Great Britain", "England", "Vereinigtes Königreich"],
    "DE": ["Germany", "Deutschland", "Allemagne", "Alemania", "DEU", "Federal Republic of Germany"],
    "CI": ["Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast"],
    "CD": ["Congo, The Democratic Republic of the", "DR Congo", "Congo - Kinshasa", "Congo, Dem. Rep."],
    "CG": ["Congo", "Republic of the Congo", "Congo - Brazzaville"],
    "TR": ["Türkiye", "Turkey", "Turkiye"],
    "CZ": ["Czechia", "Czech Republic", "Česko"],
    "BO": ["Bolivia", "Bolivia, Plurinational State of", "Bolivia (Plurinational State of)"],
    "TZ": ["Tanzania", "Tanzania, United Republic of", "United Republic of Tanzania"],
    "VN": ["Viet Nam", "Vietnam", "Việt Nam"],
    "MM": ["Myanmar", "Burma", "Myanmar (Burma)"],
    "SZ": ["Eswatini", "Swaziland"],
    "MK": ["North Macedonia", "Macedonia"],
    "LC": ["Saint Lucia", "St. Lucia"],
    "BA": ["Bosnia and Herzegovina", "Bosnia & Herzegovina", "Bosnia"],
    "GR": ["Greece", "EL", "Ελλάδα"],
    "NL": ["Netherlands", "The Netherlands", "Netherlands, Kingdom of the", "Holland", "Nederland"],
    "RU": ["Russian Federation", "Russia", "Россия"],
    "JP": ["Japan", "日本", "JPN"],
    "UA": ["Ukraine", "Україна"],
    "XK": ["Kosovo", "XKX"],
    "NA": ["NA", "na", "Namibia", "NAM"],
}


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, names in NAMES.items() for name in names])
def test_country_is_known_by_its_names(code, name):
    """U5: ISO's, CLDR's, everyday English, its own."""
    assert places.country(name) == code.lower()


@pytest.mark.parametrize(
    "name", ["N/A", "n/a", "N.A.", "N. A.", "N\\A", "#N/A", "XX", "ZZ", "t1", "(na/)", "not applicable"]
)
def test_not_available_is_no_country(name):
    """U5: without its punctuation it would be Namibia's code."""
    assert isinstance(places.country(name), OmitField)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS - {"AC", "TA"}))
def test_every_country_is_in_the_table(region):
    """U5: with a code of three letters and a name at least; all that have phone numbers, but for two islands of one."""
    names = [name for name, code in CODES.items() if code == region.lower()]
    assert any(len(name) == 3 and name.isascii() and name.isalpha() for name in names)
    assert len(names) >= 3
    assert places.country(region) == region.lower()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("100-0001", "1000001"),
        ("１００−０００１", "1000001"),
        ("〒100ー0001", "〒1000001"),
        ("SW1A\u00a01AA", "sw1a1aa"),
        ("95110\u20131234", "951101234"),
        ("95110\u2212 1234", "951101234"),
        ("٩٥١١٠", "95110"),
    ],
)
def test_postal_code_is_the_same_however_typed(text, plain):
    """U6: full width, other digits, other dashes."""
    assert normalise.zip_code(text) == plain


@settings(deadline=None)
@given(st.text(max_size=20))
def test_a_place_is_read_again_as_it_is(text):
    """U3, U4: alphabetic characters, digits and marks only, all in lower case."""
    plain = places.place(text)
    assert places.place(plain) == plain
    assert all(unicodedata.category(letter)[0] in "LMN" for letter in plain)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["Lo", "Ll"]), min_size=1, max_size=12))
def test_text_of_no_latin_script_stay_whole(text):
    """U3, U4: an й is no и with an accent."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text.lower()))
    if not any("LATIN" in unicodedata.name(letter, "") for letter in unicodedata.normalize("NFKD", composed)):
        kept = "".join(letter for letter in composed if unicodedata.category(letter)[0] in "LMN")
        assert places.place(text) == unicodedata.normalize("NFC", kept)
