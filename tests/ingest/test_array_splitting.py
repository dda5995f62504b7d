"""An array of batches is split in one pass, with the outcome that batches have which are split one by one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import as_json, batch, purchase
from support.site import CONFIGURATION

from config.file import ConfigurationFile
from ingest.active_configuration import compile_configuration
from ingest.sorting import sort
from mapping.incoming.batch import NotABatch, SplitBatch
from mapping.incoming.body import LARGEST_BATCH, MOST_BATCHES, BadBody, Element, many_batches, split_batches
from mapping.incoming.invalid_batch import split_element

ONE = as_json(batch(purchase(1), purchase(2)))
BARE = b'{"events":[{"data":{},"event_type":"custom_event"},5]}'
LARGE = b'{"events":[1],"ip":"' + b"x" * LARGEST_BATCH + b'"}'

USUAL = {
    "one": b"[" + ONE + b"]",
    "several": b"[" + b", ".join([ONE, BARE, ONE]) + b"]",
    "a byte order mark": b"\xef\xbb\xbf[" + ONE + b"]",
    "half of an emoji": b'[{"events":[{"data":{"event_name":"\\ud83d"}}]}]',
    "a member twice": b'[{"ip":"a","events":[1],"ip":"b","events":[2]}]',
    "a name in escapes": b'[{"\\u0065vents":[1]}]',
    "null members": b'[{"events":[null],"environment":null,"source_request_id":null}]',
    "as many as may be": b"[" + b",".join([BARE] * MOST_BATCHES) + b"]",
}
UNUSUAL = {
    "an unknown member": b'[{"events":[1],"new":2}]',
    "no events": b'[{"events":[]}]',
    "events that are null": b'[{"events":null}]',
    "events that are none": b'[{"events":{}}]',
    "without events": b"[" + ONE + b',{"ip":"a"}]',
    "no batch": b"[" + ONE + b",5]",
    "null": b"[null]",
    "empty": b"[]",
    "nothing": b"",
    "one batch": ONE,
    "a batch a line": ONE + b"\n" + ONE,
    "cut off": b"[" + ONE,
    "more after it": b"[" + ONE + b"]]",
    "too deep": b'[{"events":[' + b"[" * 5000 + b"]" * 5000 + b"]}]",
    "not UTF-8": b"[" + ONE + b',{"events":["\xff"]}]',
    "too many": b"[" + b",".join([BARE] * (MOST_BATCHES + 1)) + b"]",
    "a large one": b"[" + LARGE + b"]",
}


def outcome(parse: Callable[[bytes], Sequence[Element]], body: bytes) -> Any:
    """Return what becomes of each batch, or why the body is refused."""
    try:
        return [_split(element) for element in parse(body)]
    except BadBody as error:
        return str(error)


def _split(element: Element) -> Any:
    try:
        split = split_element(element)
    except NotABatch as error:
        return str(error)
    raw = bytes(element.element if isinstance(element, SplitBatch) else element)
    return raw, split.shared, [*map(bytes, split.events)], split.environment, split.source_request_id


@pytest.mark.parametrize("body", [*USUAL.values(), *UNUSUAL.values()], ids=[*USUAL, *UNUSUAL])
def test_the_outcome_is_that_of_batches_split_one_by_one(body: bytes) -> None:
    """Each batch, or each refusal."""
    assert outcome(split_batches, body) == outcome(many_batches, body)


@pytest.mark.parametrize("body", USUAL.values(), ids=USUAL)
def test_usual_batches_are_split_in_one_pass(body: bytes) -> None:
    """Nearly all are."""
    assert {type(element) for element in split_batches(body)} == {SplitBatch}


@pytest.mark.parametrize("body", UNUSUAL.values(), ids=UNUSUAL)
def test_one_unusual_batch_makes_all_be_split_one_by_one(body: bytes) -> None:
    """So what is wrong costs only itself, or its refusal says where it is."""
    try:
        elements = split_batches(body)
    except BadBody:
        return
    assert SplitBatch not in {type(element) for element in elements}


MEMBERS = st.sampled_from(
    [b'"events":[1,{}]', b'"events":[]', b'"ip":"\xc3\xa9"', b'"mpid":1', b'"new":[2]', b'"ip":}']
)
BATCHES = st.lists(MEMBERS, max_size=3).map(lambda members: b"{" + b",".join(members) + b"}")


@given(st.lists(BATCHES | st.sampled_from([b"5", b"", b"\xff", b"[", b" null "]), max_size=4))
def test_any_array(elements: list[bytes]) -> None:
    """Also of what are no batches."""
    body = b"[" + b",".join(elements) + b"]"
    assert outcome(split_batches, body) == outcome(many_batches, body)


def test_generated_ids_are_those_of_batches_split_one_by_one(tmp_path: Path) -> None:
    """They are made of the batch's own bytes."""
    file = tmp_path / "relay.yaml"
    file.write_text(CONFIGURATION)
    plans = compile_configuration(ConfigurationFile(file).current).plans["web"]
    nameless = as_json(batch({"event_type": "commerce_event", "data": purchase(1)["data"] | {"source_message_id": ""}}))
    body = b"[" + ONE + b"," + nameless.replace(b'"source_request_id"', b'"batch_id"') + b"]"
    ids = [
        [entry.event_id for part in request.wanted["shop"].batches for entry in part.entries]
        for parse in (split_batches, many_batches)
        for request in [sort("web", plans, parse(body), 1, message_id="m")]
    ]
    assert ids[0] == ids[1]
    assert [event_id is None for event_id in ids[0]] == [True, True, False]
