"""How pages are written: Jinja2, everything escaped; and the words and numbers that templates may use."""

from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from delivery.dead_letter import rfc3339
from operations.format import duration, plural
from operations.status.describe import describe_status

STATIC: Final = {
    "console.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The files that any visitor gets, and what they are."""

STATES: Final = {
    "healthy": "delivering",
    "backing_off": "slowed down",
    "paused": "paused",
    "disabled": "disabled in the file",
    "removed": "not in the file any more",
}


class Templates:
    """The templates of this package; serves any number of threads."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "number": lambda number: f"{number:,}",
            "plural": plural,
            "duration": duration,
            "json": as_json,
            "time": time_of,
            "query": query_of,
            "describe_status": describe_status,
            "sentence": lambda words: words[:1].upper() + words[1:],
        }
        self._environment.globals |= {
            "static": {name: f"/console/static/{name}?v={_version(name)}" for name in STATIC},
            "states": STATES,
        }

    def render(self, template: str, **values: Any) -> str:
        """The text of a template."""
        return self._environment.get_template(template).render(values)


def static_file(name: str) -> bytes:
    """The content of one of STATIC."""
    return (files("console") / "static" / name).read_bytes()


def _version(name: str) -> str:
    return sha256(static_file(name)).hexdigest()[:12]


def as_json(value: Any) -> str:
    """JSON for reading; numbers stand as they were where `value` is JSON already."""
    text = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return msgspec.json.format(text, indent=2).decode()


def time_of(ms: int) -> str:
    """2026-11-24 13:05:59, UTC."""
    return rfc3339(int(ms))[:19].replace("T", " ")


def query_of(values: dict[str, Any]) -> str:
    """`?name=value…` of what is not empty."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    return f"?{urlencode(given)}" if given else ""
