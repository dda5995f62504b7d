-- needs: base, checks, common, lane_checks, dead_letters, archive, receipts
-- Replay dead letters: each leaves the store and its event joins a lane at the same instant, so none is lost or sent twice.
-- A dead letter that is gone or no longer as it was read is left alone. Returns the ids of those that were replayed.
-- Each counts as one `replayed`; what an event weighs beyond one is `extra`, as when it was first mapped.
-- ARGV[2]: {connection, dead_letters = [{id, sha1 of the dead letter as read, lane}],
--           receipts = {number, budget} of each}
-- ARGV[3...]: each one's event as a chunk; then, where the number is not 0, the receipt of each replay
local ask, went, counts = cmsgpack.unpack(ARGV[2]), {}, {replayed = 0, extra = 0}
local store = 'dead_letters:' .. check_text(ask.connection, 'connection')
for i, item in ipairs(ask.dead_letters) do
  check_lane(item.lane, 'lane')
  item.chunk = check_chunk(ARGV[2 + i], 'source')
  item.receipts = check_receipts(ask.receipts, ARGV[2 + #ask.dead_letters + i])
  local stored = redis.call('HGET', store, check_text(item.id, 'id'))
  item.is_there = stored and redis.sha1hex(stored) == item.sha1
end
local held = dead_letter_bytes(ask.connection)

for _, item in ipairs(ask.dead_letters) do
  local freed = item.is_there and drop_dead_letter(ask.connection, item.id)
  if freed then
    held = held - freed
    push(item.lane, item.chunk, 'RPUSH')
    add_due(item.lane)
    local extra = item.chunk.events - 1
    counts.replayed, counts.extra = counts.replayed + 1, counts.extra + extra
    raise_day(ask.connection, item.chunk.day, {replayed = 1, extra = extra})
    keep_receipts(item.receipts)
    went[#went + 1] = item.id
  end
end
if #went == 0 then return went end
raise_counters('ledger:' .. ask.connection, counts)
set_dead_letter_bytes(ask.connection, held)
return went
