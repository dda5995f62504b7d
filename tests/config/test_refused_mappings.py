"""Custom mappings that cannot work are refused with file and line, what is allowed and the nearest name."""

from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.file import load

HEAD = """\
inputs:
  - {id: in, platform: PLATFORM, api_key: key-of-web, api_secret: secret-of-web}
connections:
  - id: shop
    inputs: [in]
    access_token: token-of-shop
    event_source_id: "71234567890123456"
    SETTING
    custom_mappings:
"""
SETTINGS = {
    "web": "enable_web_migration: true",
    "feed": "event_source_type: feed",
    "crm": "event_source_type: crm",
    "ios": "enabled: true",
}
FIRST = HEAD.count("\n") + 1
PURCHASE = "match: {action: purchase}"


def of(*lines: str) -> tuple[str, ...]:
    """Return one mapping, a key a line."""
    return ("- " + lines[0], *(f"  {line}" for line in lines[1:]))


def value(text: str, target: str = "CompletePayment", name: str = "value") -> tuple[str, ...]:
    """Return a mapping with this parameter on its third line."""
    return of(f"tiktok_event: {target}", PURCHASE, f"parameters: {{{name}: {{{text}}}}}")


def transform(steps: str, source: str = "attribute: a", name: str = "description") -> tuple[str, ...]:
    return value(f"{source}, transform: {steps}", name=name)


