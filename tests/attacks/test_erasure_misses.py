"""Attack: identities in shapes that erasure might not read, while the mapping does."""

import json
from hashlib import sha256

import httpx
from support.attack import Attack, Start
from support.events import as_json, purchase

JANE = "jane@private.example"
CUSTOMER = "customer-jane-4711"
ENTRY = f'{{"identity_type": "email", "identity": "{JANE}"}}'
CONNECTIONS = """
connections:
  - {id: shop, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11, enable_web_migration: true}
"""
SHAPES = {
    "a plain address": f'"user_identities": {{"email": "{JANE}"}}',
    "an mpid too large": f'"mpid": 1e400, "user_identities": {{"email": "{JANE}"}}',
    "a number too large in a list": f'"user_identities": {{"email": ["{JANE}", 1e400]}}',
    "another identity too large": f'"user_identities": {{"other": 1e400, "email": "{JANE}"}}',
    "a whole number of 5,000 digits": f'"user_identities": {{"email": "{JANE}"}}, "mpid": {"9" * 5000}',
    "entries of a webhook": f'"user_identities": [7, {ENTRY}]',
    "the first of two entries": f'"user_identities": [{ENTRY}, {ENTRY.replace("jane", "joe")}]',
    "a list with gaps": f'"user_identities": {{"1": {ENTRY}}}',
    "a name in capitals": f'"user_identities": {{"EMAIL": "{JANE.upper()}"}}',
    "half a surrogate pair": f'"user_identities": {{"other": "\\ud83d", "email": "{JANE}"}}',
    "a list of lists": f'"user_identities": {{"email": [["{JANE}"]]}}',
    "the external id": f'"user_identities": {{"customerid": "{CUSTOMER}"}}, "user_attributes": 1e400',
}
NO_BATCHES = [f'"{JANE}"', f'{{"events": {{}}, "user_identities": {{"email": "{JANE.upper()}"}}}}', "null"]


def test_forget_finds_a_person_in_every_shape(attacked: Start) -> None:
    """Each shape waits at a paused connection; after forget it is neither in Redis nor sent to TikTok."""
    with attacked(connections=CONNECTIONS) as relay:
        relay.relay("connections", "pause", "shop")
        _post(relay)
        result = relay.relay("forget", "--identity", f"email={JANE}", "--identity", f"customer_id={CUSTOMER}", "--json")
        report = json.loads(result.stdout)
        [shop] = [connection for connection in report["connections"] if connection["id"] == "shop"]
        relay.figure("shapes, events forgotten, unreadable", f"{len(SHAPES)}, {shop['events']}, {shop['unreadable']}")
        assert (result.returncode, report["complete"]) == (0, True), result.stderr
        assert shop["events"] == len(SHAPES) + len(NO_BATCHES) - 1
        assert relay.relay("connections", "resume", "shop").returncode == 0
        relay.wait_for(lambda: relay.client().exists("lanes:due") == 0 or _waiting(relay) == 0, "an empty lane")
        sent = json.dumps(relay.sandbox.events())
        assert not [identity for identity in (JANE, CUSTOMER) if sha256(identity.encode()).hexdigest() in sent]


def _post(relay: Attack) -> None:
    batches = []
    for number, shape in enumerate(SHAPES.values()):
        event = as_json(purchase(number, source_message_id=f"jane-{number}")).decode()
        batches.append(f'{{"environment": "production", "events": [{event}], {shape}}}')
    body = "[" + ",".join([*batches, *NO_BATCHES]) + "]"
    answer = httpx.post(f"{relay.url}/v2/bulkevents", content=body, auth=("key", "secret"), trust_env=False)
    assert answer.status_code == 202, answer.text


def _waiting(relay: Attack) -> int:
    status = json.loads(relay.relay("status", "--json").stdout)
    return int(next(one["waiting"] for one in status["connections"] if one["id"] == "shop"))
