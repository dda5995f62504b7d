"""Why TLS with Redis does not come about, by servers that speak TLS themselves: each reason has its sentence."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.refusing_redis import Ground, trouble_of
from support.refusing_tls import CASES, NO_CLIENTS, PASSES, Case
from support.waiting import until

from cli.check.redis import findings_of_redis
from config.settings import Settings
from store.client import connect, connect_async
from store.diagnosis.probe import AsyncProbe, Probe

ROWS = [
    pytest.param(code, case, id=f"{code} {how}".strip()) for code, cases in CASES.items() for how, case in cases.items()
]


@pytest.mark.parametrize(("code", "case"), ROWS)
def test_every_failure_of_tls_is_named(code: str, case: Case, tmp_path: Path) -> None:
    """By its code, a sentence and a remedy, each time; relay waits only where waiting helps."""
    with ExitStack() as stack:
        url = case(Ground(tmp_path, stack))
        troubles = [trouble_of(url) for _ in range(3)]
    assert {(trouble.code, trouble.passes) for trouble in troubles} == {(code, code in PASSES)}
    assert all("Redis" in trouble.problem and trouble.what_to_do for trouble in troubles)


CLIENT_CERTIFICATE = [row for row in ROWS if row.values[0] == "tls_client_certificate"]


@pytest.mark.parametrize(("code", "case"), CLIENT_CERTIFICATE)
def test_ingest_names_a_client_certificate_as_well(code: str, case: Case, tmp_path: Path) -> None:
    """On its event loop. Where the server closes before its reason is read, the next probe says more."""

    async def trouble_of_ingest(url: str) -> str | None:
        async with connect_async(url) as client:
            trouble = await AsyncProbe(client).trouble()
        return trouble and trouble.code

    with ExitStack() as stack:
        url = case(Ground(tmp_path, stack))
        until(lambda: asyncio.run(trouble_of_ingest(url)) == code)


@pytest.mark.parametrize("with_certificate", [False, True])
def test_redis_with_its_own_tls_works(with_certificate: bool, tmp_path: Path) -> None:
    """With and without a client certificate."""
    with ExitStack() as stack:
        ground = Ground(tmp_path, stack)
        if with_certificate:
            url = ground.with_certificate(ground.real_tls(), ground.authority)
        else:
            url = ground.trusted(ground.real_tls(*NO_CLIENTS))
        with connect(url) as client:
            assert Probe(client).trouble() is None


def test_check_says_that_redis_speaks_only_tls(tmp_path: Path) -> None:
    """And what to write."""
    with ExitStack() as stack:
        found = findings_of_redis(f"redis://{Ground(tmp_path, stack).real_tls()}", Settings())
    assert [finding.status for finding in found] == ["wrong"]
    assert "speaks only TLS" in found[0].found
    assert "rediss://" in str(found[0])