CASES = {
    "two kinds of name": (of("tiktok_event: Search", "custom_event: Quiz", PURCHASE), 2,
        "has the event names tiktok_event and custom_event: it needs exactly one of tiktok_event, custom_event"),
    "no name": (of(PURCHASE), 1, "has no event name"),
    "a name misspelt": (of("tiktok_evnt: Search", PURCHASE), 1, "Did you mean `tiktok_event`?"),
    "a standard name misspelt": (of("tiktok_event: Serch", PURCHASE), 1, "Did you mean `Search`?"),
    "a custom name that is standard": (of("custom_event: purchase", PURCHASE), 1, "write `tiktok_event: Purchase`"),
    "a custom name that TikTok reads as a standard one": (of("custom_event: StartCheckout", PURCHASE), 1,
        "which TikTok reads as InitiateCheckout: give it another name"),
    "a custom name with a space": (of("custom_event: Quiz done", PURCHASE), 1, "1 to 50 of a-z, A-Z, 0-9, `_` and `-`"),
    "a custom name of 51 characters": (of(f"custom_event: {'a' * 51}", PURCHASE), 1, "1 to 50 of a-z"),
    "two kinds of match": (of("tiktok_event: Search", PURCHASE, "default_for: screen_view"), 3,
        "exactly one of match, default_for"),
    "a default for commerce": (of("tiktok_event: Search", "default_for: commerce_event"), 2,
        "Allowed are custom_event, screen_view"),
    "an unknown thing to send for each": (of("tiktok_event: Search", PURCHASE, "for_each: produkt"), 3,
        "Did you mean `product`? Allowed are product, promotion"),
    "M3 a parameter beyond the page": (value("static: 1", "Contact"), 3,
        "allowed are description; `extra_parameters: true` adds all others"),
    "M3 an unknown parameter": (value("static: 1", "Lead", "valeu"), 3, "Did you mean `value`?"),
    "extra parameters of an event with all": (of("tiktok_event: Lead", PURCHASE, "extra_parameters: true"), 3,
        "Lead carries every parameter without it"),
    "an unknown promotion field": (value("promotion: title"), 3, "allowed are id, name, creative, position"),
    "a misspelt source": (value("product_atribute: size"), 3, "Did you mean `product_attribute`?"),
    "a transform beside a constant": (value("static: 1, transform: {round: 2}"), 3, "`transform` is never used beside"),
    "an unknown transform": (transform("[trim, uper]"), 3, "`uper` is no transform: allowed are lower, trim, first"),
    "a misspelt transform": (transform("[spilt]"), 3, "Did you mean `split`?"),
    "a transform without its value": (transform("round", name="value"), 3, "`round` needs a value, such as {round: 2}"),
    "a transform with a value too many": (transform("{lower: true}"), 3, "`lower` takes no value"),
    "two transforms in one step": (transform("[{round: 2, multiply: 1}]"), 3, "one word, or one key with its value"),
    "a factor that is none": (transform("{multiply: half}", name="value"), 3, "allowed is a number such as 0.01"),
    "too many digits": (transform("{round: 12}", name="value"), 3, "allowed is a whole number from 0 to 9"),
    "an empty separator": (transform("{join: ''}"), 3, "1 to 16 characters in quotes"),
    "an empty list of steps": (transform("[]"), 3, "`transform` is empty"),
    "lower case of a number": (transform("[{multiply: 2}, lower]", name="content_id"), 3,
        "`lower` cannot follow `multiply`"),
    "a sum of joined text": (transform("[{split: ','}, {join: ' '}, {round: 1}]", name="content_id"), 3,
        "`round` cannot follow `join`"),
    "the first of one value": (transform("first", "field: currency_code"), 3, "`first` needs a list"),
    "the first of the first": (transform("[first, first]"), 3, "`first` needs a list"),
    "a list that stays": (transform("{split: ','}"), 3, "put `first` or `join` after it"),
    "text for a number": (transform("lower", name="value"), 3, "`lower` gives a text, and `value` is a number"),
    "a number for a currency": (transform("{round: 0}", name="currency"), 3, "`currency` is three letters"),
    "every product for the whole event": (value("product_attribute: size", name="description"), 3,
        "transform the list with `first` or `join`, or send an event of each with `for_each: product`"),
    "no conditions": (of("tiktok_event: Contact", "match: {only_if: []}"), 2, "`only_if` is empty"),
    "a condition without operator": (of("tiktok_event: Contact", "match: {only_if: [{attribute: a}]}"), 2,
        "the condition has no operator"),
    "an unknown subject": (of("tiktok_event: Contact", "match: {never_if: [{atribute: a, is: b}]}"), 2,
        "Did you mean `attribute`?"),
    "a product of a screen view": (
        of("tiktok_event: Contact", "match: {event_type: screen_view, only_if: [{product: id, is: a}]}"), 2,
        "a condition on a product never fits a screen_view"),
    "a promotion of a custom event": (
        of("tiktok_event: Contact", "match: {event_type: custom_event, never_if: [{promotion: id, is: a}]}"), 2,
        "a condition on a promotion never fits a custom_event"),
    "no choice of products": (of("tiktok_event: Contact", PURCHASE, "products: {}"), 3, "`products` is empty"),
    "products chosen by the event": (
        of("tiktok_event: Contact", PURCHASE, "products: {only_if: [{attribute: a, is: b}]}"), 3,
        "`attribute` is the same for every product: allowed are product and product_attribute"),
    "products of a custom event": (
        of("tiktok_event: Contact", "default_for: custom_event", "products: {take: last}"), 3,
        "`products` never fits a custom_event: only commerce events have products"),
    "each product of a screen": (
        of("tiktok_event: Contact", "match: {event_type: screen_view}", "for_each: product"), 3,
        "`for_each` never fits a screen_view"),
    "promotions of a purchase": (of("tiktok_event: Contact", PURCHASE, "promotions: {take: last}"), 3,
        "promotions never fit `action: purchase`: an event with a product action has none"),
    "each promotion of a purchase": (of("tiktok_event: Contact", PURCHASE, "for_each: promotion"), 3,
        "promotions never fit `action: purchase`"),
    "contents of promotions of a purchase": (value("promotion: id", "ViewContent", "content_id"), 3,
        "promotions never fit `action: purchase`"),
    "promotions and products": (
        of("tiktok_event: Contact", "match: {name: x}", "products: {take: last}", "for_each: promotion"), 4,
        "`for_each` and `products` never fit together: an event has products or promotions, never both"),
    "contents of products and promotions": (
        of("tiktok_event: ViewContent", "match: {event_type: commerce_event}",
           "parameters: {content_id: {promotion: id}, content_name: {product: name}}"), 3, "never both"),
    "promotions chosen by a product": (
        of("tiktok_event: Contact", "match: {event_type: commerce_event}",
           "promotions: {only_if: [{product: id, is: a}]}"), 3,
        "`product` is the same for every promotion: allowed are promotion"),
    "an unknown one to take": (of("tiktok_event: Contact", PURCHASE, "products: {take: lst}"), 3,
        "Did you mean `last`? Allowed are first, last"),
    "an identity itself": (value("identity: email", name="description"), 3, "Did you mean `identity_present`?"),
    "an unknown identity": (value("identity_present: emial", name="description"), 3, "Did you mean `email`?"),
    "truth for a number": (value("identity_present: email"), 3, "`value` is never true or false"),
}  # fmt: skip


