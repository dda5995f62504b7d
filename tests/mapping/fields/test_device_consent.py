"""Answers of the device and the user about tracking and about selling their data (E10, X1, X3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

IDFA = "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"
TRACK = ("web", "app", "offline")
YES = [True, "true", "TRUE", " True ", "yes", "Yes", 1, 1.0, "1"]
NO = [None, False, "", " ", "false", "no", 0, "0", 0.0]
UNREADABLE = ["perhaps", 2, -1, [], {}, [True], {"a": 1}]
SETTINGS = [{}, {"att_withholds_idfa": True}]


def device(limit, **more):
    return {
        "device_info": {
            "ios_advertising_id": IDFA,
            "android_advertising_id": IDFA,
            "limit_ad_tracking": limit,
            **more,
        }
    }


@pytest.mark.parametrize("route", TRACK)
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("limit", [*YES, *UNREADABLE], ids=repr)
def test_a_device_that_limits_ad_tracking_sends_no_advertising_id(bench, at, limit, settings, route):
    """E10, X3: neither id, with a note each; an unknown answer counts as limiting."""
    mapped = bench.mapped(bench.plan(route, **settings), **device(limit), application_info={"package": "com.shop"})
    assert b"gaid" not in mapped.body
    assert b"idfa" not in mapped.body
    fields = {note.field for note in mapped.notes if "limit_ad_tracking" in note.note}
    assert fields == {"device_info.ios_advertising_id", "device_info.android_advertising_id"}


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("limit", NO, ids=repr)
def test_a_device_that_does_not_limit_it_sends_both(bench, at, limit, settings):
    """E10."""
    body = bench.body(bench.plan("app", **settings), **device(limit))
    assert at(body, "user.gaid") == at(body, "user.idfa") is not None


def test_a_device_without_an_id_needs_no_note(bench):
    """There is nothing to omit."""
    batch = {"device_info": {"limit_ad_tracking": True, "ios_advertising_id": ""}}
    assert bench.mapped(bench.plan("web"), **batch).notes == ()


def test_refused_tracking_comes_before_what_the_device_says(bench):
    """X3: one note is enough, and it names the user's answer."""
    notes = bench.mapped(
        bench.plan("web", att_withholds_idfa=True), **device(True, att_authorization_status="denied")
    ).notes
    assert [note for note in notes if "refused tracking" in note.note]


@given(limit=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_an_advertising_id_is_sent_only_if_the_device_does_not_limit_tracking(bench, limit):
    """E10: an id is sent only where the answer clearly says that nothing is limited."""
    body = bench.body(bench.plan("web"), **device(limit))
    word = str(int(limit) if isinstance(limit, bool) else limit).strip().lower()
    plainly_no = limit is None or (not isinstance(limit, list) and word in ("", "0", "false", "no"))
    assert ("gaid" in body.get("user", {})) is plainly_no


def consents(opt_out):
    return {"consent_state": {"ccpa": {"data_sale_opt_out": opt_out}}}


@pytest.mark.parametrize("route", ["web", "app"])
@pytest.mark.parametrize("answer", YES, ids=repr)
def test_an_opt_out_counts_however_it_is_written(bench, answer, route):
    """X1: also where the answer replaces its object."""
    plan = bench.plan(route, ccpa_limited_data_use=True)
    assert bench.body(plan, **consents({"consented": answer}))["limited_data_use"] is True
    assert bench.body(plan, **consents(answer))["limited_data_use"] is True


@pytest.mark.parametrize("answer", NO, ids=repr)
def test_no_opt_out_says_nothing(bench, answer):
    """X1: no field and no note."""
    plan = bench.plan("web", ccpa_limited_data_use=True)
    for state in (consents({"consented": answer}), consents(answer), {"consent_state": {"ccpa": []}}):
        mapped = bench.mapped(plan, **state)
        assert b"limited_data_use" not in mapped.body
        assert mapped.notes == ()


@pytest.mark.parametrize(
    "state",
    [
        *({"ccpa": {"data_sale_opt_out": {"consented": answer}}} for answer in ("perhaps", 2, [True], {"a": 1})),
        *({"ccpa": {"data_sale_opt_out": answer}} for answer in ("perhaps", [1], 5)),
        *({"ccpa": answer} for answer in (True, "yes", [1], 5)),
        *(True, "opted out", [1], 5),
    ],
    ids=repr,
)
def test_an_opt_out_that_cannot_be_read_is_noted(bench, state):
    """X1: a note; the event is sent without the field."""
    mapped = bench.mapped(bench.plan("web", ccpa_limited_data_use=True), consent_state=state)
    assert [note.field for note in mapped.notes] == ["consent_state.ccpa.data_sale_opt_out.consented"]
    assert b"limited_data_use" not in mapped.body
