"""Hashing and normalising exactly as in tiktok-api.md §1.4 and §9, with its own examples."""

from hashlib import sha256

import pytest

from mapping.fields import normalise, places
from mapping.fields.countries import CODES
from mapping.fields.hashing import hash_identity
from mapping.fields.phones.numbers import e164
from mapping.results import OmitField

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def phone(text: str) -> str | OmitField:
    return e164(text, None)


VECTORS = [
    ("E9 email", normalise.email, " ALICE_abc@gmail.com ",
     "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"),
    ("E9 phone", phone, "(+1)2133734253", "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd"),
    ("E9 external id", normalise.external_id, "user_123",
     "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"),
    ("U1 name", normalise.name, "Jane", "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"),
    ("U6 zip", normalise.zip_code, "95110", "383f7fffd99f3b1c3066086bcf991eae7ad543589d12bd792ecb6dc8b5acebc1"),
    ("U6 zip with a space", normalise.zip_code, "M5V 3L9",
     "5c850751d57c5d887fe7807d3da801efe7e8faa1f105ea36cdcd913dd32a41c7"),
    ("E10 IDFA", normalise.advertising_id, "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB",
     "08f1f8e9e433f685c514154e1a5b0dfe1885c6f140a7e3eff08a037bda13dcc1"),
]  # fmt: skip
NORMALISERS = [
    phone,
    normalise.email,
    normalise.external_id,
    normalise.name,
    normalise.zip_code,
    normalise.advertising_id,
]


@pytest.mark.parametrize(("normaliser", "text", "expected"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_published_example_reproduces(normaliser, text, expected):
    """The hash examples of TikTok's documents."""
    assert hash_identity(text, normaliser) == expected
    assert hash_identity(f"\t{text}\n", normaliser) == expected


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=lambda function: function.__name__)
def test_hashed_values_pass_through_once(normaliser):
    """A trimmed value with the form of a hash is sent in lower case."""
    digest = sha256(b"x").hexdigest()
    assert hash_identity(f"  {digest.upper()} ", normaliser) == digest


@pytest.mark.parametrize("text", ["", " ", "\u3000", EMPTY, EMPTY.upper(), f" {EMPTY} "], ids=repr)
@pytest.mark.parametrize("normaliser", NORMALISERS, ids=lambda function: function.__name__)
def test_nothing_is_never_hashed(normaliser, text):
    """Neither the hash of an empty text nor that hash from a sender is sent."""
    assert isinstance(hash_identity(text, normaliser), OmitField)


NORMAL = [
    ("U1 punctuation", normalise.name, "O'Neill-Smith Jr.", "oneillsmithjr"),
    ("U1 spaces", normalise.name, "Mary Ann", "maryann"),
    ("U1 accents stay", normalise.name, "José", "josé"),
    ("U1 accents composed", normalise.name, "Jose\u0301", "josé"),
    ("U1 symbols", normalise.name, "Ann™ ♥", "ann"),
    ("U1 marks stay", normalise.name, "हिन्दी", "हिन्दी"),
    ("U3 hyphen", places.place, "Cluj-Napoca", "clujnapoca"),
    ("U3 space", places.place, "New York", "newyork"),
    ("U3 accents go", places.place, "São Paulo", "saopaulo"),
    ("U3 Chinese", places.place, "北京市", "北京市"),
    ("U3 Korean", places.place, "서울", "서울"),
    ("U3 Cyrillic", places.place, "Москва", "москва"),
    ("U3 nothing left", places.place, "—", ""),
    ("U3 accents of Latin letters only", places.place, "Київ", "київ"),
    ("U3 Greek accents stay", places.place, "Αθήνα", "αθήνα"),
    ("U3 vowel signs stay", places.place, "दिल्ली", "दिल्ली"),
    ("U3 voiced kana stay", places.place, "ガザ", "ガザ"),
    ("U3 Turkish capital", places.place, "İstanbul", "istanbul"),
    ("U3 Vietnamese", places.place, "Hà Nội", "hanoi"),
    ("U3 full width", places.place, "ＴＯＫＹＯ", "tokyo"),
    ("U3 accents alone", places.place, "\u0301a1\u0301", "a1"),
    ("U4 code", places.place, "CA", "ca"),
    ("U5 two letters", places.country, "US", "us"),
    ("U5 three letters", places.country, "DEU", "de"),
    ("U5 name", places.country, "United States", "us"),
    ("U5 name with accents", places.country, "Côte d’Ivoire", "ci"),
    ("U5 everyday name", places.country, "UK", "gb"),
    ("U5 unknown", places.country, "Middle-earth", "middleearth"),
    ("U6 ZIP+4", normalise.zip_code, "95110-1234", "951101234"),
    ("E9 email", normalise.email, "A.B+c@Example.COM", "a.b+c@example.com"),
    ("E9 external id keeps its case", normalise.external_id, "AbC", "AbC"),
]


@pytest.mark.parametrize(("normaliser", "text", "expected"), [v[1:] for v in NORMAL], ids=[v[0] for v in NORMAL])
def test_text_is_normalised(normaliser, text, expected):
    """One rule of the documents or one of our decisions each."""
    assert normaliser(text) == expected


@pytest.mark.parametrize("zeros", ["00000000-0000-0000-0000-000000000000", "0" * 32, "-"])
def test_zero_advertising_id_is_none(zeros):
    """E10: devices that limit tracking send zeros, which would match each other."""
    assert isinstance(hash_identity(zeros, normalise.advertising_id), OmitField)


def test_every_country_has_its_codes():
    """ISO 3166-1: 249 countries, each with its two-character code and three digits."""
    digits = {other: two for other, two in CODES.items() if other.isdecimal() and other.isascii()}
    assert len(digits) == len(set(digits.values())) == 249


def test_default_region_is_the_connections(bench, at):
    """E9: the setting `default_region`."""
    expected = hash_identity("+12133734253", normalise.external_id)
    batch = {"user_identities": {"mobile_number": "213-373-4253"}}
    assert at(bench.body(bench.plan(default_region="US"), **batch), "user.phone") == [expected]
    assert at(bench.body(bench.plan(), **batch), "user.phone") is None
