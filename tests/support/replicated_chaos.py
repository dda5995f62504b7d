"""Do to a relay on replicas and Sentinels what can happen to machines."""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from support.chaos import Chaos
from support.nodes import Nodes
from support.plant import Plant, Process
from support.posters import Posters
from support.waiting import until


class ReplicatedChaos(Chaos):
    """Chaos whose server is the primary of `nodes`: it is lost as a machine is, and another one takes over."""

    def __init__(
        self,
        plant: Plant,
        posters: Posters,
        choices: random.Random,
        always: Sequence[dict[str, Any]],
        nodes: Nodes,
    ) -> None:
        super().__init__(plant, posters, choices, always)
        self._nodes = nodes

    def go_on(self, seconds: float, actions: Mapping[str, int]) -> None:
        """Do the actions, and let all machines be well in the end."""
        super().go_on(seconds, actions)
        until(self._nodes.is_settled)

    def lose_primary(self) -> None:
        """Lose the primary's machine; note how long it takes until a sender gets a 202. It comes back as a replica."""
        until(self._nodes.is_settled)
        dead = self._nodes.primary()
        lost = time.monotonic()
        dead.die()
        self._until_accepted(lost)
        self.recoveries.append(self.posters.last_accepted - lost)
        dead.come_back(self._nodes.primary())
        until(self._nodes.is_settled)

    def lose_primary_and_ingest(self) -> None:
        """Lose them together: what ingest kept is gone."""
        self._choices.choice(self.plant.ingests).kill()
        self.lose_primary()

    def freeze_replica(self) -> None:
        """Send SIGSTOP and SIGCONT to a replica."""
        node = self._choices.choice(self._nodes.replicas())
        node.freeze()
        threading.Timer(self._choices.choice((0.3, 1.0, 2.0)), node.thaw).start()

    def lose_replica(self) -> None:
        """Lose a replica's machine for a moment."""
        node = self._choices.choice(self._nodes.replicas())
        node.die()
        time.sleep(self._choices.uniform(0, 1))
        node.come_back(self._nodes.primary())

    def cut_off_primary(self) -> None:
        """Let nothing pass between the primary and the other machines and Sentinels until another one is elected."""
        until(self._nodes.is_settled)
        primary = self._nodes.primary()
        others = [node for node in self._nodes.nodes if node is not primary]
        primary.proxy.hold(*(f"replica:{node.port}" for node in others), "sentinel")
        for node in others:
            node.proxy.hold("client", f"replica:{primary.port}")
        until(lambda: self._nodes.named() in others)
        for node in self._nodes.nodes:
            node.proxy.release()
        until(self._nodes.is_settled)

    def _servers(self) -> list[Process]:
        return []

    def _until_accepted(self, since: float) -> None:
        while self.posters.last_accepted < since + 1.0:  # what was answered before it was lost does not count
            self.plant.restart_the_dead()
            assert time.monotonic() < since + 120
            time.sleep(0.01)
