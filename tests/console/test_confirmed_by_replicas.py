"""Pages that change something wait for the replicas, or say that a failover could undo it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from support.console_client import ConsoleClient
from support.nodes import Nodes


def test_a_page_says_that_no_replica_confirmed(
    open_console: Callable[..., AbstractContextManager[str]], nodes: Nodes
) -> None:
    """The pause is made, and the page says that it may be undone; forms that change nothing are not concerned."""
    with open_console(redis_url=nodes.url, replicas=1) as url:
        client = ConsoleClient(url)
        client.sign_in()
        assert client.post("/console/connections/shop/pause").status_code == 303
        assert nodes.nodes[1].client.hget("connection:shop", "state") == b"paused"
        nodes.nodes[1].freeze()
        answer = client.post("/console/connections/shop/resume")
        assert answer.status_code == 503
        assert "Done, but not confirmed" in answer.text
        assert "a failover could undo it" in answer.text
        assert nodes.nodes[0].client.hget("connection:shop", "state") is None
        assert client.post("/console/configuration", data={"file": "inputs: []"}).status_code == 200
        client.close()
