"""Measure the work of a worker without Redis and TikTok: decode a lease's chunks, map, compose, count the outcomes."""

from collections.abc import Callable
from typing import Final

from benchmarks.report.result import Result
from benchmarks.report.tables import command
from benchmarks.support.data import NOW_MS, batches
from benchmarks.support.timing import Contestant, Timed, alternate
from config.model import Connection, Input
from delivery.answer import Answer
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.settlement import BatchSizing, Lease
from mapping.incoming.batch import split_batch
from mapping.plan import compile_plan
from worker.steps.compose import Composer, Draft
from worker.steps.outcomes import DeliveryContext
from worker.steps.posting import post_draft
from worker.steps.settlement import build_settlement

MOST_EVENTS: Final = 1_000
SHAPES: Final = {
    "single posts, one a chunk": (1, 1),
    "single posts, ten joined in a chunk": (10, 1),
    "five-event batches, one a chunk": (1, 5),
    "five-event batches, 100 a chunk": (100, 5),
}
"""The kind of backlog → batches a chunk, events a batch."""

_CODEC = ChunkCodec()
_CONTEXT = DeliveryContext("shop", None, "", MOST_EVENTS, _CODEC.encode, lambda: 0.5)


def run(quick: bool) -> list[Result]:
    """Measure µs of CPU an event, with requests as full as a megabyte allows."""
    rounds, seconds = (3, 0.1) if quick else (7, 0.5)
    timed = alternate([_contestant(*shape, name) for name, shape in SHAPES.items()], rounds, seconds)
    return [_result(record) for record in timed]


def _result(record: Timed) -> Result:
    return Result(
        "worker", record.name, "µs CPU/event", record.cpu, min(record.cpu_us), max(record.cpu_us), better="less"
    )


def _contestant(batches_a_chunk: int, events_a_batch: int, name: str) -> Contestant:
    settle = _settler(batches_a_chunk, events_a_batch)
    return Contestant(name, settle(), settle)


class _Accepting:
    """A client that accepts every event at once."""

    def post(self, path: str, body: bytes, access_token: str, /) -> Answer:
        """Return the answer that accepts every event."""
        del path, body, access_token
        return Answer(200, code=0)


def _settler(batches_a_chunk: int, events_a_batch: int) -> Callable[[], int]:
    """Return a function that does the work for one request of a full lease, and returns how many events it had."""
    shop = Connection(
        id="shop", inputs=("web",), access_token="t", event_source_id="CUSG5HBC77UD11VVRQEG", enable_web_migration=True
    )
    plan = compile_plan(shop, Input("web", "web", "key", "secret"))
    composer = Composer(_CODEC.decode, lambda _: plan)
    chunks = _chunks(batches_a_chunk, events_a_batch)
    lease = Lease("shop:0", "token", 1, NOW_MS, BatchSizing(limit=MOST_EVENTS), 0, False, 0, 0, chunks)

    def settle() -> int:
        draft = composer.compose(lease)
        if not isinstance(draft, Draft):
            raise TypeError(f"a request was to be made, not {type(draft).__name__}")
        return build_settlement(draft, post_draft(draft, _Accepting(), "t"), lease, _CONTEXT).ended

    return settle


def _chunks(batches_a_chunk: int, events_a_batch: int) -> list[bytes]:
    """Return the encoded chunks of one lease."""
    waiting = [_batch(raw) for raw in batches(MOST_EVENTS // events_a_batch, events_a_batch)]
    groups = (waiting[at : at + batches_a_chunk] for at in range(0, len(waiting), batches_a_chunk))
    return [_CODEC.encode(Chunk("web", NOW_MS, group)) for group in groups]


def _batch(raw: bytes) -> Batch:
    split = split_batch(raw)
    return Batch(split.shared, [Entry(at, None, bytes(event)) for at, event in enumerate(split.events)])


if __name__ == "__main__":
    command(run)()
