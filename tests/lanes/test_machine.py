"""Lanes against a model: no order of appends, wakes, claims, crashes, lost replies and full memory loses an event."""

import asyncio
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from support.rollback import State, go_back, state_of

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.backlog import discard_page
from lanes.batch_sizing import after_retry, after_success
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.daily_counts import read_days
from lanes.dead_letters import (
    ReplayItem,
    iterate_dead_letters,
    remove_dead_letters,
    replace_dead_letter,
    replay_dead_letters,
)
from lanes.erasure import Edit, Erased, erase, pages
from lanes.lanes import LEASE_MS, WAKE_HOLD_MS, ClaimLimits, Lanes
from lanes.ledger import read_ledger, recount, waiting_chunks
from lanes.names import LANES_PER_CONNECTION, connection_of
from lanes.scripts import GATHER_MS, LATE_MS, LOOK_MS
from lanes.settlement import Lease, Lost, Pause, Refused, Released, Settlement, StoredDeadLetter
from store.client import connect, connect_async
from store.errors import RedisFull

LANES = ("shop:0", "shop:1", "other:0")
CLAIM_LIMITS = ClaimLimits(events=8, bytes=1 << 20, probe=2)
CODEC = ChunkCodec()
MOST_TOGETHER = 6
GO_ON = st.sampled_from([None, 0, 30])
"""Whether a job continues after a settlement, and for how many ms it waits for more."""
MODELLED = ("model", "connections", "ended", "accepted", "dead_letters", "erased", "discarded", "dead_lettered")
"""What the model says of Redis; a failover puts it back."""
ENDS = ("delivered", "dead_lettered", "erased", "discarded")

Ids = list[int]


def day_received(number: int) -> int:
    """Return the day on which the event was received; all events of one append have the same."""
    return number // MOST_TOGETHER % 3


def encoded(ids: Ids, first_unknown_ms: int = 0) -> bytes:
    """Return a chunk whose entries have `ids` as positions."""
    entries = [Entry(number, None, b"{}") for number in ids]
    received_ms = day_received(ids[0]) * 86_400_000
    return CODEC.encode(Chunk("web", received_ms, [Batch(b"{}", entries)], first_unknown_ms))


def decoded(chunk: bytes) -> tuple[Ids, int]:
    """Return the ids in a chunk, and its mark."""
    read = CODEC.decode(chunk)
    return [entry.position for batch in read.batches for entry in batch.entries], read.first_unknown_ms


@dataclass
class ModelLane:
    """The expected contents and state of one lane."""

    chunks: list[tuple[Ids, int]] = field(default_factory=list)
    due: int | None = None
    held: int | None = None
    token: str | None = None
    taken: int = 0
    head: int = 0
    crashes: int = 0
    limit: int = CLAIM_LIMITS.events
    posted: tuple[int, int] | None = None

    def leased(self, now: int) -> bool:
        return self.token is not None and self.held is not None and self.held > now


@dataclass
class ModelConnection:
    """Whether a connection is paused, and until when."""

    state: str | None = None
    until: int = 0
    trouble: bool = False
    gathers: tuple[str, int] | None = None


