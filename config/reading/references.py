"""Expand references to secrets in the file: `${NAME}`, `file:/path` and `enc:…` (C1)."""

import re
from collections.abc import Mapping
from pathlib import Path

from config.files.small_file import digest, read_small
from config.reading.readers import Read, Reader, refuse, scalar
from config.reading.yaml_tree import Node, Table, Text
from config.secrets import DecryptionError, Keyring
from config.sources.address import UNEXPANDED
from config.values import clean_value

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ALMOST = re.compile(r"\$([A-Z_][A-Z0-9_]*)|\$\(([A-Za-z_]\w*)\)|%([A-Z_][A-Z0-9_]*)%|(?:env|ENV):([A-Za-z_]\w*)")
"""How other programs write a variable: `$NAME`, `$(NAME)`, `%NAME%`, `env:NAME`."""
_PRINTABLE = re.compile(r"[!-~]+")

SECRET_SCHEMA = {"type": ["string", "number"], "minLength": 1}
"""A secret or a reference to one: `${NAME}`, `file:/path` or `enc:…`."""


def is_reference(value: str) -> bool:
    """Return whether the value refers to a secret instead of containing it."""
    return value.startswith(("${", "file:", "enc:"))


def refuse_almost_a_reference(name: str, node: Node) -> None:
    """Refuse a variable in another program's form, which would be sent as the secret itself. Raise ValueRefused."""
    variable = None
    if isinstance(node, Text) and (found := _ALMOST.fullmatch(node.value)):
        variable = next(filter(None, found.groups()))
    elif isinstance(node, Table) and len(node.values) == 1:
        (variable,) = node.values  # {NAME}, without its $
    if variable is not None:
        refuse(node, f"`{name}`: to take the value of an environment variable, write ${{{variable}}}")


class References:
    """Expands the references of one reading of a file; `digests` are of the secret files that it read."""

    def __init__(self, environ: Mapping[str, str], keyring: Keyring | None) -> None:
        self._environ = environ
        self._keyring = keyring
        self.digests: dict[Path, bytes | None] = {}

    def expand(self, name: str, node: Node) -> str:
        """Return the value in plain text; the content of a variable or file may be `enc:…`. Raise ValueRefused."""
        refuse_almost_a_reference(name, node)
        value = self._outer(name, node, scalar(name, node))
        return self._decrypt(name, node, value.removeprefix("enc:")) if value.startswith("enc:") else value

    def _outer(self, name: str, node: Node, value: str) -> str:
        if variable := _VARIABLE.fullmatch(value):
            value = self._environ.get(variable[1], "")
            return _cleaned(name, node, f"the environment variable {variable[1]}", value) or refuse(
                node,
                f"`{name}`: the environment variable {variable[1]} is not set; "
                "set it or add it to .env, and restart the processes that run",
            )
        if "${" in value:
            refuse(node, f"`{name}`: ${{NAME}} must be the whole value, NAME made of A-Z, a-z, 0-9 and _")
        if value.startswith("file:"):
            return self._read(name, node, Path(value.removeprefix("file:")))
        return value

    def _read(self, name: str, node: Node, path: Path) -> str:
        if not path.is_absolute():
            refuse(node, f"`{name}`: file: needs an absolute path, such as file:/run/secrets/tiktok_token")
        try:
            content = read_small(path)
            self.digests[path] = digest(content)
            text = content.decode()
        except OSError as error:
            self.digests[path] = None
            refuse(node, f"`{name}`: the file {path} cannot be read: {error.strerror}")
        except ValueError:
            refuse(node, f"`{name}`: the file {path} is not UTF-8 text")
        return _cleaned(name, node, f"the file {path}", text) or refuse(node, f"`{name}`: the file {path} is empty")

    def _decrypt(self, name: str, node: Node, token: str) -> str:
        if self._keyring is None:
            refuse(node, f"`{name}` is encrypted, and RELAY_ENCRYPTION_KEY is not set")
        try:
            return self._keyring.decrypt_text(token)
        except DecryptionError as error:
            refuse(node, f"`{name}` cannot be decrypted: {error}")


class Unexpanded(References):
    """Expands nothing, to check a file without its secrets: reads no variable and no file, and decrypts nothing.

    The same reference gets the same placeholder, which is no secret.
    """

    def __init__(self) -> None:
        super().__init__({}, None)

    def expand(self, name: str, node: Node) -> str:
        refuse_almost_a_reference(name, node)
        value = scalar(name, node)
        return f"{UNEXPANDED}{digest(value.encode()).hex()[:16]}" if is_reference(value) else value


def api_key(expand: Read[str]) -> Reader[str]:
    """Return a reader of the user name of HTTP Basic authentication, in which a colon cannot stand."""

    def read(name: str, node: Node) -> str:
        value = expand(name, node)
        return refuse(node, f"`{name}` must have no colon in it") if ":" in value else _printable(name, node, value)

    return Reader(read, SECRET_SCHEMA)


def api_secret(expand: Read[str]) -> Reader[str]:
    return Reader(lambda name, node: _printable(name, node, expand(name, node)), SECRET_SCHEMA)


def access_token(expand: Read[str]) -> Reader[str]:
    """Return a reader of a token without `Bearer`, which TikTok refuses (40105)."""

    def read(name: str, node: Node) -> str:
        value = expand(name, node)
        if value.lower().startswith("bearer "):
            refuse(node, f"`{name}` begins with `Bearer`: write the token alone, as TikTok's Events Manager shows it")
        return _printable(name, node, value)

    return Reader(read, SECRET_SCHEMA)


def _cleaned(name: str, node: Node, place: str, text: str) -> str:
    """Return the content of a variable or a file, cleaned. Raise ValueRefused."""
    try:
        return clean_value(text)
    except ValueError as error:
        return refuse(node, f"`{name}`: {place} {error}")


def _printable(name: str, node: Node, value: str) -> str:
    if _PRINTABLE.fullmatch(value):
        return value
    return refuse(node, f"`{name}` must be printable ASCII characters without spaces or line breaks")
