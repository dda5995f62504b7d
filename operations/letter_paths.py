"""Where `--set custom_flags.TikTok.URL=…` puts a value: paths into a batch with one event, as people write them.

A path starts in the event's `data`, or in the batch for what a batch holds (`user_identities.email`); `event.` and
`batch.` in front say so outright. Names may have dots in them: of those that are there the longest that fits is meant,
and in maps whose names are a client's own (`custom_flags`, …) all that is left is one name.
"""

from typing import Any, Final

from operations.errors import BadNews
from operations.exact_json import read_exactly

_OF_THE_BATCH: Final = frozenset(
    (
        *("user_identities", "user_attributes", "device_info", "application_info", "consent_state", "ip"),
        *("environment", "mpid", "mp_deviceid", "source_request_id", "schema_version", "integration_attributes"),
    )
)
_NAMED_BY_CLIENTS: Final = frozenset(("custom_flags", "custom_attributes", "user_attributes", "user_identities"))
_OF_ACTIONS: Final = {"total_amount": "product_action.total_amount"}


def path_of_field(field: str | None) -> str:
    """Where the field that a letter names stands, as far as that can be said; "" where it cannot."""
    if field is None:
        return ""
    return f"custom_flags.{field}" if field.startswith("TikTok.") else _OF_ACTIONS.get(field, field)


def set_value(batch: dict[str, Any], assignment: str) -> None:
    """Carry out `PATH=VALUE` on a batch with one event. BadNews when the path leads nowhere.

    A value is text in the maps that clients name, elsewhere JSON where it is any (`20`, `true`, `"20"`), else text.
    """
    path, equals, value = assignment.partition("=")
    if not equals or not path.strip():
        raise BadNews(f"--set {path}: write it as field=value, such as custom_flags.TikTok.URL=https://…")
    at, left = _start(batch, path.strip())
    within = ""
    while True:
        name, rest = _step(at, left, path, whole=within in _NAMED_BY_CLIENTS)
        if rest is None:
            at[name] = value if within in _NAMED_BY_CLIENTS else _json_or_text(value)
            return
        left = rest
        if isinstance(at, dict) and at.get(name) is None:
            at[name] = {}
        at, within = at[name], str(name)


def _start(batch: dict[str, Any], path: str) -> tuple[Any, str]:
    first, _, rest = path.partition(".")
    event = batch["events"][0]
    if not isinstance(event, dict):
        raise BadNews("its event is no JSON object: correct it in an editor, without --set")
    match first:
        case "batch" if rest:
            return batch, rest
        case "event" if rest:
            return event, rest
        case "event_type":
            return event, path
        case _ if first in _OF_THE_BATCH:
            return batch, path
        case _:
            if not isinstance(event.get("data"), dict):
                event["data"] = {}
            return event["data"], path


def _step(at: Any, rest: str, path: str, *, whole: bool) -> tuple[Any, str | None]:
    """The next member of the path, and what is left of it: None when this is the last."""
    parts = rest.split(".")
    match at:
        case dict() if whole:
            return rest, None
        case dict():
            lengths = range(len(parts), 0, -1)
            length = next((n for n in lengths if ".".join(parts[:n]) in at), 1)
            return ".".join(parts[:length]), ".".join(parts[length:]) or None
        case list() if parts[0].isdecimal() and int(parts[0]) < len(at):
            return int(parts[0]), ".".join(parts[1:]) or None
        case list():
            raise BadNews(f"--set {path}: {parts[0]} is not one of the places 0 to {len(at) - 1} of a list")
        case _:
            raise BadNews(f"--set {path}: there is nothing to name {rest} in: what stands there is a single value")


def _json_or_text(value: str) -> Any:
    try:
        return read_exactly(value)
    except ValueError:
        return value
