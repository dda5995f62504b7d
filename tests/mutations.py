"""Remove each guard on which the guarantees rely from a copy of the code, and show that a test then fails.

`make mutations` runs this as a program: it exits with 0 when a test failed for every mutation.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from support.product import PACKAGES, ROOT

COPIED = ("benchmarks", *PACKAGES, "tests", "pyproject.toml")


class Mutation(NamedTuple):
    """One guard removed: in `file`, `guard` is replaced by `without`; then one of `tests` must fail."""

    name: str
    file: str
    guard: str
    without: str
    tests: str


MUTATIONS = (
    Mutation(
        "token check in settle",
        "lanes/scripts/settle.lua",
        "if token ~= done.token or tonumber(head or 0) ~= done.head then",
        "if tonumber(head or 0) ~= done.head then",
        "tests/lanes",
    ),
    Mutation(
        "head check in settle",
        "lanes/scripts/settle.lua",
        "if token ~= done.token or tonumber(head or 0) ~= done.head then",
        "if token ~= done.token then",
        "tests/lanes",
    ),
    Mutation(
        "trim first in settle",
        "lanes/scripts/settle.lua",
        "redis.call('LTRIM', lane_key(lane), done.trim, -1)\n"
        "redis.call('LTRIM', sizes_key(lane), done.trim, -1)\n"
        "for i = #leftovers, 1, -1 do push(lane, leftovers[i], 'LPUSH') end\n",
        "for i = #leftovers, 1, -1 do push(lane, leftovers[i], 'LPUSH') end\n"
        "for _, key in ipairs({lane_key(lane), sizes_key(lane)}) do\n"
        "  for _ = 1, done.trim do redis.call('LSET', key, done.leftovers + _ - 1, '') end\n"
        "  redis.call('LREM', key, 0, '')\n"
        "end\n",
        "tests/lanes",
    ),
    Mutation(
        "NX in append",
        "lanes/scripts/common.lua",
        "'lanes:due', 'NX', now",
        "'lanes:due', now",
        "tests/lanes",
    ),
    Mutation(
        "signal when a lane becomes due",
        "lanes/scripts/common.lua",
        "then signal(now) end",
        "then end",
        "tests/lanes/test_signals.py",
    ),
    Mutation(
        "crash counter in claim",
        "lanes/scripts/claims.lua",
        "{crashes = 1, alone",
        "{alone",
        "tests/lanes",
    ),
    Mutation(
        "lease check in claim",
        "lanes/scripts/claim.lua",
        "if is_leased(lane) then return {'leased'} end\n",
        "",
        "tests/lanes",
    ),
    Mutation(
        "signals after a job that waited in vain",
        "lanes/scripts/claim.lua",
        "if not due then end_gathering(lane) end\n",
        "",
        "tests/lanes/test_gathering.py",
    ),
    Mutation(
        "end of the time for which a lane is kept for its job",
        "lanes/scripts/common.lua",
        "if held <= now or held > now + LOOK_MS then signal(now) end",
        "if held == 0 then signal(now) end",
        "tests/lanes/test_gathering.py",
    ),
    Mutation(
        "balance check in settle",
        "lanes/scripts/settle.lua",
        "if trimmed + (done.counts.extra or 0) ~= ends + kept or",
        "if false and",
        "tests/lanes",
    ),
    Mutation(
        "balance of receipts in settle",
        "lanes/scripts/settle.lua",
        "if receipts and receipts.number ~= ends - (done.counts.unsupported or 0) then",
        "if false then",
        "tests/lanes/test_receipts.py",
    ),
    Mutation(
        "one answer for the whole chunk",
        "worker/steps/outcomes.py",
        "isinstance(first, Delivered) and len(set(map(id, answers))) == 1",
        "isinstance(first, Delivered)",
        "tests/worker/test_outcomes.py",
    ),
    Mutation(
        "number of the portion that leaves for the archive",
        "lanes/scripts/remove_portion.lua",
        "if tonumber(redis.call('HGET', 'archive:kept', 'portion') or 0) ~= portion or #pieces == 0 then return 0 end",
        "if #pieces == 0 then return 0 end",
        "tests/lanes/test_archive.py",
    ),
    Mutation(
        "one hour in a portion of the archive",
        "lanes/scripts/close_portion.lua",
        "if math.floor(at / HOUR) ~= hour or bytes >= most_bytes then break end",
        "if bytes >= most_bytes then break end",
        "tests/lanes/test_archive.py",
    ),
    Mutation(
        "file of the archive before its portion is removed",
        "operations/archive/write.py",
        "    if encoded.receipts:\n"
        "        storage.put(name, encoded.content)\n"
        "    remove_portion(client, portion, encoded.unreadable)\n",
        "    remove_portion(client, portion, encoded.unreadable)\n"
        "    if encoded.receipts:\n"
        "        storage.put(name, encoded.content)\n",
        "tests/archive/test_kills.py",
    ),
    Mutation(
        "name of an archive's file that a repeat has again",
        "operations/archive/write.py",
        "name = file_name(portion.series, portion.number,",
        "name = file_name(f'{id(encoded) % 2**32:08x}', portion.number,",
        "tests/archive/test_kills.py",
    ),
    Mutation(
        "replicas' confirmation before a file of the archive",
        "operations/archive/write.py",
        "if replicas and confirmations(client, replicas, CONFIRM_WITHIN_MS) < replicas:",
        "if False:",
        "tests/archive/test_replicas.py",
    ),
    Mutation(
        "archive in a trace",
        "operations/receipts/trace.py",
        '    if archive is None:\n        return found, since_ms, ""\n',
        '    if archive is None or since_ms is not None:\n        return found, since_ms, ""\n',
        "tests/archive/test_tracing.py",
    ),
    Mutation(
        "receipt that is in Redis and in the archive once",
        "operations/receipts/trace.py",
        "both = Counter(found) | older",
        "both = Counter(found) + older",
        "tests/archive/test_tracing.py",
    ),
    Mutation(
        "archive's files without prefixes in a trace",
        "operations/archive/tables.py",
        "        return True  # also a damaged one",
        "        return False  # also a damaged one",
        "tests/archive/test_tracing.py",
    ),
    Mutation(
        "archive's waiting receipts in a trace",
        "operations/archive/search.py",
        "        for piece in waiting_pieces(client):",
        "        for piece in waiting_pieces(client)[:0]:",
        "tests/archive/test_tracing.py",
    ),
    Mutation(
        "archive's files of the hours in a span",
        "operations/archive/search.py",
        "hour_ms + HOUR_MS > self.since_ms",
        "hour_ms > self.since_ms",
        "tests/archive/test_tracing.py",
    ),
    Mutation(
        "end of a live watch whose process was killed",
        "store/scripts/take_live.lua",
        "redis.call('PEXPIRE', 'live:watches', ms)\n",
        "",
        "tests/store/test_live_watches.py",
    ),
    Mutation(
        "end of a live watch beside others",
        "store/scripts/show_live.lua",
        "if entry and tonumber(string.match(entry, '^%d+') or 0) >= now then",
        "if entry then",
        "tests/store/test_live_watches.py",
    ),
    Mutation(
        "bound in bytes of a live watch",
        "store/scripts/show_live.lua",
        "if watch.bytes + #line > shown.most_bytes then",
        "if false then",
        "tests/store/test_live_watches.py",
    ),
    Mutation(
        "mask of a live event's source",
        "operations/live/ended_event.py",
        "[Entry(0, None, self.raw)]), reveal=False)",
        "[Entry(0, None, self.raw)]), reveal=True)",
        "tests/operations/live/test_ended_event.py",
    ),
    Mutation(
        "mask of a live event's request",
        "operations/live/ended_event.py",
        "else shown_body(self.request, reveal=False)",
        "else shown_body(self.request, reveal=True)",
        "tests/operations/live/test_ended_event.py",
    ),
    Mutation(
        "mask of TikTok's message in a live event",
        "operations/live/ended_event.py",
        "mask_sentence(self.message) if self.quotes else self.message",
        "self.message",
        "tests/operations/live/test_ended_event.py",
    ),
    Mutation(
        "leading pieces in merge",
        "lanes/scripts/merge_receipts.lua",
        "if left ~= ask.place or #pieces ~= ask.pieces then return 0 end",
        "",
        "tests/lanes/test_receipts.py",
    ),
    Mutation(
        "stamp of what was being posted",
        "lanes/scripts/claims.lua",
        "  for i, chunk in pairs(marked) do redis.call('LSET', lane_key(lane), i, chunk) end\n",
        "",
        "tests/lanes tests/worker/test_drain.py",
    ),
    Mutation(
        "stamp that is never moved later",
        "lanes/scripts/claims.lua",
        "#chunk >= 24 and struct.unpack('>I8', chunk, 15) == 0 then",
        "#chunk >= 24 then",
        "tests/lanes",
    ),
    Mutation(
        "pause of a connection",
        "lanes/scripts/claims.lua",
        "  if state and pause_end > now then\n",
        "  if false then\n",
        "tests/lanes",
    ),
    Mutation(
        "single lease of a connection in trouble",
        "lanes/scripts/claims.lua",
        "  if other_leases(lane) >= allowed then return 'busy' end\n",
        "",
        "tests/lanes",
    ),
    Mutation(
        "spacing of a throttled connection's requests",
        "lanes/scripts/claims.lua",
        "  if spaced > now and spaced <= now + MOST_SPACING then\n",
        "  if false then\n",
        "tests/lanes",
    ),
    Mutation(
        "share of dead letters in claim",
        "lanes/scripts/claims.lua",
        "  if dead_letters.share == 0 or bytes < dead_letters.share or state then return false end\n",
        "  if true then return false end\n",
        "tests/worker/test_dead_letter_share.py tests/worker/test_alerts.py",
    ),
    Mutation(
        "room that ends a pause for dead letters",
        "lanes/scripts/dead_letters.lua",
        "bytes < tonumber(share or 0) * ROOM_AGAIN then end_pause(connection) end",
        "false then end_pause(connection) end",
        "tests/worker/test_dead_letter_share.py",
    ),
    Mutation(
        "count of the dead letters that need a shared part",
        "lanes/scripts/dead_letters.lua",
        "if redis.call('HINCRBY', store .. ':refs', shared, -1) > 0 then return 0 end",
        "redis.call('HINCRBY', store .. ':refs', shared, -1)",
        "tests/worker/test_dead_letter_share.py",
    ),
    Mutation(
        "bound of a settlement's dead letters",
        "worker/steps/shared_parts.py",
        "return self.bytes >= self._most",
        "return False",
        "tests/worker/test_dead_letter_share.py",
    ),
    Mutation(
        "due times that a clock set back left ahead",
        "lanes/scripts/wake.lua",
        "for _, lane in ipairs(astray) do set_due(lane, now) end\n",
        "",
        "tests/lanes/test_clock_set_back.py",
    ),
    Mutation(
        "leases that a clock set back left ahead",
        "lanes/scripts/wake.lua",
        "  redis.call('ZADD', 'lanes:held', now + lease, lane)\n",
        "  redis.call('ZADD', 'lanes:held', now + 3600000, lane)\n",
        "tests/lanes/test_clock_set_back.py",
    ),
    Mutation(
        "pauses that a clock set back left ahead",
        "lanes/scripts/claims.lua",
        "  if is_astray(pause_end, tonumber(set_at)) then pause_end = now end\n",
        "",
        "tests/lanes/test_clock_set_back.py",
    ),
    Mutation(
        "agreement of two clocks before anything is removed",
        "worker/retention.py",
        "if clocks.disagree:",
        "if False:",
        "tests/worker/test_clocks.py",
    ),
    Mutation(
        "bound of profiles",
        "store/scripts/profiles.lua",
        "if held <= most_bytes then return end",
        "if true then return end",
        "tests/store/test_profiles.py",
    ),
    Mutation(
        "values of another user who shares a name",
        "operations/profiles.py",
        "if kind is not None and any(profile.w for profile in known):",
        "if False:",
        "tests/worker/test_profiles.py",
    ),
    Mutation(
        "a no for the names that come later",
        "store/scripts/profiles.lua",
        "if not is_no(answer_of(profile_of(name), purpose), purpose) then",
        "if false then",
        "tests/store/test_profiles.py",
    ),
    Mutation(
        "times of profiles that are in the future",
        "store/scripts/profiles.lua",
        "if value[2] > seconds then value[2],",
        "if false then value[2],",
        "tests/store/test_profile_clocks.py",
    ),
    Mutation(
        "profiles of a person behind one that was dropped",
        "store/records/profile_links.py",
        "for name in sets.names if",
        "for name in () if",
        "tests/store/test_profile_erasure.py",
    ),
    Mutation(
        "values that a no would not reach",
        "store/scripts/profiles.lua",
        "profiles[other].v = nil",
        "",
        "tests/store/test_profile_erasure.py",
    ),
    Mutation(
        "hold on messages for a full backlog",
        "consume/consumer.py",
        "problem, refusal = refusal or self._problem(), None",
        "problem, refusal = self._problem(), None",
        "tests/consume/test_full_backlog.py",
    ),
    Mutation(
        "room in a backlog before messages are taken again",
        "consume/consumer.py",
        "while self._full and not",
        "while False and not",
        "tests/consume/test_full_backlog.py",
    ),
    Mutation(
        "configuration that changes under held messages",
        "consume/consumer.py",
        "if active is not former:",
        "if False:",
        "tests/consume/test_full_backlog.py",
    ),
    Mutation(
        "answers of users before their profiles",
        "store/scripts/profiles.lua",
        "return is_allowed and agreed",
        "return true",
        "tests/store/test_profiles.py",
    ),
    Mutation(
        "a no of the user before a profile fills",
        "mapping/profiles/resolve.py",
        "if opted_out is True or consented is False:",
        "if False:",
        "tests/mapping/profiles/test_resolving.py",
    ),
    Mutation(
        "values of the event before those of the profile",
        "mapping/profiles/filling.py",
        "    if place.key in part:\n",
        "    if False:\n",
        "tests/worker/test_profiles.py",
    ),
    Mutation(
        "time to live of what a profile fills",
        "mapping/profiles/resolve.py",
        "return age_s <= self._times[field] and",
        "return",
        "tests/mapping/profiles/test_resolving.py",
    ),
    Mutation(
        "delivery without Celery at maxmemory",
        "worker/waker.py",
        'if runtime.drain_directly is None or diagnose(error).code != "oom":',
        "if True:",
        "tests/pipeline/test_redis_full.py",
    ),
    Mutation(
        "number of an append that is here already",
        "lanes/scripts/append.lua",
        "if last >= check_whole(arrivals.number, 'number', 1) then return 'here' end",
        "",
        "tests/lanes/test_numbered_appends.py",
    ),
    Mutation(
        "number of the last confirmed append",
        "lanes/scripts/append.lua",
        "if last < check_whole(arrivals.previous, 'previous') then return last end",
        "",
        "tests/lanes/test_numbered_appends.py",
    ),
    Mutation(
        "last confirmed append, not the one before it",
        "lanes/appends/replicated.py",
        "previous = self._kept.must_be_there",
        "previous = max(0, self._kept.must_be_there - 1)",
        "tests/lanes/test_numbered_appends.py",
    ),
    Mutation(
        "failover that undid a command",
        "store/replication/confirmation.py",
        "if primary != self._primary:",
        "if False:",
        "tests/cli/test_confirmed_commands.py",
    ),
    Mutation(
        "failover during relay forget",
        "cli/forget.py",
        "if primary == former:",
        "if True:",
        "tests/cli/test_confirmed_commands.py",
    ),
    Mutation(
        "failover that forget waits for",
        "store/replication/confirmation.py",
        "if not away.trouble.passes or monotonic() >= until:",
        "if True:",
        "tests/cli/test_confirmed_commands.py",
    ),
    Mutation(
        "failover of a shard, in open connections",
        "store/connections.py",
        'SIGNS_IN_CLUSTER = (*SIGNS, "MOVED", "non local key")',
        "SIGNS_IN_CLUSTER = SIGNS",
        "tests/store/test_shard_discovery.py",
    ),
    Mutation(
        "failover of a shard, in new connections",
        "store/replication/one_shard.py",
        "self.host, self.port = primary.host, primary.port",
        "self.host, self.port = asked.host, asked.port",
        "tests/store/test_shard_discovery.py",
    ),
    Mutation(
        "failover to several shards",
        "store/replication/one_shard.py",
        "if len(primaries) != 1 or slots != ALL_SLOTS:",
        "if False:",
        "tests/store/test_shard_discovery.py",
    ),
    Mutation(
        "another half minute for what was made again",
        "lanes/appends/replicated.py",
        "self._kept.keep_longer(there)",
        "pass",
        "tests/lanes/test_numbered_appends.py",
    ),
    Mutation(
        "share of memory in append",
        "lanes/scripts/append.lua",
        "if more[share.connection] > arrivals.max_backlog_bytes then",
        "if false then",
        "tests/lanes",
    ),
    Mutation(
        "daily counts by rule in append",
        "lanes/scripts/append.lua",
        "    share.days[WITHHELD .. rule], share.measures[WITHHELD .. rule] = count, count\n",
        "",
        "tests/ingest/test_withheld_batches.py",
    ),
    Mutation(
        "rules on events",
        "mapping/mapper.py",
        "        for decide in self._prepared.rules:\n",
        "        for decide in ():\n",
        "tests/worker/test_withheld_events.py",
    ),
    Mutation(
        "UTF-8 of an array that is split in one pass",
        "mapping/incoming/body.py",
        "len(splits) <= MOST_BATCHES and not_utf8(text) is None:",
        "len(splits) <= MOST_BATCHES:",
        "tests/ingest/test_array_splitting.py",
    ),
    Mutation(
        "rules on batches in ingest",
        "ingest/sorting.py",
        "    if withheld is not None:\n",
        "    if False:\n",
        "tests/ingest/test_withheld_batches.py",
    ),
    Mutation(
        "hourly counts in settle",
        "lanes/scripts/settle.lua",
        "raise_hours(connection, hours)\n",
        "",
        "tests/lanes/test_hourly_counts.py",
    ),
    Mutation(
        "bound of the names of an hour",
        "lanes/scripts/hours.lua",
        "if stored[place] or room >= 0 then",
        "if true then",
        "tests/lanes/test_hourly_counts.py",
    ),
    Mutation(
        "daily counts in settle",
        "lanes/scripts/settle.lua",
        "for day, counts in pairs(done.days) do raise_day(connection, day, counts) end\n",
        "",
        "tests/lanes/test_daily_counts.py",
    ),
    Mutation(
        "lease check in forget",
        "lanes/scripts/erase.lua",
        "local taken = leased and chunks_taken(lane) or 0",
        "local taken = 0",
        "tests/lanes",
    ),
    Mutation(
        "end of an expired lease in forget",
        "lanes/scripts/erase.lua",
        "redis.call('HDEL', meta, 'token', 'crashes', 'alone')",
        "redis.call('HDEL', meta, 'crashes', 'alone')",
        "tests/lanes",
    ),
    Mutation(
        "comparison with what was read in forget",
        "lanes/scripts/erase.lua",
        "if not chunk or redis.sha1hex(chunk) ~= edit.sha1 then",
        "if not chunk then",
        "tests/lanes",
    ),
    Mutation(
        "count of what is in doubt in forget",
        "lanes/scripts/erase.lua",
        "if at < posted then removed_posted = removed_posted + 1 end",
        "",
        "tests/lanes/test_erasure.py",
    ),
    Mutation(
        "places that only grow",
        "lanes/scripts/settle.lua",
        "#leftovers > 0 and done.trim - 1 or done.trim",
        "done.trim - #leftovers",
        "tests/lanes/test_erasure.py",
    ),
    Mutation(
        "circuit breaker in settle",
        "lanes/scripts/settle.lua",
        "return refused >= done.circuit_breaker.events and refusals >= done.circuit_breaker.requests",
        "return false",
        "tests/worker/test_drain.py",
    ),
    Mutation(
        "47 hours in compose",
        "worker/steps/compose.py",
        "expired = 0 < chunk.first_unknown_ms <= lease.now_ms - DEDUPLICATED_FOR_MS",
        "expired = False",
        "tests/worker/test_drain.py",
    ),
    Mutation(
        "five unfinished claims of one event in compose",
        "worker/steps/compose.py",
        "if lease.sizing.limit == 1 and lease.alone >= MOST_UNFINISHED_CLAIMS:",
        "if False:",
        "tests/worker/test_drain.py",
    ),
    Mutation(
        "check of the lease before a POST",
        "worker/drain.py",
        "if not self._runtime.lanes.mark_posted(lease, len(draft.chunks)):",
        "if False:",
        "tests/worker/test_drain.py",
    ),
    Mutation(
        "label of a removed dead letter",
        "lanes/scripts/dead_letters.lua",
        "redis.call('HINCRBY', store .. ':counts', label, -1) <= 0",
        "redis.call('HINCRBY', store .. ':counts', label, 0) <= 0",
        "tests/lanes/test_stored_dead_letters.py",
    ),
    Mutation(
        "number of a batch of counts",
        "store/scripts/add_counts.lua",
        "if tonumber(redis.call('GET', last) or 0) >= ask.number then return 0 end",
        "",
        "tests/store/test_counter_batches.py",
    ),
    Mutation(
        "lock of the leader that watches",
        "store/scripts/acquire_leadership.lua",
        "if holder and holder ~= token then return 0 end",
        "",
        "tests/worker/test_alerts.py",
    ),
    Mutation(
        "comparison before a note is replaced",
        "store/scripts/replace_note.lua",
        "if (redis.call('HGET', 'alerts:notes', connection) or '') ~= read then return 0 end",
        "",
        "tests/store/test_alert_state.py",
    ),
    Mutation(
        "time that a change must last before an alert",
        "operations/alerts/rules.py",
        "now_ms - memory.since_ms < hold:",
        "False:",
        "tests/operations/test_alert_rules.py",
    ),
    Mutation(
        "check of the site that sent a form of the console",
        "console/dispatch.py",
        'if http_request.method == "POST" and (reasons := explain_cross_site(http_request, self._services.peers)):',
        "if reasons := ():",
        "tests/console/test_unauthorized_requests.py",
    ),
    Mutation(
        "check of the token in the console's forms",
        "console/dispatch.py",
        'if http_request.method == "POST" and session and not _has_csrf_token(request):',
        "if False:",
        "tests/console/test_unauthorized_requests.py",
    ),
    Mutation(
        "password in what proves a session",
        "console/sessions.py",
        'return hmac.digest(token.encode(), self._password, "sha256")',
        'return hmac.digest(token.encode(), b"", "sha256")',
        "tests/console/test_login.py",
    ),
    Mutation(
        "audit log entry of a reveal in the console",
        "console/pages/dead_letters/reveals.py",
        "    note_reveal(store, who, request.address, command, ids)\n",
        "    del who\n",
        "tests/console/test_dead_letter_page.py",
    ),
    Mutation(
        "limit of a replay to the dead letters that existed at its start",
        "console/pages/dead_letters/bulk_actions.py",
        "query.between(after, until)",
        "query.between(after, 0)",
        "tests/console/test_dead_letter_list.py",
    ),
)


def noticed(mutation: Mutation) -> bool:
    """Return whether the mutation's tests fail on a copy of the code without the guard."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        target = copy / mutation.file
        text = target.read_text(encoding="utf-8")
        target.write_text(text.replace(mutation.guard, mutation.without), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests.split()]
        result = subprocess.run(
            command, cwd=copy, env={**os.environ, "PYTHONPATH": directory}, capture_output=True, text=True, check=False
        )
        if result.returncode not in (0, 1):
            sys.exit(f"{mutation.name}: the tests did not run\n{result.stdout[-2000:]}")
        return result.returncode == 1


def main() -> int:
    """Try every mutation, or those with one of the given words in their names; print a line for each."""
    parser = argparse.ArgumentParser(description="Take each guard out in turn: a test must notice.")
    parser.add_argument("word", nargs="*", help="only mutations with one of these words in their names")
    words = parser.parse_args().word
    missed = 0
    for mutation in MUTATIONS:
        if words and not any(word in mutation.name for word in words):
            continue
        seen = noticed(mutation)
        missed += not seen
        print(f"{'noticed' if seen else 'MISSED '}  without the {mutation.name}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
