"""The plain version: an endpoint that queues each batch as a Celery task, and the task that posts each event.

`uvicorn benchmarks.plain.app:web` and `celery --app benchmarks.plain.app worker`; set REDIS_URL and TIKTOK_URL.
"""

import os
from typing import Any

import httpx
from celery import Celery
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.plain.events import Batch, tiktok_events

PATH = "/open_api/v1.3/event/track/"

queue = Celery("plain", broker=os.environ.get("REDIS_URL"))
queue.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=1)
tiktok = httpx.Client(base_url=os.environ.get("TIKTOK_URL", ""), headers={"Access-Token": "token-of-the-bench"})


@queue.task(name="plain.deliver", bind=True, max_retries=5)  # type: ignore[untyped-decorator]  # Celery's
def deliver(self: Any, batch: dict[str, Any]) -> None:
    for event in tiktok_events(Batch.model_validate(batch)):
        body = {"event_source": "web", "event_source_id": "CUSG5HBC77UD11VVRQEG", "data": [event]}
        try:
            tiktok.post(PATH, json=body).raise_for_status()
        except httpx.HTTPError as error:
            raise self.retry(exc=error, countdown=2**self.request.retries) from error


async def one(request: Request) -> Response:
    deliver.delay(await request.json())
    return Response(status_code=202)


async def many(request: Request) -> Response:
    for batch in await request.json():
        deliver.delay(batch)
    return Response(status_code=202)


web = Starlette(routes=[Route("/v2/events", one, methods=["POST"]), Route("/v2/bulkevents", many, methods=["POST"])])
