"""Health: whether the process lives, and whether it could take a request now."""

from typing import Any

import redis.asyncio
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ingest.in_force import Follower


def health_routes(follower: Follower, client: redis.asyncio.Redis) -> list[Route]:
    """`/health/live` and `/health/ready`. Ready means that Redis answers; a configuration is always in force."""

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> JSONResponse:
        problem = await _redis_problem(client)
        body = {
            "status": "ready" if problem is None else "not ready",
            "redis": problem or "answers",
            "configuration": _configuration(follower),
        }
        return JSONResponse(body, 200 if problem is None else 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]


async def _redis_problem(client: redis.asyncio.Redis) -> str | None:
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return f"does not answer ({type(error).__name__})"
    return None


def _configuration(follower: Follower) -> dict[str, Any]:
    refused = follower.refused
    if follower.is_held_back:
        return {"status": "changed file lacks a connection or input in use; in force once it has stood for 10 s"}
    if refused is None:
        return {"status": "in force"}
    return {"status": "changed file refused, the former one is in force", "problems": list(map(str, refused.problems))}
