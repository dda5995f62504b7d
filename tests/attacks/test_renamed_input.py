"""An operator renames an input while its senders send: with `formerly`, each accepted event is delivered."""

import pytest
from support.attack import CONNECTIONS, HONEST, INPUTS, Start
from support.posters import Posters

CLUMSY = (INPUTS + CONNECTIONS.rstrip() + HONEST).replace("id: web,", "id: site,").replace("[web]", "[site]")
RIGHT = CLUMSY.replace("id: site,", "id: site, formerly: [web],")


@pytest.mark.long
def test_a_renamed_input_loses_and_blocks_nothing(attacked: Start) -> None:
    """First without a word, so that its events wait and say what to do; then with `formerly`, and they go."""
    with attacked() as relay:
        posters = Posters(lambda: relay.ingest_urls, 7, count=2)
        relay.wait_for(lambda: len(posters.accepted) > 20, "events of the former id")
        relay.workers[0].stop()  # so that some wait under the former id for certain
        relay.wait_for(lambda: len(posters.accepted) > 60, "more of them")
        relay.file.write_text(CLUMSY)
        # A file that takes an input in use away is in force once it has stood for ten seconds.
        relay.wait_for(lambda: "configuration_reloaded" in relay.log_of("ingest-0"), "the new file in ingest", 60)
        relay.restart_the_dead()
        relay.wait_for(lambda: "formerly: [web]" in relay.relay("status", "--json").stdout, "the remedy in status", 90)
        relay.file.write_text(RIGHT)
        relay.wait_for(lambda: relay.log_of("ingest-0").count("configuration_reloaded") > 1, "the right file", 60)
        posters.stop()

        def arrived() -> bool:
            return posters.accepted <= {event_id for _, _, event_id in relay.sandbox.ids()}

        relay.wait_for(arrived, "every accepted event at TikTok", 180)
        relay.figure("accepted, arrived, lost", f"{len(posters.accepted)}, all, 0")
