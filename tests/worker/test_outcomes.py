"""However the results of a draft end, every event is accounted for: lanes refuse what does not balance."""

from collections import Counter
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from delivery.outcome_names import read_outcome_name
from delivery.verdict import Delivered, Rejection
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.settlement import BatchSizing, Lease
from mapping.plan import Plan
from mapping.results import Mapped, Note, Rejected, Result, Unsupported, Withheld
from worker.steps.compose import Draft, Part, Prepared
from worker.steps.ended import Ended
from worker.steps.outcomes import DeliveryContext, ItemOutcome, OutcomeCounter
from worker.steps.split_chunk import split_chunk

CODEC = ChunkCodec()
NAMES = ("Purchase", "Subscribe", "Search")
REJECTION = Rejection(40002, "no", None, None)

results = st.one_of(
    st.sampled_from(NAMES).map(lambda name: Mapped(name, "id", b"{}", (), f"{name}:0")),
    st.sampled_from(NAMES).map(lambda name: Rejected(name, "id", "invalid_value", None, "m", f"{name}:0")),
    st.just(Unsupported("x")),
    st.just(Withheld("x", "x")),
)


@st.composite
def entries(draw: st.DrawFn) -> tuple[Entry, list[Result], int]:
    """An entry, at least as many results as it weighs, and how many of its items are in the request."""
    items = draw(st.none() | st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    drawn = draw(st.lists(results, min_size=1 if items is None else len(items), max_size=4))
    mapped = sum(isinstance(result, Mapped) for result in drawn)
    return Entry(draw(st.integers(0, 99)), None, b"{}", items), drawn, draw(st.integers(0, mapped))


def draft_of(content: list[list[tuple[Entry, list[Result], int]]]) -> Draft:
    """Return a draft of those chunks; counting needs no plan."""
    draft = Draft(plan=cast("Plan", None))
    for index, chunk in enumerate(content):
        draft.chunks.append(Chunk("web", index * 86_400_000, [Batch(b"{}", [entry for entry, _, _ in chunk])]))
        prepared = [Prepared(index, b"{}", entry, drawn, sent) for entry, drawn, sent in chunk]
        items = [item for each in prepared for item in each.items[: each.sent]]
        whole = all(len(drawn) == entry.weight == sent for entry, drawn, sent in chunk)
        draft.parts.append(Part(prepared, items if whole else ()))
        draft.entries += len(prepared)
        draft.items.extend(items)
    return draft


def counter_of(draft: Draft) -> OutcomeCounter:
    """Return an outcome counter of the draft."""
    lease = Lease("shop:0", "t", 0, 1, BatchSizing(), 0, False, 0, 0, ())
    return OutcomeCounter(draft, lease, DeliveryContext("shop", None, "", 1000, CODEC.encode, lambda: 0.5))


@given(st.lists(st.lists(entries(), min_size=1, max_size=4), min_size=1, max_size=3), st.data())
def test_every_event_that_came_has_ended_or_still_waits(
    content: list[list[tuple[Entry, list[Result], int]]], data: st.DataObject
) -> None:
    """trimmed + extra = delivered + dead + unsupported + withheld + kept; one dead letter each; also by day."""
    draft = draft_of(content)
    outcomes: list[ItemOutcome] = data.draw(
        st.lists(st.sampled_from([Delivered(), REJECTION, None]), min_size=len(draft.items), max_size=len(draft.items))
    )
    counter = counter_of(draft)
    left = counter.end(lambda index: outcomes[index])
    kept = draft.weight if left is None else sum(chunk.weight for chunk in left)
    ended = sum(counter.counts[name] for name in ("delivered", "dead_lettered", "unsupported", "withheld"))
    assert draft.weight + counter.counts["extra"] == ended + kept
    assert (
        counter.counts["dead_lettered"]
        == len(counter.dead_letters)
        == len({dead_letter.id for dead_letter in counter.dead_letters})
    )
    assert all(chunk.batches for chunk in left or ())
    by_day = Counter[str]()
    for counts in counter.days.values():
        for name, number in counts.items():
            by_day[read_outcome_name(name).name] += number
    assert by_day == counter.counts


@given(st.lists(st.lists(entries(), min_size=1, max_size=5), min_size=1, max_size=4), st.integers(1, 12))
def test_a_split_chunk_has_the_same_events_in_the_same_order(
    batches: list[list[tuple[Entry, list[Result], int]]], weight: int
) -> None:
    """Neither part is empty; the first is no heavier than asked unless it is a single entry."""
    chunk = Chunk("web", 1, [Batch(b"%d" % n, [entry for entry, _, _ in part]) for n, part in enumerate(batches)], 7)
    if sum(map(len, batches)) == 1:
        return
    first, second = split_chunk(chunk, weight).parts
    flat = [[(batch.shared, entry) for batch in part.batches for entry in batch.entries] for part in (first, second)]
    assert flat[0] + flat[1] == [(batch.shared, entry) for batch in chunk.batches for entry in batch.entries]
    assert flat[0]
    assert flat[1]
    assert first.weight <= weight or len(flat[0]) == 1
    assert first.first_unknown_ms == second.first_unknown_ms == 7


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6), min_size=1, max_size=3), st.data())
def test_a_chunk_that_tiktok_accepted_whole_ends_as_its_items_one_by_one(
    kinds: list[list[int]], data: st.DataObject
) -> None:
    """Counting a whole chunk at once only saves time: counts, match keys and receipts are the same."""
    answers = [Delivered(code=0, request_id="r1"), Delivered(code=0, request_id="r2"), REJECTION, None]
    content: list[list[tuple[Entry, list[Result], int]]] = [
        [(Entry(place, None, b"{}"), [mapped(kind, place)], 1) for place, kind in enumerate(chunk)] for chunk in kinds
    ]
    outcomes: list[ItemOutcome] = []
    for chunk in content:
        one = data.draw(st.sampled_from(answers))
        each = data.draw(st.just([one] * len(chunk)) | st.lists(st.sampled_from(answers), min_size=len(chunk)))
        outcomes += each[: len(chunk)]
    whole, apart = counter_of(draft_of(content)), counter_of(draft_of(content))
    apart.looks_at_each = True  # type: ignore[misc]
    assert whole.end(outcomes.__getitem__) == apart.end(outcomes.__getitem__)
    assert (whole.counts, whole.days, whole.delivered) == (apart.counts, apart.days, apart.delivered)
    assert [without_ids(ended) for ended in whole.ended] == [without_ids(ended) for ended in apart.ended]


def mapped(kind: int, place: int) -> Mapped:
    """Return an item; kinds differ in event, match keys and notes."""
    notes = (Note("ip", f"note {kind}"),) if kind % 2 else ()
    return Mapped(NAMES[kind % 3], f"id-{place}", b"{}", notes, f"{NAMES[kind % 3]}:0", kind)


def without_ids(ended: Ended) -> Ended:
    """Return what ended without the ids of dead letters, which are random."""
    return ended._replace(ending=ended.ending._replace(dead_letter=None))