def problems_of(tmp_path: Path, *mappings: tuple[str, ...], platform: str = "web") -> list[str]:
    """Return the sentences that a file with these mappings is refused with; none where it is accepted."""
    path = tmp_path / "relay.yaml"
    head = HEAD.replace("PLATFORM", platform.replace("crm", "feed")).replace("SETTING", SETTINGS[platform])
    path.write_text(head + "".join(f"      {line}\n" for mapping in mappings for line in mapping), encoding="utf-8")
    try:
        load(path, {})
    except ConfigurationError as refused:
        return [str(problem).removeprefix(f"{path}:") for problem in refused.problems]
    return []


@pytest.mark.parametrize(("mapping", "line", "words"), CASES.values(), ids=CASES.keys())
def test_a_mapping_that_cannot_work_is_refused(mapping: tuple[str, ...], line: int, words: str, tmp_path: Path) -> None:
    """M1–M3: one sentence with its line and what is allowed."""
    (problem,) = problems_of(tmp_path, mapping)
    assert problem.startswith(f"{FIRST - 1 + line}: "), problem
    assert words in problem


GOOD = [
    of("custom_event: Quiz_Done-2", "default_for: custom_event", "parameters: {query: {static: a}}"),
    of("tiktok_event: Contact", PURCHASE, "extra_parameters: true", "parameters: {value: {field: total_amount}}"),
    of("tiktok_event: Lead", "match: {event_type: screen_view}", "parameters: {value: {field: checkout_step}}"),
    of("tiktok_event: ViewContent", PURCHASE, "for_each: product",
       "parameters: {value: {product: price}, description: {product_attribute: size}}"),
    of("tiktok_event: Lead", "match: {only_if: [{user_attribute: plan, is: a}], never_if: [{promotion: id, is: x}]}",
       "products: {only_if: [{product_attribute: size, exists: true}], never_if: [{product: price, less: 1}]}"),
    of("tiktok_event: Lead", "match: {name: eCommerce - PromotionView}", "for_each: promotion",
       "promotions: {never_if: [{promotion: id, is: x}]}", "parameters: {content_id: {promotion: id}}"),
    of("tiktok_event: Lead", PURCHASE, "products: {take: first}", "parameters: {value: {product: price}}"),
    value("identity_present: customer_id", name="description"),
    transform("[{split: ', '}, trim, {join: ' '}, lower]"),
    transform("[{join: ' | '}]", "product: name"),
    transform("[first, {multiply: -0.01}, {round: 2}]", "promotion: position", "value"),
    transform("trim", name="value"),
    value("attribute: a, transform: {split: '|'}", "Lead", "destination_ids"),
    value("product: id", "Lead", "destination_ids"),
]  # fmt: skip


@pytest.mark.parametrize("mapping", GOOD, ids=str)
def test_a_mapping_that_can_work_is_accepted(mapping: tuple[str, ...], tmp_path: Path) -> None:
    assert problems_of(tmp_path, mapping) == []


@pytest.mark.parametrize(("platform", "kind"), [("feed", "Offline Event Set"), ("crm", "CRM Event Set")])
def test_custom_events_are_not_for_event_sets(tmp_path: Path, platform: str, kind: str) -> None:
    """TikTok takes standard events there; apps may have custom ones."""
    quiz = of("custom_event: Quiz", PURCHASE)
    (problem,) = problems_of(tmp_path, quiz, platform=platform)
    assert f"`custom_event` does not fit: {kind}s take standard events only" in problem
    assert problems_of(tmp_path, quiz, platform="ios") == []


def test_a_connection_has_at_most_fifty_custom_names(tmp_path: Path) -> None:
    """A name that stands twice counts once."""
    mappings = [of(f"custom_event: Quiz{number % 50}", PURCHASE) for number in range(60)]
    assert problems_of(tmp_path, *mappings) == []
    (problem,) = problems_of(tmp_path, *mappings, of("custom_event: One_More", PURCHASE))
    assert problem.startswith(f"{FIRST + 120}: `One_More` is one custom event too many: allowed are 50")


ROUTES = [
    ("web", "shop_id", None),
    ("web", "vin", None),
    ("ios", "vin", "`vin` goes out with web events only, and this connection sends app events"),
    ("feed", "travel_class", "`travel_class` goes out with web events only, and this connection sends offline events"),
    ("feed", "shop_id", None),
]


@pytest.mark.parametrize(("platform", "name", "words"), ROUTES)
def test_a_parameter_that_no_event_of_the_connection_has_is_refused(
    platform: str, name: str, words: str | None, tmp_path: Path
) -> None:
    """M3, by route."""
    found = problems_of(tmp_path, value("attribute: a", "Lead", name), platform=platform)
    assert [problem.split(": ", 1)[1] for problem in found] == [words] * (words is not None)
