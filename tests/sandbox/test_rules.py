"""Every rule refuses a wrong value with TikTok's message and accepts the nearest valid value."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from sandbox.client import SandboxClient, running_sandbox
from sandbox.field_rule import FieldRule
from sandbox.rules import LEGACY, TRACK

HASH = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
HASH_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABSENT = object()


class Pair(NamedTuple):
    """A wrong value, the nearest valid value, and TikTok's message for the first."""

    refused: Any
    taken: Any
    complaint: str
    code: int = 40002


_HASHED = (
    Pair("alice_abc@gmail.com", HASH, "must be hashed with SHA-256", 40062),
    Pair(HASH.upper(), HASH, "must be hashed with SHA-256", 40062),
    Pair(HASH[:-1], HASH, "must be hashed with SHA-256", 40062),
    Pair(HASH_OF_NOTHING, HASH, "must not be the hash of an empty string"),
    Pair(7, HASH, "not a valid string"),
)
PAIRS: dict[str, tuple[Pair, ...]] = {
    "string": (Pair(1077218, "1077218", "not a valid string"), Pair(None, "", "not a valid string")),
    "filled": (
        Pair(1077218, "1077218", "not a valid string"),
        Pair("", "1", "shorter than minimum length 1"),
        Pair(ABSENT, "1", "missing data for required field"),
    ),
    "number": (
        Pair("25", 25, "not a valid number"),
        Pair(True, 0, "not a valid number"),
        Pair(None, 2.5, "not a valid number"),
    ),
    "boolean": (Pair("false", False, "not a valid boolean"), Pair(0, True, "not a valid boolean")),
    "seconds": (
        Pair(1704721970000, 1704721970, "must be a Unix timestamp in seconds"),
        Pair("2024-01-08T13:52:50Z", 1704721970, "not a valid integer"),
        Pair("1704721970", 1704721970, "not a valid integer"),
        Pair(ABSENT, 1704721970, "missing data for required field"),
    ),
    "iso_8601": (
        Pair(1704721970, "2024-01-08T13:52:50Z", "not a valid string"),
        Pair("2024-01-08 13:52:50", "2024-01-08T13:52:50+00:00", "not a valid datetime"),
        Pair("2024-13-08T13:52:50Z", "2024-12-08T13:52:50.5Z", "not a valid datetime"),
    ),
    "hashed": (*_HASHED, Pair([HASH], HASH, "not a valid string")),
    "hashed_ones": (
        *_HASHED,
        Pair([HASH, "alice"], [HASH, HASH], "must be hashed with SHA-256", 40062),
        Pair([], [HASH], "shorter than minimum length 1"),
    ),
    "unhashed": (Pair(HASH, "newyork", "must not be hashed"), Pair(1, "1", "not a valid string")),
    "http_url": (
        Pair("www.shop.com/x", "http://www.shop.com/x", "must start with http:// or https://"),
        Pair("ftp://shop.com", "https://shop.com", "must start with http:// or https://"),
        Pair("https://", "https://s", "must start with http:// or https://"),
        Pair(5, "https://shop.com/?a=b#c", "not a valid string"),
    ),
    "ttclid": (
        Pair("abc", "E.C.P.abc", "not a valid click id"),
        Pair("E.C.P.a b", "E.C.P.a_b", "not a valid click id"),
        Pair("E.C.P." + "x" * 995, "E.C.P." + "x" * 994, "longer than maximum length 1000"),
        Pair(5, "E.C.P.5", "not a valid string"),
    ),
    "currency": (
        Pair("usd", "USD", "not a valid currency"),
        Pair("US", "XTS", "not a valid currency"),
        Pair(840, "USD", "not a valid string"),
    ),
    "content_type": (
        Pair("hotel", "product", "must be one of product, product_group"),
        Pair(1, "product_group", "must be one of product, product_group"),
    ),
    "public_ip": (
        Pair("192.168.0.1", "192.169.0.1", "must be a public IP address"),
        Pair("100.64.0.1", "100.128.0.1", "must be a public IP address"),
        Pair("169.254.0.1", "203.0.113.9", "must be a public IP address"),
        Pair("fd00::1", "2001:db8::1", "must be a public IP address"),
        Pair("::ffff:10.0.0.1", "::ffff:13.57.97.131", "must be a public IP address"),
        Pair("13.57.97", "13.57.97.131", "not a valid IP address"),
        Pair(5, "13.57.97.131", "not a valid string"),
    ),
    "event_name": (
        Pair("", "PlaceAnOrder", "not a valid event name"),
        Pair("9Lives", "Lives9", "not a valid event name"),
        Pair("x" * 51, "x" * 50, "not a valid event name"),
        Pair(5, "Five", "not a valid string"),
        Pair(ABSENT, "Search", "missing data for required field"),
    ),
    "strings": (
        Pair([1077218], ["1077218"], "not a valid string"),
        Pair("1077218", [], "not a valid list"),
    ),
    "count": (
        Pair("3", 3, "not a valid integer"),
        Pair(2.5, 0, "not a valid integer"),
        Pair(-1, 1, "not a valid integer"),
        Pair(True, 1, "not a valid integer"),
    ),
    "year": (Pair(26, 2026, "not a valid year"), Pair("2026", 2026, "not a valid integer")),
    "range": (
        Pair([2, 1], [1, 2], "not a valid range"),
        Pair([1], [1, 1], "not a valid range"),
        Pair("1-2", [1.5, 2], "not a valid range"),
    ),
    "date": (
        Pair("26/11/2026", "20261126", "not a valid date"),
        Pair("2026-02-30", "2028-02-29", "not a valid date"),
        Pair("2026-11-26 08:30", "2026-11-26T08:30+01:00", "not a valid date"),
        Pair("2026-11-26T08:30", "2026-11-26T08:30:00Z", "not a valid date"),
        Pair(20261126, "2026-11-26", "not a valid string"),
    ),
    "locale": (
        Pair("en_US", "en-US", "not a valid language"),
        Pair("English", "zh-Hant-TW", "not a valid language"),
        Pair(1, "de", "not a valid string"),
    ),
    "device_id": (
        Pair("00000000-0000-0000-0000-000000000000", "8C61383F", "not a valid device id"),
        Pair("", "8c61383f", "not a valid device id"),
        Pair(HASH, "8c61383f", "must not be hashed"),
    ),
    "vin": (Pair("x" * 18, "x" * 17, "longer than maximum length 17"), Pair(1, "1", "not a valid string")),
    "string_or_strings": (Pair(7, "7", "not a valid string"), Pair(["a", 7], ["a"], "not a valid string")),
    **{
        name: (Pair(wrong, right, f"must be one of {words}"),)
        for name, wrong, right, words in (
            ("delivery_category", "post", "curbside", "in_store, curbside, home_delivery"),
            ("travel_class", "economy", "eco", "eco, prem, bus, first"),
            ("state_of_vehicle", "new", "New", "New, Used, CPO"),
            ("mileage_unit", "km", "KM", "MI, KM"),
            ("transmission", "manual", "Manual", "Automatic, Manual, Other"),
            ("fuel_type", "Petrol", "Gasoline", "Diesel, Electric, Flex, Gasoline, Hybrid, Other"),
            ("drivetrain", "4WD", "FOUR_WD", "AWD, FOUR_WD, FWD, RWD, TWO_WD, Other"),
            ("condition_of_vehicle", "ok", "Good", "Excellent, Good, Fair, Poor, Other"),
            (
                *("body_style", "Pickup", "SUV"),
                "Convertible, Coupe, Hatchback, Minivan, Truck, SUV, Sedan, Van, Wagon, Crossover, Other",
            ),
        )
    },
    "att_status": (
        Pair("YES", "DENIED", "must be one of AUTHORIZED, DENIED, NOT_DETERMINED, RESTRICTED, NOT_APPLICABLE"),
    ),
    "track": (
        Pair("page", "track", "must be one of track"),
        Pair(ABSENT, "track", "missing data for required field"),
    ),
    "forbidden": (Pair({}, ABSENT, "unknown field"),),
}
_PROPERTIES = {
    "properties.value": "number",
    "properties.currency": "currency",
    "properties.content_type": "content_type",
    "properties.content_ids": "strings",
    "properties.num_items": "count",
    "properties.predicted_ltv": "number",
    "properties.user_score": "number",
    "properties.mileage.value": "number",
    "properties.mileage.unit": "mileage_unit",
    "properties.year": "year",
    "properties.preferred_price_range": "range",
    "properties.vin": "vin",
    **{
        f"properties.{name}": name
        for name in (
            *("delivery_category", "travel_class", "state_of_vehicle", "transmission", "body_style", "fuel_type"),
            *("drivetrain", "condition_of_vehicle"),
        )
    },
    **{
        f"properties.{name}": kind
        for kind, names in (
            ("string", "city region country origin_airport destination_airport postal_code make model exterior_color"),
            ("string", "trim interior_color viewcontent_type search_type registration_type"),
            ("date", "checkin_date checkout_date departing_departure_date returning_departure_date"),
            ("date", "departing_arrival_date returning_arrival_date travel_start travel_end"),
            ("count", "num_adults num_children num_infants preferred_num_stops"),
            ("string_or_strings", "suggested_hotels destination_ids suggested_destinations"),
        )
        for name in names.split()
    },
    **dict.fromkeys(
        (
            *("properties.query", "properties.search_string", "properties.description"),
            *("properties.order_id", "properties.shop_id", "properties.status"),
            *("properties.contents[].content_id", "properties.contents[].content_name"),
            *("properties.contents[].content_category", "properties.contents[].brand"),
        ),
        "string",
    ),
    "properties.contents[].content_type": "content_type",
    "properties.contents[].price": "number",
    "properties.contents[].quantity": "number",
}
TRACK_EVENT = {
    "event": "event_name",
    "event_time": "seconds",
    "event_id": "string",
    **dict.fromkeys(("user.email", "user.phone", "user.external_id"), "hashed_ones"),
    **dict.fromkeys(("user.first_name", "user.last_name", "user.zip_code", "user.gaid", "user.idfa"), "hashed"),
    **dict.fromkeys(("user.city", "user.state", "user.country", "user.ttp"), "unhashed"),
    "user.ttclid": "ttclid",
    "user.ip": "public_ip",
    "user.user_agent": "string",
    "user.locale": "locale",
    "user.idfv": "device_id",
    "user.att_status": "att_status",
    "page.url": "http_url",
    "page.referrer": "string",
    **dict.fromkeys(("app.app_id", "app.app_name", "app.app_version"), "string"),
    "ad.callback": "ttclid",
    **dict.fromkeys(("ad.campaign_id", "ad.ad_id", "ad.creative_id"), "string"),
    **dict.fromkeys(("ad.attribution_type", "ad.attribution_provider"), "string"),
    **dict.fromkeys(("ad.is_retargeting", "ad.attributed", "limited_data_use"), "boolean"),
    **_PROPERTIES,
    **dict.fromkeys(
        ("context", "timestamp", "pixel_code", "event_source", "event_source_id", "test_event_code"), "forbidden"
    ),
}
LEGACY_EVENT = {
    "type": "track",
    "event": "event_name",
    "event_id": "string",
    "timestamp": "iso_8601",
    "context.page.url": "http_url",
    "context.page.referrer": "string",
    "context.ad.callback": "ttclid",
    **dict.fromkeys(("context.user.email", "context.user.phone_number", "context.user.external_id"), "hashed"),
    "context.user.ttp": "unhashed",
    "context.ip": "public_ip",
    "context.user_agent": "string",
    **_PROPERTIES,
    **dict.fromkeys(
        ("user", "page", "event_time", "pixel_code", "event_source", "event_source_id", "test_event_code"),
        "forbidden",
    ),
}
# Rows that hold for some event sources only have tests of their own below.
SPECIAL = {"lead.lead_id", "lead.lead_event_source"}

