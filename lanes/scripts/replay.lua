-- needs: base, checks, common, lane_checks, dead_letters
-- Sends dead letters again: each leaves the store and joins a lane in one go, so none is lost and none goes twice.
-- A letter that is gone, or no longer as it was read, is left alone. Returns the ids of those that went.
-- Letters end as `replayed` one for one; what a source weighs beyond one is `extra`, as when it was first mapped.
-- ARGV[2]: {connection, letters = [{id, sha1 of the letter as read, lane}]}; ARGV[3...]: each letter's source as a chunk
local ask, went, counts = cmsgpack.unpack(ARGV[2]), {}, {replayed = 0, extra = 0}
local store = 'dead_letters:' .. check_text(ask.connection, 'connection')
for i, letter in ipairs(ask.dead_letters) do
  check_lane(letter.lane, 'lane')
  letter.chunk = check_chunk(ARGV[2 + i], 'source')
  local stored = redis.call('HGET', store, check_text(letter.id, 'id'))
  letter.is_there = stored and redis.sha1hex(stored) == letter.sha1
end
local held = dead_letter_bytes(ask.connection)

for _, letter in ipairs(ask.dead_letters) do
  local freed = letter.is_there and drop_dead_letter(ask.connection, letter.id)
  if freed then
    held = held - freed
    push(letter.lane, letter.chunk, 'RPUSH')
    redis.call('ZADD', 'lanes:due', 'NX', now, letter.lane)
    local extra = letter.chunk.events - 1
    counts.replayed, counts.extra = counts.replayed + 1, counts.extra + extra
    raise_day(ask.connection, letter.chunk.day, {replayed = 1, extra = extra})
    went[#went + 1] = letter.id
  end
end
if #went == 0 then return went end
raise_counters('ledger:' .. ask.connection, counts)
set_dead_letter_bytes(ask.connection, held)
return went
