"""Which input a header belongs to, compared in a time that reveals nothing."""

import base64
import hmac

import pytest

from config.model import Input
from ingest import auth
from ingest.answers import FORBIDDEN, UNAUTHORIZED, RefusalKind, RequestRefused
from ingest.auth import Credentials

INPUTS = [
    Input("web", "web", "web-key", "web-secret"),
    Input("colons", "web", "k2", "a:b:c"),
    Input("unicode", "web", "ключ", "пароль"),
]


def basic(text: str) -> bytes:
    """Return the value of a Basic header."""
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (basic("web-key:web-secret"), "web"),
        (basic("k2:a:b:c"), "colons"),
        (basic("ключ:пароль"), "unicode"),
        (b"bAsIc  " + basic("web-key:web-secret")[6:] + b" ", "web"),
        (basic("web-key:web-secre"), FORBIDDEN),
        (basic("web-key:web-secret "), FORBIDDEN),
        (basic("web-key:"), FORBIDDEN),
        (basic(":web-secret"), FORBIDDEN),
        (basic("nobody:web-secret"), FORBIDDEN),
        (basic("k2:web-secret"), FORBIDDEN),
        (None, UNAUTHORIZED),
        (b"", UNAUTHORIZED),
        (b"Basic", UNAUTHORIZED),
        (b"Basic ???", UNAUTHORIZED),
        (basic(":"), UNAUTHORIZED),
        (basic("no colon"), UNAUTHORIZED),
        (b"Bearer " + basic("web-key:web-secret")[6:], UNAUTHORIZED),
    ],
    ids=repr,
)
def test_a_header_belongs_to_an_input_or_is_refused(header: bytes | None, expected: str | RefusalKind) -> None:
    """An input, 403 for wrong credentials, or 401 for unreadable ones; the second time as the first."""
    credentials = Credentials(INPUTS)
    for _ in range(2):
        try:
            answer: str | RefusalKind = credentials.input_of(header)
        except RequestRefused as refused:
            answer = refused.kind
        assert answer == expected


@pytest.mark.parametrize("text", ["web-key:wrong", "web-key:web-secreT", "nobody:web-secret", "nobody:"], ids=repr)
def test_every_wrong_guess_costs_the_same_comparison(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Known key or not, similar or not: one constant-time comparison of digests of equal length."""
    compared: list[tuple[int, int]] = []

    def spy(expected: bytes, given: bytes) -> bool:
        compared.append((len(expected), len(given)))
        return hmac.compare_digest(expected, given)

    monkeypatch.setattr(auth, "compare_digest", spy)
    with pytest.raises(RequestRefused):
        Credentials(INPUTS).input_of(basic(text))
    assert compared == [(16, 16)]


def test_wrong_guesses_are_not_remembered() -> None:
    """Guessing neither fills memory nor changes the time of an answer."""
    credentials = Credentials(INPUTS)
    for number in range(100):
        with pytest.raises(RequestRefused):
            credentials.input_of(basic(f"web-key:{number}"))
    assert credentials._admitted == {}


def test_a_secret_is_in_no_message_and_no_repr() -> None:
    """Not even where the objects are shown."""
    credentials = Credentials(INPUTS)
    credentials.input_of(basic("web-key:web-secret"))
    with pytest.raises(RequestRefused) as refused:
        credentials.input_of(basic("web-key:other-secret"))
    assert "secret" not in repr(credentials)
    assert "other-secret" not in str(refused.value)


def test_remembered_headers_are_bounded_in_number_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right credentials may have any number of spaces around them."""
    monkeypatch.setattr(auth, "_MOST_ADMITTED", 10)
    credentials, right = Credentials(INPUTS), basic("web-key:web-secret")
    for spaces in (60_000, *range(20)):
        assert credentials.input_of(right + b" " * spaces) == "web"
    assert len(credentials._admitted) == 10
    assert max(map(len, credentials._admitted)) <= auth._LONGEST_ADMITTED
