"""Secrets with additions of editors and shells: cleaned, or refused in a sentence that does not show them."""

from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.file import check_text, load
from config.values import clean_value

FILE = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: "%s"}
connections:
  - {id: shop, inputs: [web], access_token: "%s", event_source_id: PIXEL, enable_web_migration: true}
"""
RIGHT = ["hidden", "hidden\n", "hidden\r\n", "\ufeffhidden", " hidden \t\n", "\ufeffhidden\r\n"]
WRONG = [
    ('"hidden"', "has quotation marks around it"),
    ("'hidden'\n", "has quotation marks around it"),
    ("\u201chidden\u201d", "has quotation marks around it"),
    ("hid\nden", "has several lines"),
    ("hid\rden", "has several lines"),
    ("hid\x1bden", "has a control character in it"),
    ("hid\ufeffden", "has a control character in it"),
]


def configuration(way: str, value: str, directory: Path) -> tuple[Path, dict[str, str]]:
    """Return a file whose secrets come from the environment, and that environment."""
    secret = directory / "secret"
    secret.write_bytes(value.encode())
    reference = "${SECRET}" if way == "variable" else f"file:{secret}"
    (directory / "relay.yaml").write_text(FILE % (reference, reference))
    return directory / "relay.yaml", {"SECRET": value}


@pytest.mark.parametrize("way", ["variable", "file"])
@pytest.mark.parametrize("value", RIGHT, ids=repr)
def test_additions_of_an_editor_are_removed(value: str, way: str, tmp_path: Path) -> None:
    """Line ends, white space around it, a byte order mark."""
    path, environ = configuration(way, value, tmp_path)
    loaded = load(path, environ)
    assert loaded.inputs["web"].api_secret == loaded.connections["shop"].access_token == "hidden"


@pytest.mark.parametrize("way", ["variable", "file"])
@pytest.mark.parametrize(("value", "words"), WRONG, ids=[repr(value) for value, _ in WRONG])
def test_a_value_that_is_probably_wrong_is_refused(value: str, words: str, way: str, tmp_path: Path) -> None:
    """Both secrets are named by their lines, and neither is shown."""
    path, environ = configuration(way, value, tmp_path)
    with pytest.raises(ConfigurationError) as refused:
        load(path, environ)
    assert [problem.line for problem in refused.value.problems] == [3, 5]
    assert all(words in problem.message for problem in refused.value.problems)
    assert "hid" not in str(refused.value)


@pytest.mark.parametrize("value", ['a"b"', '"', "p\"q'", "'tis", 'say "no"'])
def test_quotation_marks_within_a_value_stay(value: str) -> None:
    """Only a pair around the whole value is refused."""
    assert clean_value(value) == value


@pytest.mark.parametrize("written", ["$SECRET", "$(SECRET)", "%SECRET%", "env:SECRET", "{SECRET}"])
def test_a_variable_in_another_programs_form_is_refused(written: str, tmp_path: Path) -> None:
    """It would be sent as the secret itself. The sentence says how to write it, also of a pasted file."""
    quoted = written if written.startswith("{") else f'"{written}"'
    text = (FILE % ("hidden", "hidden")).replace('"hidden"', quoted)
    path = tmp_path / "relay.yaml"
    path.write_text(text)
    for reading in (lambda: load(path, {"SECRET": "hidden"}), lambda: check_text(text, "relay.yaml")):
        with pytest.raises(ConfigurationError) as refused:
            reading()
        assert [problem.line for problem in refused.value.problems] == [3, 5]
        assert all("write ${SECRET}" in problem.message for problem in refused.value.problems)


@pytest.mark.parametrize("secret", ["$ecret", "a$SECRET", "$SECRET1!", "100%"])
def test_a_secret_may_have_these_characters(secret: str, tmp_path: Path) -> None:
    """Only a value that is nothing but a variable is refused."""
    path = tmp_path / "relay.yaml"
    path.write_text(FILE % (secret, secret))
    assert load(path, {}).inputs["web"].api_secret == secret
