"""Render pages with Jinja2, everything escaped, and provide the filters and values that templates use."""

from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from delivery.dead_letter import rfc3339
from operations.format import duration, plural, state_name
from operations.status.describe import describe_status
from operations.status.processes import describe_problem

STATIC: Final = {
    "console.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The static files, which need no session, and their media types."""


class Templates:
    """The templates of this package. Any number of threads may use it."""

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
            "state_name": state_name,
            "duration": duration,
            "json": as_json,
            "time": utc_time,
            "query": query_string,
            "describe_problem": describe_problem,
            "describe_status": describe_status,
            "sentence": sentence,
        }
        self._environment.globals |= {
            "static": {name: f"/console/static/{name}?v={_version(name)}" for name in STATIC},
        }

    def render(self, template: str, **values: Any) -> str:
        """Return the template filled with these values."""
        return self._environment.get_template(template).render(values)


def static_file(name: str) -> bytes:
    """Return the content of one of STATIC."""
    return (files("console") / "static" / name).read_bytes()


def _version(name: str) -> str:
    return sha256(static_file(name)).hexdigest()[:12]


def as_json(value: Any) -> str:
    """Return indented JSON. In bytes that are JSON already, numbers stay as written."""
    text = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return msgspec.json.format(text, indent=2).decode()


def sentence(text: str) -> str:
    """Return a message with a capital letter and a full stop."""
    capitalised = text[:1].upper() + text[1:]
    return capitalised if capitalised.endswith((".", "!", "?")) else f"{capitalised}."


def utc_time(ms: int) -> str:
    """Return a UTC time such as `2026-11-24 13:05:59`; `ms` is Unix milliseconds."""
    return rfc3339(int(ms))[:19].replace("T", " ")


def query_string(values: dict[str, Any]) -> str:
    """Return `?name=value…` without empty values; "" if nothing is left."""
    fields = {name: value for name, value in values.items() if value not in ("", None)}
    return f"?{urlencode(fields)}" if fields else ""
