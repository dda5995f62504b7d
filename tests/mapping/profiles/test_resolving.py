"""What of stored profiles may fill a batch: nothing after a no, and nothing beyond its time to live."""

import pytest

from config.model import Profile
from mapping.profiles.values import StoredProfile

DAY_S = 86_400
RECEIVED_S = 1_795_000_000
FIELDS = Profile({"email": 90 * DAY_S, "ttclid": 7 * DAY_S, "ip": 30 * DAY_S})
EMAIL = {"email": ("hash", RECEIVED_S - 5)}


def filled(bench, *profiles, **settings):
    reader = bench.plan("web", profile=FIELDS, **settings).profiles
    return dict(reader.resolve(profiles, RECEIVED_S * 1000).values)


@pytest.mark.parametrize(
    "no", [StoredProfile({}, (True, RECEIVED_S)), StoredProfile({}, None, {"ads": (False, RECEIVED_S)})]
)
def test_a_no_under_one_name_forbids_the_values_under_another(bench, no):
    """Values may be stored under a name that did not come with the no."""
    agreed = StoredProfile(EMAIL, (False, RECEIVED_S - 9), {"ads": (True, RECEIVED_S - 9)})
    for profiles in ([no, agreed], [agreed, no]):
        assert filled(bench, *profiles, gdpr_purpose="ads") == {}
    assert filled(bench, agreed, gdpr_purpose="ads") == {"email": "hash"}


@pytest.mark.parametrize(
    ("name", "field", "days"),
    [("email", "email", 90), ("ttclid", "ttclid", 7), ("ip:web", "ip", 30), ("ip:ios", "ip", 30)],
)
def test_a_value_fills_for_its_time_to_live(bench, name, field, days):
    """Of the time when the event came, however late it is sent; a connection may allow less than another one."""
    for age_s, fills in ((days * DAY_S, True), (days * DAY_S + 1, False)):
        assert (field in filled(bench, StoredProfile({name: ("x", RECEIVED_S - age_s)}))) is fills
