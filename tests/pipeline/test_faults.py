"""Kill processes at random times while TikTok fails in every way: no event is lost.

SEED repeats a run's choices, not its timing; SECONDS makes it longer. `make soak` does more, for longer.
"""

import os
import random
from collections import Counter
from pathlib import Path

import pytest
from support.archive import all_archived, sha256
from support.chaos import Chaos, check, configuration, outcome_of
from support.plant import Plant
from support.posters import Posters

from lanes.receipts.archive import archive_kept
from operations.archive.storage import Storage
from operations.archive.write import files_of
from store.client import connect

ACTIONS = {"kill_worker": 6, "kill_ingest": 4, "kill_server": 1, "fill_memory": 1, "merge": 4}


@pytest.mark.timeout(600)
def test_no_accepted_event_is_lost(tmp_path: Path) -> None:
    """Every (event source id, event id) answered 202 has arrived; ledger, receipts and the archive say so."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    seconds = float(os.environ.get("SECONDS") or 40)
    print(f"\nfault run: SEED={seed} SECONDS={seconds:g}", flush=True)
    archive = {"RELAY_ARCHIVE": f"file://{tmp_path}/archive", "RELAY_ARCHIVE_MEMORY": "1MiB"}  # files of 128 KiB
    with Plant(tmp_path, configuration(), environment=archive) as plant:
        plant.wait_until_ready()
        posters = Posters(lambda: plant.ingest_urls, seed)
        chaos = Chaos(plant, posters, random.Random(seed), always=())
        chaos.go_on(seconds, ACTIONS)
        plant.sandbox.clear_faults()
        posters.stop()
        result = outcome_of(plant, posters)
        for worker in plant.workers:
            worker.stop()
        with connect(plant.redis_url) as client:
            files = len(files_of(Storage(archive["RELAY_ARCHIVE"])))
            archived, lost = all_archived(client, archive["RELAY_ARCHIVE"]), archive_kept(client).lost
    print(f"{dict(chaos.done)}; answers {dict(posters.answers)}")
    print(
        f"posted {len(result.posted)}, arrived {len(result.arrived)} distinct and {result.duplicates} again, "
        f"lost {len(result.lost)}",
        flush=True,
    )
    print(
        f"{files} files of the archive before the end, {archived.total()} rows, {lost} lost for lack of memory",
        flush=True,
    )
    assert len(posters.accepted) > 5 * seconds, "too little was tried"
    check(result, bad=set())
    ended = Counter(sha256(item.event_id) for item in result.receipts)
    assert archived <= ended, "a row twice, or of nothing"
    assert (ended - archived).total() == lost
