"""Write JSON values as YAML, in the form of the configuration file and of case files."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$./@\[\]-]*", re.ASCII).fullmatch
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def yaml_of(value: Any) -> str:
    """Return a JSON value as YAML that `plain_value` reads back as the same value."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    match value:
        case dict() if value:
            for name, member in value.items():
                yield from _placed(f"{_scalar(name)}:", member)
        case list() if value:
            for entry in value:
                first, *rest = _lines(entry)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
        case _:
            yield _scalar(value)


def _placed(key: str, member: Any) -> Iterator[str]:
    if isinstance(member, dict | list) and member:
        yield key
        yield from (f"  {line}" for line in _lines(member))
    else:
        yield f"{key} {_scalar(member)}"


def _scalar(value: Any) -> str:
    """Return a scalar, or an empty object or list; a text that another YAML reader could take for more is quoted."""
    if isinstance(value, str) and _PLAIN(value) and value.casefold() not in _WORDS:
        return value
    return json.dumps(value)
