"""Amazon Data Firehose delivers the records of a stream by HTTP: the answers that it needs, and no lost record."""

import gzip
import json
from base64 import b64encode
from typing import Any

import httpx
import pytest
from support.events import as_json, batch, purchase
from support.site import Site

PATH = "/v2/firehose"
KEY = "web-key:web-secret"
TIMELESS = as_json(batch({"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}}))


def body(*records: bytes, request_id: str = "r-1") -> bytes:
    encoded = [{"data": b64encode(record).decode()} for record in records]
    return as_json({"requestId": request_id, "timestamp": 1578090901599, "records": encoded})


def deliver(site: Site, content: bytes, request_id: str = "r-1", key: str | None = KEY, **more: str) -> httpx.Response:
    """Post as Firehose does: without Authorization."""
    headers = {"X-Amz-Firehose-Request-Id": request_id, "Content-Type": "application/json", **more}
    if key is not None:
        headers["X-Amz-Firehose-Access-Key"] = key
    no_auth: Any = lambda request: request  # noqa: E731
    return site.http.post(PATH, content=content, headers=headers, auth=no_auth)


def said(response: httpx.Response, request_id: str = "r-1") -> str:
    """Return the error of an answer, after checking that it is as Firehose requires it."""
    assert response.headers["content-type"] == "application/json"
    assert "content-encoding" not in response.headers
    answer = response.json()
    assert answer["requestId"] == request_id
    assert answer["timestamp"] > 1_700_000_000_000
    return str(answer.get("errorMessage", ""))


def waiting(site: Site) -> list[str | None]:
    """Return the ids of the events that wait for `shop`; None for those with an id of their own."""
    chunks = site.chunks("shop")
    return [entry.event_id for chunk in chunks for part in chunk.batches for entry in part.entries]


def test_records_are_accepted_with_200_and_the_requests_id(site: Site) -> None:
    response = deliver(site, body(as_json(batch(purchase(1))), as_json(batch(purchase(2), purchase(3)))))
    assert (response.status_code, said(response)) == (200, "")
    assert site.counts("shop") == {"accepted": 3}


FORMS = {
    "compressed by Firehose": (gzip.compress(body(as_json(batch(purchase(1))))), 1, {"Content-Encoding": "gzip"}),
    "a record compressed by its producer": (body(gzip.compress(as_json(batch(purchase(1))))), 1, {}),
    "an array of batches": (body(as_json([batch(purchase(1)), batch(purchase(2))])), 2, {}),
    "a batch a line": (body(as_json(batch(purchase(1))) + b"\n" + as_json(batch(purchase(2))) + b"\n"), 2, {}),
    "a notification of SNS": (
        body(as_json({"Type": "Notification", "Message": json.dumps(batch(purchase(1)))})),
        1,
        {},
    ),
    "a batch without events": (body(as_json(batch())), 0, {}),
    "no records": (body(), 0, {}),
}


@pytest.mark.parametrize("name", FORMS)
def test_records_are_decoded_as_messages_are(site: Site, name: str) -> None:
    content, events, headers = FORMS[name]
    response = deliver(site, content, **headers)
    assert (response.status_code, said(response)) == (200, "")
    assert site.counts("shop").get("accepted", 0) == events


def test_without_the_header_the_bodys_id_is_answered(site: Site) -> None:
    """The body repeats the header; Firehose takes no success without the id."""
    response = deliver(site, body(as_json(batch(purchase(1))), request_id="r-9"), request_id="")
    assert (response.status_code, said(response, "r-9")) == (200, "")
    assert site.counts("shop") == {"accepted": 1}


def test_without_any_id_nothing_is_accepted(site: Site) -> None:
    """400 with a sentence, and no empty id: two such requests would give equal events equal ids."""
    response = deliver(site, body(as_json(batch(purchase(1))), request_id=""), request_id="")
    assert response.status_code == 400
    assert "X-Amz-Firehose-Request-Id" in response.json()["errorMessage"]
    assert "requestId" not in response.json()
    assert site.counts("shop") == {}


def test_a_request_that_cannot_be_read_is_answered_without_an_empty_id(site: Site) -> None:
    """As every refusal before the body is read."""
    for key in (KEY, "wrong"):
        answer = deliver(site, b"{", request_id="", key=key).json()
        assert answer["errorMessage"]
        assert "requestId" not in answer


def test_a_bad_record_becomes_a_dead_letter_and_costs_only_itself(site: Site) -> None:
    """It would come again for ever, or take the others with it."""
    content = as_json(
        {
            "requestId": "r-1",
            "records": [
                {"data": b64encode(as_json(batch(purchase(1)))).decode()},
                {"data": b64encode(b"hello").decode()},
                {"data": "?"},
                {},
                {"data": b64encode(b'{"no": "batch"}').decode()},
            ],
        }
    )
    assert deliver(site, content).status_code == 200
    assert site.counts("shop") == {"accepted": 5}
    shared = [part.shared[:1] for chunk in site.chunks("shop") for part in chunk.batches]
    assert sorted(shared) == [b'"'] * 4 + [b"{"]  # a sentence in place of a batch: invalid_batch at delivery


def test_a_request_that_comes_again_gives_the_same_event_ids(site: Site) -> None:
    """Firehose keeps the request's id (E2); another request with the same batch is another purchase."""
    for request_id in ("r-1", "r-1", "r-2"):
        assert deliver(site, body(TIMELESS, TIMELESS, request_id=request_id), request_id).status_code == 200
    ids = waiting(site)
    assert len(ids) == 6
    assert len(set(ids)) == 4


def test_a_large_request_is_appended_in_parts(site: Site) -> None:
    """More than one append takes, as Firehose sends with its own buffer size."""
    records = [as_json(batch(purchase(number, note="x" * 20_000))) for number in range(250)]
    response = deliver(site, body(*records))
    assert (response.status_code, said(response)) == (200, "")
    assert site.counts("shop") == {"accepted": 250}


REFUSED: dict[str, tuple[str | None, bytes, int, str]] = {
    "no key": (None, body(), 401, "Authorization"),
    "a key without a secret": ("web-key", body(), 401, "KEY:SECRET"),
    "a wrong secret": ("web-key:nonsense", body(), 403, "not those of any input"),
    "no JSON": (KEY, b"hello", 400, "no request of Firehose"),
    "a batch": (KEY, as_json(batch(purchase(1))), 400, "no request of Firehose"),
    "no body": (KEY, b"", 400, "no request of Firehose"),
    "too much": (KEY, b" " * (16 * 1024 * 1024 + 1), 400, "buffer size to less than 12 MiB"),
    "a gzip bomb": (KEY, gzip.compress(b" " * (64 * 1024 * 1024)), 400, "bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_why_and_is_never_413(site: Site, name: str) -> None:
    """Firehose drops what is answered with 413; everything else comes again, and at last goes to its S3 bucket."""
    key, content, status, why = REFUSED[name]
    response = deliver(site, content, key=key)
    assert response.status_code == status
    assert why in said(response)
    assert site.keys() == set()


def test_only_post(site: Site) -> None:
    assert site.http.get(PATH).status_code == 405


def test_a_slash_at_the_end_is_no_redirection(site: Site) -> None:
    """Firehose follows none."""
    response = site.http.post(f"{PATH}/", content=body(as_json(batch(purchase(1)))))
    assert response.status_code == 200


def test_firehose_at_the_wrong_path_learns_the_right_one(site: Site) -> None:
    """Taken for a batch without events, its records would be lost."""
    response = site.post(body(as_json(batch(purchase(1)))))
    assert response.status_code == 400
    assert PATH in response.json()["errors"][0]["message"]
    assert site.keys() == set()
