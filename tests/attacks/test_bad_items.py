"""Attack: dead letters with JSON that many programs cannot read, and dead letters damaged in the store."""

import json
import time

import httpx
import pytest
from support.attack import Attack, Start
from support.console_client import ConsoleClient
from support.events import as_json, batch, purchase

PASSWORD = "a long enough password for this console"
BAD_URL = {"TikTok.URL": "nowhere"}
ODD = {
    "mpid": b"1e400",
    "mp_deviceid": b"9" * 5_000,
    "user_attributes": b'{"a":' * 200 + b"1" + b"}" * 200,
    "integration_attributes": b"[" * 800 + b"]" * 800,
    "user_identities": rb'{"email": "\ud83d@shop.example"}',
}
COMMANDS = (("list",), ("list", "--json", "--reveal"), ("count",), ("export", "--all"), ("export", "--all", "--reveal"))


@pytest.mark.long
def test_one_bad_dead_letter_ends_no_list(attacked: Start) -> None:
    """Every command and page shows all the others."""
    with attacked(environment={"RELAY_ADMIN_PASSWORD": PASSWORD}) as relay:
        number = _post(relay)
        relay.wait_for(lambda: len(_ids(relay)) == number, "the dead letters")
        ids = _ids(relay)
        relay.client().hset("dead_letters:shop", ids[0], b"\xc1 no dead letter")
        relay.client().hset("dead_letters:shop", ids[1], b"")
        began = time.monotonic()
        for command in COMMANDS:
            result = relay.relay("dead-letters", *command)
            assert "Traceback" not in result.stderr, result.stderr
            assert command[0] == "count" or all(each_id in result.stdout for each_id in ids), command
        exported = [json.loads(line) for line in result.stdout.splitlines()]
        assert sum(line["source"] is not None for line in exported) == number - 2
        for dead_letter_id in ids:
            shown = relay.relay("dead-letters", "show", dead_letter_id, "--reveal")
            assert dead_letter_id in shown.stdout, shown.stderr
            correction = "TikTok.URL=https://a.example/"
            edited = relay.relay("dead-letters", "edit", dead_letter_id, "--set", correction, "--yes")
            assert "Traceback" not in shown.stderr + edited.stderr
        _pages(relay, ids)
        relay.figure("dead letters, damaged", f"{number}, 2")
        relay.figure("commands and pages, s", round(time.monotonic() - began, 1))


def _post(relay: Attack) -> int:
    """Post events that are all dead-lettered for their URL, each in a batch with something odd; return how many."""
    for number, (member, odd) in enumerate([("plain", b"1"), ("plain", b"2"), *ODD.items()]):
        whole = as_json(batch(purchase(number, source_message_id=f"odd-{number}", custom_flags=BAD_URL)))
        body = b"%b, %b: %b}" % (whole[:-1], json.dumps(member).encode(), odd)
        answer = httpx.post(f"{relay.url}/v2/events", content=body, auth=("key", "secret"), trust_env=False)
        assert answer.status_code == 202, answer.text
    return number + 1


def _pages(relay: Attack, ids: list[str]) -> None:
    visitor = ConsoleClient(relay.url)
    visitor.sign_in(PASSWORD)
    assert all(each_id in visitor.get("/console/dead-letters").text for each_id in ids)
    for letter_id in ids:
        assert visitor.get(f"/console/dead-letters/{letter_id}").status_code == 200
        assert visitor.post(f"/console/dead-letters/{letter_id}").status_code == 200
    visitor.close()


def _ids(relay: Attack) -> list[str]:
    return sorted(stored_id.decode() for stored_id in relay.client().hkeys("dead_letters:shop"))