WEB_EVENT = {"event": "Purchase", "event_time": 1704721970, "page": {"url": "https://demo.mywebsite.com/purchase"}}
OLD_EVENT = {"type": "track", "event": "Purchase", "context": {"page": {"url": "https://demo.mywebsite.com/purchase"}}}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    with running_sandbox() as client:
        yield client


@pytest.fixture(scope="module")
def http(sandbox: SandboxClient) -> Iterator[httpx.Client]:
    headers = {"Access-Token": "token"}
    with httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False) as client:
        yield client


def track(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return an event/track request from a web pixel."""
    body = {"event_source": "web", "event_source_id": "CUSG5HBC77UD11VVRQEG", "data": list(events), **fields}
    return {name: value for name, value in body.items() if value is not ABSENT}


def legacy(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return a pixel/batch request."""
    body = {"pixel_code": "CUSG5HBC77UD11VVRQEG", "batch": list(events), **fields}
    return {name: value for name, value in body.items() if value is not ABSENT}


def post(http: httpx.Client, path: str, body: Any) -> tuple[int, str]:
    """Return the code and the message; the status is always 200, as at TikTok."""
    answer = http.post(path, json=body)
    assert answer.status_code == 200
    code_and_message = answer.json()
    assert sorted(code_and_message) == ["code", "data", "message", "request_id"]
    return code_and_message["code"], code_and_message["message"]


def changed(event: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return `event` with the value at `path`; `contents[]` means its first item."""
    result = copy.deepcopy(event)
    place: Any = result
    *above, last = path.split(".")
    for name in above:
        place = place.setdefault(name.removesuffix("[]"), [{}] if name.endswith("[]") else {})
        place = place[0] if isinstance(place, list) else place
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return result


def cases(table: dict[str, str]) -> list[Any]:
    return [
        pytest.param(path, pair, id=f"{path}-{kind}-{number}")
        for path, kind in table.items()
        for number, pair in enumerate(PAIRS[kind])
    ]


def paths(rows: tuple[FieldRule, ...]) -> set[str]:
    return {row.path for row in rows} - SPECIAL


def test_the_tables_here_name_every_rule_and_no_other() -> None:
    """A rule that is added, renamed or removed changes a table here too."""
    assert paths(TRACK.event) == set(TRACK_EVENT)
    assert paths(LEGACY.event) == set(LEGACY_EVENT)


@pytest.mark.parametrize(("path", "pair"), cases(TRACK_EVENT))
def test_event_track_refuses_the_wrong_value_and_accepts_the_right_one(
    http: httpx.Client, path: str, pair: Pair
) -> None:
    """event/track names the path and not the event."""
    code_and_message = post(http, TRACK.path, track(WEB_EVENT, changed(WEB_EVENT, path, pair.refused)))
    assert code_and_message == (pair.code, f"Invalid value for {path.replace('[]', '.0')}: {pair.complaint}.")
    assert post(http, TRACK.path, track(WEB_EVENT, changed(WEB_EVENT, path, pair.taken))) == (0, "OK")


@pytest.mark.parametrize(("path", "pair"), cases(LEGACY_EVENT))
def test_pixel_batch_refuses_the_wrong_value_and_accepts_the_right_one(
    http: httpx.Client, path: str, pair: Pair
) -> None:
    """pixel/batch says which event it was, from 0."""
    complaint = pair.complaint[0].upper() + pair.complaint[1:]
    code_and_message = post(http, LEGACY.path, legacy(OLD_EVENT, changed(OLD_EVENT, path, pair.refused)))
    assert code_and_message == (pair.code, f"Batch.1.{path.replace('[]', '.0')}: {complaint}")
    assert post(http, LEGACY.path, legacy(OLD_EVENT, changed(OLD_EVENT, path, pair.taken))) == (0, "OK")
