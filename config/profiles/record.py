"""Read `profile`: what a connection remembers of its users, and for how long."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from config.model import Profile
from config.profiles.fields import ATTRIBUTION_WINDOW_S, CLICK_ID, LONGEST_S, LONGEST_WINDOW_S, PROFILE_FIELDS
from config.reading.readers import Reader, age, choice, refuse
from config.reading.records import KeyRow, Record, listing, mapping
from config.reading.yaml_tree import Fault, Node, Table

DAY_S: Final = 86_400


def _at_most(most_s: int, why: str) -> Reader[int]:
    def read(name: str, node: Node) -> int:
        seconds = age(name, node)
        if 0 < seconds <= most_s:
            return seconds
        return refuse(node, f"`{name}` must be from 1m to {most_s // DAY_S}d: {why}")

    return Reader(read, age.schema)


_FIELD: Final = choice(PROFILE_FIELDS)
_TIME: Final = _at_most(LONGEST_S, "relay remembers nothing longer")


def _check(given: Mapping[str, Any], table: Table) -> Iterator[Fault]:
    fields: Sequence[str] = given.get("fields", ())
    times: Mapping[str, int] = given.get("time_to_live_s", {})
    window_s: int = given.get("attribution_window_s", ATTRIBUTION_WINDOW_S)
    line = table.lines.get("time_to_live", table.line)
    for field in times:
        if field not in fields:
            yield Fault(
                line, f"`time_to_live` names `{field}`, which `fields` does not: add it there, or remove it here"
            )
    if times.get(CLICK_ID, 0) > window_s:
        yield Fault(
            line,
            f"`time_to_live` keeps `ttclid` longer than the attribution window of {window_s // DAY_S or 1}d: TikTok "
            "counts no purchase for an older click. Shorten it, or set `attribution_window` to the one set at TikTok",
        )


def profile_of(
    fields: Sequence[str],
    time_to_live_s: Mapping[str, int] | None = None,
    attribution_window_s: int = ATTRIBUTION_WINDOW_S,
) -> Profile:
    """Return the profile with the time to live of each field."""
    defaults = {name: field.time_to_live_s for name, field in PROFILE_FIELDS.items()}
    defaults[CLICK_ID] = attribution_window_s
    chosen = {**defaults, **(time_to_live_s or {})}
    return Profile({name: chosen[name] for name in PROFILE_FIELDS if name in fields})


PROFILE: Final[Record[Profile]] = Record(
    make=profile_of,
    what="`profile`",
    example="{fields: [ttclid, ttp, email]}",
    rows={
        "fields": KeyRow(
            listing(_FIELD, "[ttclid, ttp, email]", least=1),
            "What is remembered of each user, and sent with events that lack it.",
            required=True,
        ),
        "time_to_live": KeyRow(
            mapping(_TIME, "{email: 30d, ttp: 90d}", key=_FIELD),
            "How long a field is remembered after it was last seen, where not the default.",
            to="time_to_live_s",
            default="{}",
        ),
        "attribution_window": KeyRow(
            _at_most(LONGEST_WINDOW_S, "TikTok has no longer window"),
            "The click window set at TikTok: how long after a click its ttclid is sent.",
            to="attribution_window_s",
            default="7d",
        ),
    },
    check=_check,
)
