"""The keyring: what it seals it opens, keys can be replaced, and a failure says nothing of the content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.secrets import DecryptionError, Keyring

OLD, NEW = Keyring.new_key(), Keyring.new_key()


@given(content=st.binary(max_size=300))
def test_what_is_sealed_can_be_opened(content: bytes) -> None:
    """Bytes come back as they were, and the sealed form is not them."""
    keyring = Keyring([NEW])
    assert keyring.decrypt(keyring.encrypt(content)) == content


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=50))
def test_sealed_text_stands_in_a_configuration_file(text: str) -> None:
    """One word of ASCII that comes back as it was."""
    keyring = Keyring([NEW])
    token = keyring.encrypt_text(text)
    assert token.isascii()
    assert not set(token) & set(" \n:#")
    assert keyring.decrypt_text(token) == text


def test_a_key_can_be_replaced() -> None:
    """The first key seals, all of them open."""
    both = Keyring.from_text(f"{NEW}, {OLD},")
    assert both is not None
    assert both.decrypt(Keyring([OLD]).encrypt(b"waiting")) == b"waiting"
    assert Keyring([NEW]).decrypt(both.encrypt(b"fresh")) == b"fresh"
    with pytest.raises(DecryptionError):
        Keyring([OLD]).decrypt(both.encrypt(b"fresh"))


def test_a_secret_derived_is_of_the_newest_key_and_of_its_purpose() -> None:
    """The same in every process that has the key; another key or purpose makes another."""
    secret = Keyring([NEW, OLD]).derive(b"memory")
    assert len(secret) == 32
    assert secret == Keyring([NEW]).derive(b"memory")
    assert secret not in (Keyring([OLD, NEW]).derive(b"memory"), Keyring([NEW]).derive(b"other"))


@pytest.mark.parametrize("text", [None, "", " ", ",", " , "])
def test_no_key_is_no_keyring(text: str | None) -> None:
    """Nothing set means nothing is encrypted."""
    assert Keyring.from_text(text) is None


def test_sealing_costs_no_base64() -> None:
    """Version, time, vector and signature are 57 bytes; the content is padded to blocks of 16."""
    assert len(Keyring([NEW]).encrypt(b"x" * 1000)) == 57 + 1008


@pytest.mark.parametrize("sealed", [b"", b"hidden", b"\x80" * 100, bytes(200)])
def test_what_cannot_be_opened_is_told_apart(sealed: bytes) -> None:
    """One exception, whatever is wrong, without the bytes and without what caused it."""
    with pytest.raises(DecryptionError) as refused:
        Keyring([NEW]).decrypt(sealed)
    assert "hidden" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("token", ["", "hidden", "hiddén", "gAAAAA=="])
def test_text_that_is_no_cipher_is_told_apart(token: str) -> None:
    """The same for what stands after `enc:` in a file."""
    with pytest.raises(DecryptionError):
        Keyring([NEW]).decrypt_text(token)


def test_a_cipher_of_other_bytes_is_no_text() -> None:
    """What was sealed as bytes is not taken for a token."""
    keyring = Keyring([NEW])
    token = keyring._fernet.encrypt(b"\xff").decode()
    with pytest.raises(DecryptionError, match="not text"):
        keyring.decrypt_text(token)


@pytest.mark.parametrize("text", ["hidden", f"{NEW},hidden", "hiddén"])
def test_a_bad_key_is_named_by_its_place(text: str) -> None:
    """Never by its value."""
    with pytest.raises(ValueError, match=r"key \d is not a Fernet key") as refused:
        Keyring.from_text(text)
    assert "hidd" not in str(refused.value)
    assert NEW not in repr(Keyring([NEW]))
