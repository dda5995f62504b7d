"""What is encrypted in Redis are Fernet tokens, as the library makes them, without base64."""

import base64

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from config.raw_fernet import InvalidToken, RawFernet

KEY = Fernet.generate_key()
OURS, LIBRARY = RawFernet(KEY), Fernet(KEY)
CONTENT = st.binary(max_size=100)


@given(CONTENT)
def test_the_library_decrypts_it(content: bytes) -> None:
    """Its own check of version, signature and padding passes."""
    assert LIBRARY.decrypt(base64.urlsafe_b64encode(OURS.encrypt(content))) == content


@given(CONTENT)
def test_it_decrypts_what_the_library_encrypted(content: bytes) -> None:
    """So what waits in Redis from before stays readable."""
    assert OURS.decrypt(base64.urlsafe_b64decode(LIBRARY.encrypt(content))) == content


@given(CONTENT, st.data())
def test_a_token_with_another_byte_is_refused(content: bytes, data: st.DataObject) -> None:
    """Wherever it is."""
    token = bytearray(OURS.encrypt(content))
    at = data.draw(st.integers(0, len(token) - 1))
    token[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidToken):
        OURS.decrypt(bytes(token))


@given(CONTENT, st.data())
def test_a_part_of_a_token_is_refused(content: bytes, data: st.DataObject) -> None:
    """Down to nothing."""
    token = OURS.encrypt(content)
    with pytest.raises(InvalidToken):
        OURS.decrypt(token[: data.draw(st.integers(0, len(token) - 1))])


@given(
    st.one_of(st.text(max_size=50), st.binary(min_size=30, max_size=34).map(lambda key: base64.b64encode(key).decode()))
)
def test_the_library_and_relay_accept_the_same_keys(key: str) -> None:
    """Also with characters that are no base64, and with the other base64."""
    accepted = []
    for make in (lambda: Fernet(key), lambda: RawFernet(key.encode())):
        try:
            make()
        except ValueError:
            accepted.append(False)
        else:
            accepted.append(True)
    assert accepted in ([True, True], [False, False])


@given(st.binary(max_size=200))
def test_any_bytes_and_another_key_are_refused(content: bytes) -> None:
    """And two tokens of the same content differ."""
    for foreign in (content, RawFernet(Fernet.generate_key()).encrypt(content)):
        with pytest.raises(InvalidToken):
            OURS.decrypt(foreign)
    assert OURS.encrypt(content) != OURS.encrypt(content)
