"""The fields of a user's profile: their paths in Events API 2.0, and how long each is remembered."""

from collections.abc import Mapping
from typing import Final, NamedTuple

DAY_S: Final = 86_400
ATTRIBUTION_WINDOW_S: Final = 7 * DAY_S
"""TikTok's default: a purchase counts for a click of the last seven days."""
LONGEST_WINDOW_S: Final = 28 * DAY_S
"""TikTok's longest attribution window for clicks."""
LONGEST_S: Final = 400 * DAY_S
"""Browsers keep no cookie longer, and profiles nothing else."""
CONSENT: Final = "consent"
CLICK_ID: Final = "ttclid"
IP: Final = "ip"


class ProfileField(NamedTuple):
    """`paths` are those of the rows that it may fill; `time_to_live_s` is the default."""

    paths: tuple[str, ...]
    time_to_live_s: int


PROFILE_FIELDS: Final[Mapping[str, ProfileField]] = {
    IP: ProfileField(("user.ip",), 30 * DAY_S),
    "user_agent": ProfileField(("user.user_agent",), 30 * DAY_S),
    CLICK_ID: ProfileField(("user.ttclid", "ad.callback"), ATTRIBUTION_WINDOW_S),
    "ttp": ProfileField(("user.ttp",), 90 * DAY_S),
    "email": ProfileField(("user.email[]",), 90 * DAY_S),
    "phone": ProfileField(("user.phone[]",), 90 * DAY_S),
    "external_id": ProfileField(("user.external_id[]",), 90 * DAY_S),
    "first_name": ProfileField(("user.first_name",), 90 * DAY_S),
    "last_name": ProfileField(("user.last_name",), 90 * DAY_S),
    "city": ProfileField(("user.city",), 90 * DAY_S),
    "state": ProfileField(("user.state",), 90 * DAY_S),
    "zip_code": ProfileField(("user.zip_code",), 90 * DAY_S),
    "country": ProfileField(("user.country",), 90 * DAY_S),
    CONSENT: ProfileField((), 365 * DAY_S),
}
"""Each field by its name in `profile:`."""
