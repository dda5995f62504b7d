"""Flower as a browser sees it, beside a plant."""

from typing import Any

import httpx
from support.plant import Plant
from support.product import RELAY
from support.server import free_port


class Flower:
    """`relay flower`, and what a browser sees of it."""

    def __init__(self, plant: Plant) -> None:
        port = free_port()
        words = {"FLOWER_BASIC_AUTH": "relay:flower-pass", "FLOWER_PORT": str(port)}
        plant.add("flower", [str(RELAY), "flower"], words)
        self._url = f"http://127.0.0.1:{port}"

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Return what `/api/tasks` shows, by job."""
        answer = self._get("/api/tasks")
        return answer.json() if answer.is_success else {}

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the page's list."""
        asked = {"draw": 1, "start": 0, "length": 100, "order[0][column]": 0, "columns[0][data]": "name"}
        rows: list[dict[str, Any]] = self._get("/tasks/datatable", **asked).json()["data"]
        return rows

    def queue_lengths(self) -> dict[str, int]:
        """Return what Flower says of Celery's queues: messages by name."""
        answer = self._get("/api/queues/length")
        answer.raise_for_status()
        return {queue["name"]: queue["messages"] for queue in answer.json()["active_queues"]}

    def page(self) -> str:
        """Return the page around the list."""
        return self._get("/tasks").text

    def is_up(self) -> bool:
        """Return whether it receives the workers' events."""
        try:
            answer = self._get("/api/workers", refresh="1")
        except httpx.HTTPError:
            return False
        return answer.is_success and bool(answer.json())

    def _get(self, path: str, **parameters: object) -> httpx.Response:
        auth = ("relay", "flower-pass")
        return httpx.get(self._url + path, params=parameters, auth=auth, trust_env=False, timeout=20)
