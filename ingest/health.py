"""Report health: whether the process runs, and whether it can accept a request now."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ingest.active_configuration import ConfigurationReloader
from ingest.redis.durability import DurabilityMonitor
from ingest.redis.memory import ALLOW_INFO, LIMIT_UNKNOWN, RedisMemoryMonitor
from store.diagnosis.probe import AsyncProbe
from store.errors import Trouble


def health_routes(
    reloader: ConfigurationReloader, probe: AsyncProbe, memory: RedisMemoryMonitor, durability: DurabilityMonitor
) -> list[Route]:
    """Return `/health/live` and `/health/ready`. Ready means that Redis accepts a write, and enough replicas have it.

    A full Redis counts as ready: requests then get 429, which says more to senders than no answer.
    """

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> JSONResponse:
        trouble = await probe.trouble()
        is_ready = trouble is None or trouble.code == "oom"
        body = {
            "status": "ready" if is_ready else "not ready",
            **_redis(trouble, memory),
            **durability.meaning,
            "configuration": _configuration(reloader),
        }
        return JSONResponse(body, 200 if is_ready else 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]


def _redis(trouble: Trouble | None, memory: RedisMemoryMonitor) -> dict[str, str]:
    if trouble is not None:
        return {"redis": trouble.problem, "reason": trouble.code, "what_to_do": trouble.what_to_do}
    if memory.limit_unknown:
        return {"redis": f"answers; {LIMIT_UNKNOWN}", "what_to_do": ALLOW_INFO}
    return {"redis": "answers"}


def _configuration(reloader: ConfigurationReloader) -> dict[str, Any]:
    refused = reloader.refused
    if reloader.is_held_back:
        return {"status": "the changed file lacks a connection or input in use; it is used if it stays so for 10 s"}
    if refused is None:
        return {"status": "in force"}
    return {
        "status": "the changed file has errors; the former configuration is in force",
        "problems": list(map(str, refused.problems)),
    }
