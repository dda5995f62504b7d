"""The keyring: it decrypts what it encrypted, keys can be replaced, and a failure shows nothing of the content."""

import base64

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from config.secrets import DecryptionError, Keyring

OLD, NEW = Keyring.new_key(), Keyring.new_key()


@given(content=st.binary(max_size=300))
def test_encrypted_bytes_can_be_decrypted(content: bytes) -> None:
    """Bytes come back unchanged, and the encrypted form does not contain them."""
    keyring = Keyring([NEW])
    assert keyring.decrypt(keyring.encrypt(content)) == content


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=50))
def test_encrypted_text_can_stand_in_a_configuration_file(text: str) -> None:
    """It is one word of ASCII and decrypts to the same text."""
    keyring = Keyring([NEW])
    token = keyring.encrypt_text(text)
    assert token.isascii()
    assert not set(token) & set(" \n:#")
    assert keyring.decrypt_text(token) == text
    assert Fernet(NEW).decrypt(token) == text.encode()
    assert keyring.decrypt_text(Fernet(NEW).encrypt(text.encode()).decode()) == text


def test_a_key_can_be_replaced() -> None:
    """The first key encrypts, all of them decrypt."""
    both = Keyring.from_text(f"{NEW}, {OLD},")
    assert both is not None
    assert both.decrypt(Keyring([OLD]).encrypt(b"waiting")) == b"waiting"
    assert Keyring([NEW]).decrypt(both.encrypt(b"fresh")) == b"fresh"
    with pytest.raises(DecryptionError):
        Keyring([OLD]).decrypt(both.encrypt(b"fresh"))


def test_a_derived_secret_depends_on_the_newest_key_and_the_purpose() -> None:
    """It is the same in every process with that key; another key or purpose gives another secret."""
    secret = Keyring([NEW, OLD]).derive(b"memory")
    assert len(secret) == 32
    assert secret == Keyring([NEW]).derive(b"memory")
    assert secret not in (Keyring([OLD, NEW]).derive(b"memory"), Keyring([NEW]).derive(b"other"))


@pytest.mark.parametrize("text", [None, "", " ", ",", " , "])
def test_no_key_is_no_keyring(text: str | None) -> None:
    """Nothing set means nothing is encrypted."""
    assert Keyring.from_text(text) is None


def test_encrypted_bytes_are_not_in_base64() -> None:
    """Version, time, vector and signature are 57 bytes; the content is padded to blocks of 16."""
    assert len(Keyring([NEW]).encrypt(b"x" * 1000)) == 57 + 1008


@pytest.mark.parametrize("encrypted", [b"", b"hidden", b"\x80" * 100, bytes(200)])
def test_bytes_that_cannot_be_decrypted_raise_one_error(encrypted: bytes) -> None:
    """The same exception for every cause, without the bytes and without the cause."""
    with pytest.raises(DecryptionError) as refused:
        Keyring([NEW]).decrypt(encrypted)
    assert "hidden" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("token", ["", "hidden", "hiddén", "gAAAAA=="])
def test_text_that_cannot_be_decrypted_raises_the_same_error(token: str) -> None:
    """As for the text after `enc:` in a file."""
    with pytest.raises(DecryptionError):
        Keyring([NEW]).decrypt_text(token)


def test_encrypted_bytes_that_are_no_text_are_refused() -> None:
    """Encrypted bytes are not used as a token."""
    keyring = Keyring([NEW])
    token = base64.urlsafe_b64encode(keyring.encrypt(b"\xff")).decode()
    with pytest.raises(DecryptionError, match="not text"):
        keyring.decrypt_text(token)


@pytest.mark.parametrize("text", ["hidden", f"{NEW},hidden", "hiddén"], ids=["one", "second", "not ASCII"])
def test_a_bad_key_is_named_by_its_position(text: str) -> None:
    """Never by its value."""
    with pytest.raises(ValueError, match=r"key \d is not a Fernet key") as refused:
        Keyring.from_text(text)
    assert "hidd" not in str(refused.value)
    assert NEW not in repr(Keyring([NEW]))