class LanesMachine(RuleBasedStateMachine):
    """Run the real scripts on a real server, with given times, beside a model in plain Python."""

    def __init__(self, client: redis.Redis, append: Callable[[str, bytes, int, int], None]) -> None:
        super().__init__()
        client.flushall()
        client.config_set("maxmemory", 0)
        self.client, self.append_one = client, append
        self.lanes = Lanes(client)
        self.now, self.next_id, self.full = 1_000_000, 0, False
        self.model = {lane: ModelLane() for lane in LANES}
        self.connections = {"shop": ModelConnection(), "other": ModelConnection()}
        self.ended: dict[str, int] = {"shop": 0, "other": 0}
        self.accepted: dict[str, int] = {"shop": 0, "other": 0}
        self.dead_letters: dict[str, dict[str, bytes]] = {"shop": {}, "other": {}}
        self.erased, self.discarded = Counter[str](), Counter[str]()
        self.dead_lettered = 0
        self.jobs: list[Lease] = []
        self.remembered: tuple[State, dict[str, Any]] | None = None

    # -- what happens ------------------------------------------------------------------------------------------------

    @rule(lane=st.sampled_from(LANES), count=st.integers(1, MOST_TOGETHER))
    def append(self, lane: str, count: int) -> None:
        ids = list(range(self.next_id, self.next_id + count))
        if self.full:
            with pytest.raises(RedisFull):
                self.append_one(lane, encoded(ids), count, self.now)
            return
        self.append_one(lane, encoded(ids), count, self.now)
        self.next_id += MOST_TOGETHER
        self.accepted[connection_of(lane)] += count
        model = self.model[self._model_gathering(connection_of(lane)) or lane]
        model.chunks.append((ids, 0))
        if model.due is None:
            model.due = self.now

    @rule(ms=st.sampled_from([1, 60, WAKE_HOLD_MS, LEASE_MS, 61_000]))
    def time_passes(self, ms: int) -> None:
        self.now += ms

    @rule(full=st.booleans())
    def memory(self, full: bool) -> None:
        self.full = full
        self.client.config_set("maxmemory", 1 if full else 0)

    @rule()
    def remember(self) -> None:
        """A replica is at this state; nothing that comes later reaches it."""
        self.remembered = state_of(self.client), deepcopy({name: getattr(self, name) for name in MODELLED})

    @precondition(lambda self: self.remembered)
    @rule(skew=st.sampled_from([-20_000, 0, 20_000]))
    def failover(self, skew: int) -> None:
        """The replica takes over, with a clock of its own; workers keep the leases that they have."""
        assert self.remembered is not None
        state, modelled = self.remembered
        self.client.config_set("maxmemory", 0)
        go_back(self.client, state)
        self.client.config_set("maxmemory", 1 if self.full else 0)
        for name, value in deepcopy(modelled).items():
            setattr(self, name, value)
        self.now += skew
        self.remembered = None

    @rule(lane=st.sampled_from(LANES), skew=st.sampled_from([-20_000, 0, 20_000]), data=st.data())
    def settle_across_a_failover(self, lane: str, skew: int, data: st.DataObject) -> None:
        """A lease is held at the state that a failover goes back to, and is settled before it and after it."""
        self.append(lane, 3)
        self.claim(lane)
        self.remember()
        for _ in range(2):
            held = [job for job in self.jobs if job.lane == lane]
            if held:
                self._settle(held[0], Settlement(held[0].sizing), 0, [], lost_reply=False, go_on=data.draw(GO_ON))
        self.failover(skew)

    @rule()
    def wake(self) -> None:
        expected = []
        for name, lane in self.model.items():
            if lane.due is not None and lane.due <= self.now and (lane.held is None or lane.held <= self.now):
                lane.token, lane.held = None, self.now + WAKE_HOLD_MS
                expected.append(name)
            if lane.held is not None and lane.held > self.now + LEASE_MS:  # a mark of a clock that was ahead
                lane.held = self.now + LEASE_MS
        woken = self.lanes.wake(self.now)
        assert sorted(woken.lanes) == sorted(expected)
        ready = [max(lane.due, lane.held or 0) for lane in self.model.values() if lane.due is not None]
        latest = self.now + (GATHER_MS if expected else LOOK_MS)
        next_at = min([latest, *(at for at in ready if at > self.now)])
        assert woken.next_ms == next_at - self.now

    @rule(lane=st.sampled_from(LANES))
    def claim(self, lane: str) -> None:
        expected = self._model_refusal(lane)
        got = self.lanes.claim(lane, CLAIM_LIMITS, self.now)
        if expected is None:
            assert isinstance(got, Lease)
            self._model_grant(lane, got)
            self.jobs.append(got)
        else:
            assert got == Refused(expected)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.jobs))
        lane = self.model[lease.lane]
        ours = lane.token == lease.token
        assert self.lanes.renew(lease, self.now) is ours
        if ours:
            lane.held = self.now + LEASE_MS

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def post(self, data: st.DataObject) -> None:
        """A job records that it is about to send its chunks; it may crash before it knows the outcome."""
        lease = data.draw(st.sampled_from(self.jobs))
        lane = self.model[lease.lane]
        ours = self._ours(lease)
        assert self.lanes.mark_posted(lease, len(lease.chunks), self.now) is ours
        if ours:
            lane.posted = (len(lease.chunks), lane.posted[1] if lane.posted else self.now)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), dead=st.integers(0, 2), lost_reply=st.booleans(), go_on=GO_ON)
    def succeed(self, data: st.DataObject, dead: int, lost_reply: bool, go_on: int | None) -> None:
        """Some leading events are delivered or dead-lettered and the others go back; the reply may be lost."""
        lease = data.draw(st.sampled_from(self.jobs))
        trim = data.draw(st.integers(1, len(lease.chunks)))
        contents = [decoded(chunk) for chunk in lease.chunks[:trim]]
        done = data.draw(st.integers(0, sum(len(ids) for ids, _ in contents)))
        leftovers = _after(contents, done)
        ended = [number for ids, _ in contents for number in ids][:done]
        dead_letters = [StoredDeadLetter(str(number), f"l{number % 2}", encoded([number])) for number in ended[:dead]]
        days: dict[int, Counter[str]] = {}
        for place, number in enumerate(ended):
            days.setdefault(day_received(number), Counter())["dead_lettered:x" if place < dead else "delivered:y"] += 1
        settlement = Settlement(
            sizing=after_success(lease.sizing, CLAIM_LIMITS.events),
            trim=trim,
            leftovers=[encoded(*left) for left in leftovers],
            counts={"delivered": done - len(dead_letters), "dead_lettered": len(dead_letters)},
            days=days,
            dead_letters=dead_letters,
            trouble=False,
        )
        self._settle(lease, settlement, done, leftovers, lost_reply=lost_reply, go_on=go_on)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), delay=st.sampled_from([500, 5_000, 50_000]), unknown=st.booleans(), rest=st.booleans())
    def fail(self, data: st.DataObject, delay: int, unknown: bool, rest: bool) -> None:
        """Nothing was delivered: the lane, or its whole connection, is due later."""
        lease = data.draw(st.sampled_from(self.jobs))
        settlement = Settlement(
            sizing=after_retry(lease.sizing, 4, self.now),
            delay_ms=delay,
            posted=len(lease.chunks) if unknown and self.model[lease.lane].posted else 0,
            trouble=True,
            pause=Pause("paused", what="fix it") if rest else None,
        )
        self._settle(lease, settlement, 0, None, lost_reply=False, go_on=0)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def freeze(self, data: st.DataObject) -> None:
        """A job outlives its lease and another job claims the lane; the first one settles later."""
        lane = data.draw(st.sampled_from(self.jobs)).lane
        self.now += LEASE_MS
        self.claim(lane)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """The process is gone: no one settles this lease."""
        self.jobs.remove(data.draw(st.sampled_from(self.jobs)))

    @rule(connection=st.sampled_from(["shop", "other"]), state=st.sampled_from(["paused", "backing_off", "disabled"]))
    def rest(self, connection: str, state: str) -> None:
        if not self.full:
            self.lanes.pause(connection, state, 30_000, {}, self.now)
            former = self.connections[connection]
            self.connections[connection] = replace(former, state=state, until=self.now + 30_000)

    @rule(connection=st.sampled_from(["shop", "other"]))
    def resume(self, connection: str) -> None:
        self.lanes.resume(connection, self.now)
        self._model_free(connection, self.now)
        self.connections[connection].state = None

    @precondition(lambda self: self.dead_lettered)
    @rule(data=st.data(), connection=st.sampled_from(["shop", "other"]), stale=st.booleans())
    def replay(self, data: st.DataObject, connection: str, stale: bool) -> None:
        """Some dead letters are replayed, also at maxmemory; those that are gone or changed are not."""
        kept = self.dead_letters[connection]
        ids = data.draw(st.lists(st.sampled_from([*kept, "gone"]), unique=True))
        number = data.draw(st.integers(0, 1)) if connection == "shop" else 0
        revived = [
            ReplayItem(each_id, b"stale" if stale else kept.get(each_id, b""), kept.get(each_id, encoded([0])))
            for each_id in ids
        ]
        expected = [] if stale else [each_id for each_id in ids if each_id in kept]
        assert replay_dead_letters(self.client, connection, revived, self.now, lambda: number) == expected
        lane = self.model[f"{connection}:{number}"]
        lane.chunks += [decoded(kept.pop(one)) for one in expected]
        if expected and lane.due is None:
            lane.due = self.now

    @precondition(lambda self: self.dead_lettered)
    @rule(data=st.data(), connection=st.sampled_from(["shop", "other"]))
    def discard(self, data: st.DataObject, connection: str) -> None:
        """Dead letters are discarded, also at maxmemory."""
        kept = self.dead_letters[connection]
        ids = data.draw(st.lists(st.sampled_from([*kept, "gone"]), unique=True))
        assert remove_dead_letters(self.client, connection, ids) == [
            each_id for each_id in ids if kept.pop(each_id, None)
        ]

    @precondition(lambda self: self.dead_lettered)
    @rule(data=st.data(), connection=st.sampled_from(["shop", "other"]), stamp=st.integers(1, 9))
    def amend(self, data: st.DataObject, connection: str, stamp: int) -> None:
        """A dead letter is corrected, also at maxmemory, unless it is gone."""
        kept = self.dead_letters[connection]
        one = data.draw(st.sampled_from([*kept, "gone"]))
        corrected = encoded([0 if one == "gone" else int(one)], stamp)
        assert replace_dead_letter(self.client, connection, one, kept.get(one, b""), corrected) is (one in kept)
        if one in kept:
            kept[one] = corrected

    @rule(connection=st.sampled_from(["shop", "other"]), chunks=st.integers(1, 3))
    def discard_backlog(self, connection: str, chunks: int) -> None:
        """The backlog is discarded, a few chunks at a time; a leased lane is left alone."""
        events, leased, room = 0, 0, chunks
        for lane in (lane for name, lane in self.model.items() if connection_of(name) == connection):
            if lane.leased(self.now):
                leased += 1
            elif room and lane.chunks:
                given_up, lane.chunks = lane.chunks[:room], lane.chunks[room:]
                events, room = events + sum(len(ids) for ids, _ in given_up), room - len(given_up)
                lane.token = lane.held = lane.posted = None
                lane.crashes = 0
                lane.due = lane.due if lane.chunks else None
        assert discard_page(self.client, connection, chunks, self.now) == (events, leased)
        self.discarded[connection] += events

    @rule(lane=st.sampled_from(LANES), remainder=st.integers(0, 2), stale=st.booleans())
    def forget(self, lane: str, remainder: int, stale: bool) -> None:
        """Every third event is of a person to erase; chunks that a lease was given are left to its worker."""
        model = self.model[lane]
        taken = model.taken if model.leased(self.now) else 0
        placed = [one for page in pages(self.client, lane) for one in page]
        assert [decoded(one.chunk) for one in placed] == model.chunks
        kept = [([i for i in ids if i % 3 != remainder], stamp) for ids, stamp in model.chunks]
        touched = [i for i, (left, _) in enumerate(kept) if left != model.chunks[i][0]]
        edits = [
            Edit(placed[i]._replace(chunk=b"other") if stale else placed[i], encoded(*kept[i]) if kept[i][0] else None)
            for i in touched
        ]
        free = [] if stale else [i for i in touched if i >= taken]
        events = sum(len(model.chunks[i][0]) - len(kept[i][0]) for i in free)
        assert erase(self.client, lane, edits, self.now) == Erased(
            events, 0 if stale else len(touched) - len(free), len(touched) if stale else 0
        )
        if model.posted and not model.leased(self.now) and free:
            chunks = model.posted[0] - sum(1 for i in free if i < model.posted[0] and not kept[i][0])
            model.posted = (chunks, model.posted[1]) if chunks else None
        model.chunks = [
            kept[i] if i in free else chunk for i, chunk in enumerate(model.chunks) if i not in free or kept[i][0]
        ]
        if free and not model.leased(self.now):
            model.token, model.crashes = None, 0
        if not model.chunks and model.due is not None:
            model.due = model.held = None
        self.erased[connection_of(lane)] += events

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def real_lanes_are_as_the_model_says(self) -> None:
        with self.client.pipeline(transaction=False) as asked:
            asked.zrange("lanes:due", 0, -1, withscores=True).zrange("lanes:held", 0, -1, withscores=True)
            for name in LANES:
                asked.lrange(f"lane:{name}", 0, -1).hmget(f"lane:{name}:meta", "head", "crashes")
            due, held, *lanes = asked.execute()
        due, held = ({name.decode(): int(score) for name, score in scores} for scores in (due, held))
        for name, chunks, (head, crashes) in zip(LANES, lanes[::2], lanes[1::2], strict=True):
            lane = self.model[name]
            assert [decoded(chunk) for chunk in chunks] == lane.chunks
            assert (due.get(name), held.get(name)) == (lane.due, lane.held), name
            assert (lane.due is None) == (not lane.chunks)
            assert (int(head or 0), int(crashes or 0)) == (lane.head, lane.crashes), name

    @invariant()
    def the_ledger_balances(self) -> None:
        for connection in read_ledger(self.client, ["shop", "other"], [], self.now).connections:
            assert connection.balances
            assert connection.counts.get("accepted", 0) == self.accepted[connection.name]
            assert (
                connection.counts.get("delivered", 0) + connection.counts.get("dead_lettered", 0)
                == self.ended[connection.name]
            )
            assert connection.counts.get("erased", 0) == self.erased[connection.name]
            assert connection.counts.get("discarded", 0) == self.discarded[connection.name]
            assert connection.dead_letters == len(self.dead_letters[connection.name])
            assert connection.labels == Counter(
                f"l{int(dead_letter) % 2}" for dead_letter in self.dead_letters[connection.name]
            )

    @invariant()
    def the_daily_counts_add_up_to_the_ledger(self) -> None:
        """For each day, what came equals what ended and what waits; all days together equal the ledger."""
        for connection in read_ledger(self.client, ["shop", "other"], [], self.now).connections:
            total: Counter[str] = Counter()
            for day, counts in enumerate(read_days(self.client, connection.name, range(3))):
                of_day = Counter[str]()
                for name, count in counts.items():
                    of_day[name.partition(":")[0]] += count
                lanes = (lane for name, lane in self.model.items() if connection_of(name) == connection.name)
                waiting = [
                    each_id
                    for lane in lanes
                    for ids, _ in lane.chunks
                    for each_id in ids
                    if day_received(each_id) == day
                ]
                assert of_day["accepted"] + of_day["replayed"] - len(waiting) == sum(of_day[name] for name in ENDS)
                total += of_day
            named = {name: connection.counts.get(name, 0) for name in ("accepted", "replayed", *ENDS)}
            assert {name: total[name] for name in named} == named

    def teardown(self) -> None:
        for name, kept in self.dead_letters.items():
            assert dict(iterate_dead_letters(self.client, name)) == kept
        for connection in read_ledger(self.client, ["shop", "other"], [], self.now).connections:
            assert connection.waiting == recount(self.client, connection.name)
            assert int(connection.status.get("events", 0)) == connection.waiting
            assert int(connection.status.get("bytes", 0)) == sum(map(len, waiting_chunks(self.client, connection.name)))

    # -- the model ---------------------------------------------------------------------------------------------------

    def _ours(self, lease: Lease) -> bool:
        lane = self.model[lease.lane]
        return lane.token == lease.token and lane.head == lease.head

    def _model_refusal(self, name: str, *, own: bool = False) -> str | None:
        lane, connection = self.model[name], self.connections[connection_of(name)]
        if not own:
            if lane.due is None:
                lane.held = None
                if connection.gathers and connection.gathers[0] == name:
                    connection.gathers = None
            if lane.due is None or lane.due > self.now:
                return "not due"
            if lane.leased(self.now):
                return "leased"
        if connection.state and connection.until > self.now:
            lane.held, lane.due = None, connection.until
            return connection.state
        allowed = 1 if connection.state or connection.trouble else LANES_PER_CONNECTION
        siblings = [n for n in LANES if n != name and connection_of(n) == connection_of(name)]
        return "busy" if sum(self.model[n].leased(self.now) for n in siblings) >= allowed else None

    def _model_grant(self, name: str, lease: Lease) -> None:
        lane, connection = self.model[name], self.connections[connection_of(name)]
        if lane.posted:
            chunks, at = lane.posted
            lane.chunks[:chunks] = [(ids, stamp or at) for ids, stamp in lane.chunks[:chunks]]
            lane.posted = None
        if lane.crashes:
            lane.limit = max(1, lane.limit // 2)
        lane.crashes += 1
        limit = lane.limit
        if connection.state == "paused":
            limit, connection.until = min(limit, CLAIM_LIMITS.probe), self.now + LEASE_MS
        lane.token, lane.held = lease.token, self.now + LEASE_MS
        assert (lease.sizing.limit, lease.head, lease.probing) == (limit, lane.head, connection.state is not None)
        taken = [decoded(chunk) for chunk in lease.chunks]
        assert taken == lane.chunks[: len(taken)]
        assert len(taken) == 1 or sum(len(ids) for ids, _ in taken) <= limit
        lane.taken = len(taken)

    def _model_gathering(self, connection: str) -> str | None:
        """Return the lane that gets the connection's appends because a job waits for them."""
        lane, until = self.connections[connection].gathers or ("", 0)
        return lane if self.now < until <= self.now + LOOK_MS else None

    def _model_free(self, connection: str, due: int | None) -> None:
        for name, lane in self.model.items():
            if connection_of(name) == connection and not lane.leased(self.now):
                lane.held = None
                if due is not None and lane.due is not None:
                    lane.due = due

    def _settle(
        self,
        lease: Lease,
        settlement: Settlement,
        done: int,
        leftovers: list[tuple[Ids, int]] | None,
        *,
        lost_reply: bool,
        go_on: int | None,
    ) -> None:
        ours = self._ours(lease)
        if ours:  # also after a failover: the lease is of the chunks that lead the lane
            leased = [ids for ids, _ in map(decoded, lease.chunks)]
            assert [ids for ids, _ in self.model[lease.lane].chunks[: len(leased)]] == leased
        limits = None if go_on is None else replace(CLAIM_LIMITS, gather_ms=go_on)
        result = self.lanes.settle(lease, settlement, limits, self.now)
        if not ours:
            assert result == Lost()
            self.jobs.remove(lease)
            return
        released = self._model_settle(lease, settlement, done, leftovers, go_on=go_on)
        assert isinstance(result, Released) == released
        if isinstance(result, Released):
            assert result.gathers == (self.model[lease.lane].due is None and self.model[lease.lane].held is not None)
        self.jobs.remove(lease)
        if isinstance(result, Lease):
            self._model_grant(lease.lane, result)
            self.jobs.append(result)
        if lost_reply:
            assert self.lanes.settle(lease, settlement, limits, self.now) == Lost()

    def _model_settle(
        self,
        lease: Lease,
        settlement: Settlement,
        done: int,
        leftovers: list[tuple[Ids, int]] | None,
        *,
        go_on: int | None,
    ) -> bool:
        """Return whether the lease ends here."""
        lane, name = self.model[lease.lane], connection_of(lease.lane)
        connection = self.connections[name]
        if leftovers is not None:
            lane.chunks[: settlement.trim] = leftovers
        self.ended[name] += done
        self.dead_letters[name].update({each.id: each.content for each in settlement.dead_letters})
        self.dead_lettered += len(settlement.dead_letters)
        lane.head, lane.crashes = lane.head + 1, 0
        lane.limit = settlement.sizing.limit or CLAIM_LIMITS.events
        lane.posted = (settlement.posted, lane.posted[1]) if settlement.posted and lane.posted else None
        was_in_trouble, connection.trouble = connection.trouble, bool(settlement.trouble)
        if settlement.pause:
            connection.state, connection.until = settlement.pause.state, self.now + settlement.delay_ms
        elif settlement.trouble is False and lease.probing:
            connection.state = None
            self._model_free(name, self.now)
        if was_in_trouble and not connection.trouble:
            self._model_free(name, None)
        if not lane.chunks:
            lane.due = lane.held = lane.token = None
            works = not connection.state and not connection.trouble
            if go_on and works and self._model_gathering(name) in (None, lease.lane):
                lane.held = self.now + go_on + LATE_MS
                connection.gathers = (lease.lane, lane.held)
            return True
        lane.due = self.now + settlement.delay_ms
        if go_on is not None and not settlement.delay_ms and self._model_refusal(lease.lane, own=True) is None:
            return False
        lane.held = lane.token = None
        return True


def _after(contents: list[tuple[Ids, int]], done: int) -> list[tuple[Ids, int]]:
    """Return what is left of chunks when their first `done` events are finished."""
    left = []
    for ids, stamp in contents:
        if ids[done:]:
            left.append((ids[done:], stamp))
        done = max(0, done - len(ids))
    return left


def test_lanes_keep_every_event_once(redis_url: str) -> None:
    """No order of steps loses or doubles an event, or leaves a lane that is never woken."""
    client = connect(redis_url)
    with asyncio.Runner() as runner:
        async_client = connect_async(redis_url)
        chosen = [0]
        append = Append(async_client, choose_lane=lambda: chosen[0])

        def append_one(lane: str, chunk: bytes, events: int, now: int) -> None:
            chosen[0] = int(lane[-1])
            runner.run(
                append.append([Arrival("web", events, 0, {connection_of(lane): Share(events, chunk=chunk)})], now)
            )

        run_state_machine_as_test(
            lambda: LanesMachine(client, append_one),
            settings=settings(
                max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
        client.config_set("maxmemory", 0)
        runner.run(async_client.aclose())
    client.close()
