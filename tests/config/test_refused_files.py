"""Every error in a configuration file gets one sentence: file, line, what is wrong, what is allowed."""

from pathlib import Path
from typing import NamedTuple

import pytest

from config.errors import ConfigurationError
from config.file import load
from config.secrets import Keyring

# Lines 1–5 are the input, 6 on the connection; `{…}` are the places where a case puts its mistake.
INPUT = """\
inputs:
  - id: web
    platform: web
    api_key: key-of-web
    api_secret: secret-of-web
"""
CONNECTION = """\
connections:
  - id: shop
    inputs: [web]
    access_token: token-of-shop
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""
GOOD = INPUT + CONNECTION


class Case(NamedTuple):
    """A file, the line of its one error, and words that the sentence must have."""

    text: str
    line: int | None
    words: tuple[str, ...]


def swapped(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def with_setting(*lines: str) -> str:
    """Return the valid file with more settings on its connection, from line 12 on."""
    return GOOD + "".join(f"    {line}\n" for line in lines)


def mapping(*lines: str) -> str:
    """Return the valid file with one custom mapping, whose first line is line 13."""
    first, *others = lines
    return GOOD + f"    custom_mappings:\n      - {first}\n" + "".join(f"        {line}\n" for line in others)


PURCHASE = "match: {event_type: commerce_event, action: purchase}"


def parameter(text: str, target: str = "CompletePayment") -> str:
    """Return the valid file with one parameter, on line 16."""
    return mapping(f"tiktok_event: {target}", PURCHASE, "parameters:", f"  {text}")


CASES = {
    "nothing at all": Case("", 1, ("must have inputs and connections", "platform: web", "event_source_id")),
    "only comments": Case("# later\n", 1, ("must have inputs and connections",)),
    "an empty mapping": Case("{}\n", 1, ("must have inputs and connections",)),
    "a list": Case("- id: web\n", 1, ("must have inputs and connections",)),
    "broken YAML": Case(GOOD + "  }\n", 12, ("is not valid YAML",)),
    "a tab": Case(INPUT + "\tconnections: []\n", 6, ("is not valid YAML", "'\\t'")),
    "a control character": Case(INPUT + "# \x07\n", 6, ("character that YAML does not allow",)),
    "two documents": Case(GOOD + "---\na: b\n", 12, ("second document", "---")),
    "an anchor": Case(swapped("id: shop", "id: &x shop"), 7, ("anchor (&name)", "write the value out")),
    "an alias": Case(swapped("id: shop", "id: *x"), 7, ("alias (*name)", "write the value out")),
    "a tag": Case(swapped("id: shop", "id: !!str shop"), 7, ("tag (!name)", "plain value")),
    "a repeated key": Case(
        with_setting("enable_web_migration: false"), 12, ("repeats `enable_web_migration`", "line 11")
    ),
    "a repeated word, in capitals": Case(
        with_setting("native_events:", "  view_detail: off", "  View_Detail: ViewContent"),
        14,
        ("`native_events` repeats `View_Detail`, already on line 13 as `view_detail`",),
    ),
    "half of a character": Case(with_setting(r'default_region: "\ud83d"'), 12, ("half of a character", "escape")),
    "half of a character in a key": Case(with_setting(r'"\ud83d": x'), 12, ("half of a character",)),
    "a key that is a list": Case(with_setting("[a, b]: c"), 12, ("a key that is not plain text",)),
    "a merge key": Case(with_setting("<<: {enabled: true}"), 12, ("`<<` is no setting of a connection",)),
    "too deep": Case("a: " + "[" * 40, 1, ("16 levels",)),
    "an unknown section": Case("input: []\n" + GOOD, 1, ("`input` is no section", "Did you mean `inputs`?")),
    "no inputs": Case(CONNECTION, 1, ("has no `inputs`",)),
    "no connections": Case(INPUT, 1, ("has no `connections`", "at least one")),
    "an empty list of inputs": Case("inputs: []\n" + CONNECTION, 1, ("`inputs` is empty",)),
    "an empty list of connections": Case(INPUT + "connections: []\n", 6, ("`connections` is empty", "at least one")),
    "connections as a mapping": Case(INPUT + "connections: {id: x}\n", 6, ("must be a list", "- id: …")),
    "a connection that is text": Case(INPUT + "connections:\n  - shop\n", 7, ("a connection must be a mapping",)),
    "an unknown setting": Case(
        with_setting("envirnments: [production]"),
        12,
        ("`envirnments` is no setting of a connection", "Did you mean `environments`? Allowed are id, inputs"),
    ),
    "an unknown input setting": Case(
        swapped("platform: web", "platform: web\n    plattform: web"), 4, ("no setting of an input", "`platform`?")
    ),
    "E12 a bundle id for a store id": Case(
        with_setting("app_id: {ios: com.shop}"), 12, ("`ios` must be the App Store id", "not the bundle id")
    ),
    "E12 another system": Case(
        with_setting('app_id: {iso: "1"}'),
        12,
        ("`iso` is no setting of `app_id`", "Did you mean `ios`? Allowed are ios, android"),
    ),
    "E12 one id for all": Case(with_setting("app_id: com.shop"), 12, ("`app_id` must be a mapping", "{ios:")),
    "no platform": Case(swapped("    platform: web\n", ""), 2, ("an input has no `platform`",)),
    "C1 no token": Case(swapped("    access_token: token-of-shop\n", ""), 7, ("a connection has no `access_token`",)),
    "C3 no event source id": Case(
        swapped("    event_source_id: CUSG5HBC77UD11VVRQEG\n", ""), 7, ("a connection has no `event_source_id`",)
    ),
    "an empty id": Case(swapped("id: shop", "id:"), 7, ("`id` is empty", "give it a value")),
    "a null id": Case(swapped("id: shop", "id: ~"), 7, ("`id` is empty",)),
    "an id with capitals": Case(swapped("id: shop", "id: Shop"), 7, ("lower-case letters, digits and hyphens",)),
    "an id with a colon": Case(swapped("id: shop", "id: 'shop:1'"), 7, ("lower-case letters, digits and hyphens",)),
    "an id that is a list": Case(swapped("id: shop", "id: [shop]"), 7, ("`id` must be one value, not a list",)),
    "an id that is a mapping": Case(swapped("id: shop", "id: {a: b}"), 7, ("not a mapping",)),
    "an unknown platform": Case(
        swapped("platform: web", "platform: andriod"), 3, ("`andriod`", "web, ios, android, feed", "`android`?")
    ),
    "an input that is not there": Case(
        swapped("[web]", "[wep]"), 8, ("`inputs` is `wep`. Did you mean `web`? Allowed are web",)
    ),
    "an input named twice": Case(swapped("[web]", "[web, web]"), 8, ("names an input twice",)),
    "inputs as text": Case(swapped("[web]", "web"), 8, ("`inputs` must be a list", "[web]")),
    "no input of a connection": Case(swapped("[web]", "[]"), 8, ("`inputs` is empty", "at least one")),
    "two inputs with one id": Case(
        GOOD.replace("connections:", INPUT.removeprefix("inputs:\n").replace("key-of", "k") + "connections:"),
        6,
        ("the id `web` is another input's too",),
    ),
    "two inputs with one key": Case(
        GOOD.replace("connections:", INPUT.removeprefix("inputs:\n").replace("id: web", "id: b") + "connections:"),
        8,
        ("`api_key` is another input's too",),
    ),
    "two connections with one id": Case(
        GOOD + CONNECTION.removeprefix("connections:\n"), 12, ("the id `shop` is another connection's too",)
    ),
    "inputs of different kinds": Case(
        GOOD.replace("connections:", "  - {id: app, platform: ios, api_key: k, api_secret: s}\nconnections:").replace(
            "[web]", "[web, app]"
        ),
        9,
        ("web: Pixel ID", "app: App ID", "a connection for each kind"),
    ),
    "an api key with a colon": Case(swapped("key-of-web", "key:of"), 4, ("`api_key` must have no colon",)),
    "a secret with a space": Case(swapped("secret-of-web", "hidden hidden"), 5, ("`api_secret` must be printable",)),
    "a token with Bearer": Case(swapped("token-of-shop", "Bearer hidden"), 9, ("begins with `Bearer`", "alone")),
    "a token of spaces": Case(swapped("token-of-shop", "'  '"), 9, ("`access_token` is empty",)),
    "a token with a space": Case(swapped("token-of-shop", "'hidden hidden'"), 9, ("without spaces",)),
    "a token that is not ASCII": Case(swapped("token-of-shop", "hiddén"), 9, ("printable ASCII",)),
    "an unset variable": Case(
        swapped("token-of-shop", "${NOT_SET}"), 9, ("variable NOT_SET is not set; set it or add it to .env", "restart")
    ),
    "an empty variable": Case(swapped("token-of-shop", "${EMPTY}"), 9, ("variable EMPTY is not set",)),
    "a variable with a default": Case(swapped("token-of-shop", "${X:-hidden}"), 9, ("must be the whole value",)),
    "a variable within text": Case(swapped("token-of-shop", "hidden${EMPTY}"), 9, ("must be the whole value",)),
    "a variable elsewhere": Case(
        swapped("CUSG5HBC77UD11VVRQEG", "${PIXEL}"), 10, ("only api_key, api_secret, access_token and url",)
    ),
    "a missing secret file": Case(swapped("token-of-shop", "file:/no/such"), 9, ("/no/such cannot be read",)),
    "a relative secret file": Case(swapped("token-of-shop", "file:token"), 9, ("absolute path",)),
    "a secret file that is a directory": Case(swapped("token-of-shop", "file:/"), 9, ("not a regular file",)),
    "a token of another key": Case(swapped("token-of-shop", "enc:hidden"), 9, ("cannot be decrypted",)),
    "an id with a space": Case(
        swapped("CUSG5HBC77UD11VVRQEG", "CUSG 5HBC"), 10, ("`event_source_id` must be a Pixel",)
    ),
    "a source type": Case(
        with_setting("event_source_type: ofline"),
        12,
        ("web, feed, app, crm, legacy_pixel_batch_web", "Did you mean `offline`?"),
    ),
    "a field that is not sent on request": Case(
        with_setting("also_send: [user.locle]"),
        12,
        ("`also_send` names `user.locle`. Did you mean `user.locale`? Allowed are ad, travel, vehicle, user.locale,",),
    ),
    "a field of the page": Case(with_setting("also_send: [user.ip]"), 12, ("`also_send` names `user.ip`",)),
    "a field with a setting of its own": Case(
        with_setting("also_send: [properties.order_id]"), 12, ("has a setting of its own: write `send_order_id: true`",)
    ),
    "a truth value": Case(swapped("true", "ture"), 11, ("`ture`: allowed are true and false",)),
    "an identity type": Case(
        with_setting("email_identity_type: emial"),
        12,
        ("`emial`. Did you mean `email`? Allowed are customer_id, email",),
    ),
    "a content type": Case(
        with_setting("content_type: products"), 12, ("Did you mean `product`? Allowed are product, product_group",)
    ),
    "no environments": Case(with_setting("environments: []"), 12, ("`environments` is empty",)),
    "environments as text": Case(with_setting("environments: production"), 12, ("must be a list", "[production]")),
    "an unknown environment": Case(with_setting("environments: [prod]"), 12, ("`prod`: allowed are production",)),
    "a region": Case(with_setting("default_region: UK"), 12, ("two letters of a country", "GB")),
    "a region by name": Case(with_setting("default_region: Germany"), 12, ("two letters of a country", "DE")),
    "what to do with a ttclid": Case(with_setting("invalid_ttclid: drop"), 12, ("dead_letter, drop_field",)),
    "too many events": Case(with_setting("max_events_per_request: 1001"), 12, ("from 1 to 1000",)),
    "no events": Case(with_setting("max_events_per_request: 0"), 12, ("from 1 to 1000",)),
    "events that are no number": Case(with_setting("max_events_per_request: 1e3"), 12, ("`1e3`", "from 1 to 1000")),
    "too many events for legacy": Case(
        swapped("enable_web_migration: true", "max_events_per_request: 51"),
        11,
        ("from 1 to 50 on a legacy connection",),
    ),
    "a native action": Case(
        with_setting("native_events: {refund: Purchase}"), 12, ("`refund`", "add_to_cart", "purchase")
    ),
    "a native target": Case(
        with_setting("native_events: {purchase: completepayment}"),
        12,
        ("`completepayment`", "Did you mean `CompletePayment`?"),
    ),
    "native events as text": Case(
        with_setting("native_events: Purchase"), 12, ("must be a mapping", "CompletePayment")
    ),
    "empty native events": Case(
        with_setting("native_events:"), 12, ("`native_events` is empty", "such as {purchase: CompletePayment,")
    ),
    "an app event on a pixel": Case(
        with_setting("native_events: {checkout: Checkout}"),
        12,
        ("`Checkout` is for app connections", "InitiateCheckout"),
    ),
    "an app event mapped on a pixel": Case(
        mapping("tiktok_event: LaunchAPP", "match: {name: x}"), 13, ("`LaunchAPP` is for app connections", "Pixel ID")
    ),
    "a test code on legacy": Case(
        swapped("enable_web_migration: true", "test_event_code: TEST12345"),
        11,
        ("`test_event_code` cannot be used on a legacy connection",),
    ),
    "a test code with a space": Case(with_setting("test_event_code: TEST 1"), 12, ("a code such as TEST12345",)),
    "an empty purpose": Case(with_setting("gdpr_purpose:"), 12, ("`gdpr_purpose` is empty", "leave the line out")),
    "a purpose in a list": Case(with_setting("gdpr_purpose: [marketing]"), 12, ("must be one value, not a list",)),
    "a setting that is on or off": Case(with_setting("send_order_id: sometimes"), 12, ("allowed are true and false",)),
    "an age": Case(with_setting("max_event_age: 7 days"), 12, ("`7 days`", "7d, 36h or 90m")),
    "a retention": Case(with_setting("dead_letter_retention: 90m"), 12, ("1d or more", "forever")),
    "mappings as a mapping": Case(with_setting("custom_mappings: {a: b}"), 12, ("`custom_mappings` must be a list",)),
    "M3 an unknown target": Case(
        mapping("tiktok_event: Purchas", PURCHASE),
        13,
        ("`Purchas`. Did you mean `Purchase`? Allowed are", "Subscribe"),
    ),
    "a mapping without match": Case(
        mapping("tiktok_event: Search"), 13, ("the custom mapping has no selection", "exactly one of")
    ),
    "a mapping with params": Case(
        mapping("tiktok_event: Search", PURCHASE, "params: {}"), 15, ("`params` is no setting", "`parameters`?")
    ),
    "an empty match": Case(mapping("tiktok_event: Search", "match: {}"), 14, ("would match every event",)),
    "an unknown match key": Case(
        mapping("tiktok_event: Search", "match: {event: x}"), 14, ("`event` is no setting of a match", "event_type")
    ),
    "an unknown event type": Case(
        mapping("tiktok_event: Search", "match: {event_type: commerce}"),
        14,
        ("commerce_event, custom_event, screen_view",),
    ),
    "an unknown action": Case(
        mapping("tiktok_event: Search", "match: {action: buy}"), 14, ("`buy`: allowed are add_to_cart", "purchase")
    ),
    "an action of a screen view": Case(
        mapping("tiktok_event: Search", "match: {event_type: screen_view, action: purchase}"),
        14,
        ("`action` never holds for a screen_view",),
    ),
    "a custom event type of a screen view": Case(
        mapping("tiktok_event: Search", "match: {event_type: screen_view, custom_event_type: search}"),
        14,
        ("`custom_event_type` never holds",),
    ),
    "an unknown custom event type": Case(
        mapping("tiktok_event: Search", "match: {custom_event_type: serch}"),
        14,
        ("navigation", "Did you mean `search`?"),
    ),
    "no values of an attribute": Case(
        mapping("tiktok_event: Search", "match: {attributes: {section: []}}"), 14, ("`section` is empty",)
    ),
    "M3 a parameter the target cannot carry": Case(
        parameter("query: {attribute: term}"), 16, ("CompletePayment cannot carry `query`", "allowed are", "value")
    ),
    "M3 a parameter of Contact": Case(
        parameter("value: {static: 1}", "Contact"), 16, ("Contact cannot carry `value`: allowed are description",)
    ),
    "M3 a misspelt parameter": Case(parameter("valeu: {static: 1}"), 16, ("Did you mean `value`?",)),
    "M3 an unknown field": Case(
        parameter("value: {field: total}"), 16, ("`total`: allowed are currency_code, total_amount", "event_name")
    ),
    "M3 an unknown product field": Case(
        parameter("price: {product: cost}"), 16, ("`cost`: allowed are id, name, category, brand", "coupon_code")
    ),
    "two sources": Case(
        parameter("value: {field: total_amount, static: 1}"),
        16,
        ("has the sources field and static", "exactly one of"),
    ),
    "no source": Case(parameter("value: {required: true}"), 16, ("has no source", "exactly one of attribute")),
    "a parameter as text": Case(parameter("value: total_amount"), 16, ("must be a mapping", "{field: total_amount}")),
    "a number that is text": Case(
        parameter("content_name: {product: name, type: number}"), 16, ("`content_name` is always a text",)
    ),
    "text that is a number": Case(
        parameter("value: {field: total_amount, type: text}"), 16, ("`value` is always a number",)
    ),
    "an unknown type": Case(parameter("value: {field: total_amount, type: int}"), 16, ("allowed are text, number",)),
    "a constant of another form": Case(
        parameter("delivery_category: {static: post}").replace("CompletePayment", "Purchase"),
        16,
        ("`delivery_category` must be one of in_store, curbside, home_delivery",),
    ),
    "a constant that is no number": Case(parameter("value: {static: free}"), 16, ("`value` must be a number", "9.99")),
    "a constant of another field, too large to be sent": Case(
        parameter(f"num_items: {{static: 1{'0' * 400}}}", "ViewContent").replace(
            "        parameters:", "        extra_parameters: true\n        parameters:"
        ),
        17,
        ("`num_items` must be a whole number",),
    ),
    "a constant too large to be sent": Case(
        parameter(f"value: {{attribute: a, default: 1{'0' * 400}}}"), 16, ("`value` must be a number",)
    ),
    "a default that is no number": Case(
        parameter("price: {product: price, default: NaN}"), 16, ("`price` must be a number",)
    ),
    "a currency sign": Case(parameter("currency: {static: $}"), 16, ("`currency` must be three letters", "USD")),
    "a default beside a constant": Case(
        parameter("value: {static: 1, default: 2}"), 16, ("`default` is never used beside `static`",)
    ),
    "a product field for the whole event": Case(
        parameter("value: {product: price}"), 16, ("products give a list", "content_id", "for_each: product")
    ),
}

KEYRING = Keyring([Keyring.new_key()])


def problems_of(text: str, tmp_path: Path) -> tuple[list[str], Path]:
    path = tmp_path / "relay.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(path, {"EMPTY": ""}, KEYRING)
    assert str(refused.value) == "\n".join(map(str, refused.value.problems))
    return [str(problem) for problem in refused.value.problems], path


def test_the_unchanged_file_is_valid(tmp_path: Path) -> None:
    """The file that the cases below change is valid."""
    path = tmp_path / "relay.yaml"
    path.write_text(parameter("value: {field: total_amount, required: true}"))
    assert load(path, {}).connections["shop"].custom_mappings


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_error_is_one_sentence_with_its_place(case: Case, tmp_path: Path) -> None:
    """One error is reported once, with its line, what is wrong and what is allowed."""
    problems, path = problems_of(case.text, tmp_path)
    assert len(problems) == 1, problems
    place = f"{path}:{case.line}: " if case.line else f"{path}: "
    assert problems[0].startswith(place), problems[0]
    for words in case.words:
        assert words in problems[0]
    assert "hidden" not in problems[0]


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    """Errors in YAML, values, custom mappings and between settings stand together, in the order of lines."""
    text = (
        "inputs:\n"
        "  - {id: web, platform: wbe, api_key: &a k, api_secret: s}\n"
        "  - {id: app, platform: ios, api_key: k2, api_secret: s, api_secret: t}\n"
        "connections:\n"
        "  - {id: One, inputs: [web], access_token: t, event_source_id: P}\n"
        "  - id: two\n"
        "    inputs: [web, app, gone]\n"
        "    access_token: ${NONE}\n"
        "    event_source_id: P\n"
        "    enabled: perhaps\n"
        "    custom_mappings:\n"
        "      - tiktok_event: Search\n"
        "        match: {action: buy}\n"
        "        parameters: {query: {atribute: term}}\n"
        "  - {id: three, inputs: [web], access_token: t, event_source_id: P, max_event_age: 7x}\n"
    )
    problems, path = problems_of(text, tmp_path)
    lines = [int(problem.removeprefix(f"{path}:").split(":")[0]) for problem in problems]
    assert lines == [2, 2, 3, 5, 7, 8, 10, 13, 14, 15], "\n".join(problems)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfea: b", "is not UTF-8 text"), (b"inputs: [a, \xc3(]", "is not UTF-8 text"), (b"#" * 1_048_577, "1 MiB")],
    ids=["utf-16", "not utf-8", "too large"],
)
def test_bytes_that_are_not_text_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    """A file is UTF-8 text of at most 1 MiB."""
    path = tmp_path / "relay.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        load(path, {})


@pytest.mark.parametrize("kind", ["missing", "directory"])
def test_a_path_that_is_not_a_file_is_refused(kind: str, tmp_path: Path) -> None:
    """The sentence names the path and the reason."""
    path = tmp_path / "relay.yaml"
    if kind == "directory":
        path.mkdir()
    with pytest.raises(ConfigurationError, match=r"relay\.yaml: (does not exist|cannot be read): .+"):
        load(path, {})


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("equals", "is"), ("!=", "is_not"), ("one_of", "in"), ("includes", "contains"), ("prefix", "starts_with"),
        ("regex", "matches"), ("gt", "greater"), ("less_than", "less"),
    ],
)  # fmt: skip
def test_an_operator_of_another_program_is_answered_with_ours(written: str, ours: str, tmp_path: Path) -> None:
    """As users of mParticle, Segment and RudderStack know it."""
    path = tmp_path / "relay.yaml"
    path.write_text(with_setting(f'forward: {{never_if: [{{attribute: channel, "{written}": shop}}]}}'))
    with pytest.raises(ConfigurationError) as refused:
        load(path, {})
    assert f"`{written}` is no setting of a condition. Did you mean `{ours}`?" in str(refused.value.problems[0])


@pytest.mark.parametrize("value", ["\u201ctrue\u201d", "\u201eja\u201c", "\u2018x\u2019", "\u00abx\u00bb"])
def test_typographic_quotation_marks_are_refused(value: str, tmp_path: Path) -> None:
    """A condition with them would never hold. Who means them writes the value in plain quotes."""
    path = tmp_path / "relay.yaml"
    path.write_text(with_setting(f"forward: {{never_if: [{{user_attribute: internal, is: {value}}}]}}"), "utf-8")
    with pytest.raises(ConfigurationError, match="`is` has typographic quotation marks, which would be part of the"):
        load(path, {})
    path.write_text(with_setting(f"forward: {{never_if: [{{user_attribute: internal, is: '{value}'}}]}}"), "utf-8")
    assert load(path, {}).connections["shop"].forward.never_if[0].values == (value,)


def test_words_that_are_allowed_are_listed_once(tmp_path: Path) -> None:
    """Also where two inputs have the same id, which is another error."""
    path = tmp_path / "relay.yaml"
    path.write_text(INPUT + INPUT.partition("\n")[2].replace("key-of", "other") + CONNECTION.replace("[web]", "[xyz]"))
    with pytest.raises(ConfigurationError) as refused:
        load(path, {})
    assert any(
        str(problem).rpartition("`inputs` ")[2] == "is `xyz`: allowed are web" for problem in refused.value.problems
    )
