"""TikTok's rules for `properties` as rows; those for travel and vehicles are for web events only."""

from collections.abc import Iterator

from sandbox.checks import (
    Check,
    count,
    currency,
    date,
    number,
    number_range,
    one_of,
    string,
    string_or_strings,
    strings,
    vin,
    year,
)
from sandbox.field_rule import FieldRule

_CONTENT_TYPE = one_of("product", "product_group")
_BODY_STYLES = (
    *("Convertible", "Coupe", "Hatchback", "Minivan", "Truck", "SUV", "Sedan", "Van", "Wagon", "Crossover", "Other"),
)


def _each(names: str, check: Check) -> Iterator[FieldRule]:
    return (FieldRule(f"properties.{name}", check) for name in names.split())


def _strings(names: str) -> Iterator[FieldRule]:
    return _each(names, string)


def _dates(names: str) -> Iterator[FieldRule]:
    return _each(names, date)


def _counts(names: str) -> Iterator[FieldRule]:
    return _each(names, count)


def _lists(names: str) -> Iterator[FieldRule]:
    return _each(names, string_or_strings)


PROPERTIES = (
    FieldRule("properties.value", number),
    FieldRule("properties.currency", currency),
    FieldRule("properties.content_type", _CONTENT_TYPE),
    FieldRule("properties.content_ids", strings),
    FieldRule("properties.num_items", count),
    FieldRule("properties.query", string),
    FieldRule("properties.search_string", string),
    FieldRule("properties.description", string),
    FieldRule("properties.order_id", string),
    FieldRule("properties.shop_id", string),
    FieldRule("properties.status", string),
    FieldRule("properties.contents[].content_id", string),
    FieldRule("properties.contents[].content_type", _CONTENT_TYPE),
    FieldRule("properties.contents[].content_name", string),
    FieldRule("properties.contents[].content_category", string),
    FieldRule("properties.contents[].brand", string),
    FieldRule("properties.contents[].price", number),
    FieldRule("properties.contents[].quantity", number),
    FieldRule("properties.delivery_category", one_of("in_store", "curbside", "home_delivery")),
    FieldRule("properties.predicted_ltv", number),
    *_strings("city region country origin_airport destination_airport"),
    *_dates("checkin_date checkout_date departing_departure_date returning_departure_date"),
    *_dates("departing_arrival_date returning_arrival_date travel_start travel_end"),
    *_counts("num_adults num_children num_infants preferred_num_stops"),
    *_lists("suggested_hotels destination_ids suggested_destinations"),
    FieldRule("properties.travel_class", one_of("eco", "prem", "bus", "first")),
    FieldRule("properties.user_score", number),
    *_strings("postal_code make model exterior_color trim interior_color"),
    *_strings("viewcontent_type search_type registration_type"),
    FieldRule("properties.year", year),
    FieldRule("properties.state_of_vehicle", one_of("New", "Used", "CPO")),
    FieldRule("properties.mileage.value", number),
    FieldRule("properties.mileage.unit", one_of("MI", "KM")),
    FieldRule("properties.transmission", one_of("Automatic", "Manual", "Other")),
    FieldRule("properties.body_style", one_of(*_BODY_STYLES)),
    FieldRule("properties.fuel_type", one_of("Diesel", "Electric", "Flex", "Gasoline", "Hybrid", "Other")),
    FieldRule("properties.drivetrain", one_of("AWD", "FOUR_WD", "FWD", "RWD", "TWO_WD", "Other")),
    FieldRule("properties.preferred_price_range", number_range),
    FieldRule("properties.vin", vin),
    FieldRule("properties.condition_of_vehicle", one_of("Excellent", "Good", "Fair", "Poor", "Other")),
)
